"""Questions and answers as bytes, for a pipe: a length, a number, then msgpack."""

import struct
from typing import Any

import msgspec
import numpy as np

from cnn_tui.look.messages import AnyAnswer, AnyQuestion

HEADER = struct.Struct("<IQ")
"""Bytes that follow, and the number of the question; no bytes: it is cancelled."""


def pack(number: int, message: Any) -> bytes:
    """Returns a question or an answer, with the number of the question."""
    body = msgspec.msgpack.encode(message, enc_hook=_from_array)
    return HEADER.pack(len(body), number) + body


def unpack_question(body: bytes) -> AnyQuestion:
    """Raises msgspec.MsgspecError for what is none."""
    question: AnyQuestion = _questions.decode(body)
    return question


def unpack_answer(body: bytes) -> AnyAnswer:
    """Raises msgspec.MsgspecError for what is none."""
    answer: AnyAnswer = _answers.decode(body)
    return answer


def _from_array(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return (value.dtype.str, value.shape, np.ascontiguousarray(value).tobytes())
    raise NotImplementedError(type(value))


def _to_array(kind: type, value: Any) -> Any:
    if kind is np.ndarray:
        name, shape, data = value
        return np.frombuffer(data, np.dtype(name)).reshape(shape)
    raise NotImplementedError(kind)


_questions = msgspec.msgpack.Decoder(AnyQuestion, dec_hook=_to_array)
_answers = msgspec.msgpack.Decoder(AnyAnswer, dec_hook=_to_array)

"""The lines that answer each kind of request."""

from collections.abc import Iterator

from cnn_tui.config import parse_mapping
from cnn_tui.engine.preflight.measure import measured
from cnn_tui.engine.preflight.rates import config_of, try_rates
from cnn_tui.engine.start import reason_of
from cnn_tui.errors import CnnTuiError
from cnn_tui.preflight.messages import AnyLine, AnyRequest, FindRate, Measure


def answer(request: AnyRequest) -> Iterator[AnyLine]:
    """Yields the lines, each as soon as it is known.

    Raises:
        InputError: if there is no answer.
    """
    match request:
        case Measure():
            yield from measured(request)
        case FindRate():
            tried, points = try_rates(request)
            yield tried
            yield from points


def why_none(request: AnyRequest, error: Exception) -> str:
    """Returns why there is no answer, or no more of it, in one sentence."""
    if isinstance(error, CnnTuiError):
        return str(error)
    if isinstance(request, Measure):
        config = parse_mapping(request.config)
    else:
        config = config_of(request)
    return reason_of(error, config.training.batch_size)

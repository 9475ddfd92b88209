"""How values are written for people."""

import math
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnn_tui import text


@settings(deadline=None)
@given(st.text(alphabet=st.characters(codec=None)))
def test_printable_text_is_one_line_without_control_characters(value: str) -> None:
    shown = text.printable(value)
    assert not {"Cc", "Cs"} & {unicodedata.category(letter) for letter in shown}
    assert len(shown.splitlines()) <= 1
    shown.encode()  # lone surrogates cannot be written


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("Größe 5×5 – 訓練", "Größe 5×5 – 訓練"),
        ("\x1b[31mred\x07", r"\x1b[31mred\x07"),
        ("a\nb\x9bc", r"a\x0ab\x9bc"),
        ("\u202eexe.yaml", r"\x202eexe.yaml"),
        (3, "3"),
    ],
)
def test_only_what_would_be_interpreted_is_escaped(value: object, shown: str) -> None:
    assert text.printable(value) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "–"),
        (0, "0"),
        (0.00042, "0.000420"),
        (12.345, "12.3"),
        (1234.5, "1234"),
        (-0.5, "-0.500"),
        (1.2345e-6, "1.23e-06"),
        (1.5e9, "1.50e+09"),
        (math.nan, "NaN"),
        (math.inf, "∞"),
        (-math.inf, "−∞"),
    ],
)
def test_significant_digits(value: float | None, shown: str) -> None:
    assert text.significant(value) == shown


@settings(deadline=None)
@given(st.floats(-1e300, 1e300))
def test_significant_digits_are_near_the_value(value: float) -> None:
    assert float(text.significant(value)) == pytest.approx(value, rel=0.0051)


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        (text.percent(0.97214), "97.21 %"),
        (text.percent(1), "100.00 %"),
        (text.percent(None), "–"),
        (text.count(28938), "28,938"),
        (text.quantity(416), "416"),
        (text.quantity(9_999), "9,999"),
        (text.quantity(230_000), "230 k"),
        (text.quantity(1_050_000), "1.05 M"),
        (text.quantity(2e9), "2.00 G"),
        (text.mebibytes(412 * 2**20), "412 MiB"),
        (text.mebibytes(12.4 * 2**30), "12.4 GiB"),
        (text.mebibytes(None), "–"),
        (text.duration(31.4), "0:31"),
        (text.duration(725), "12:05"),
        (text.duration(11_400), "3:10:00"),
        (text.duration(-1), "0:00"),
        (text.duration(math.nan), "–"),
        (text.duration(None), "–"),
        (text.shape((16, 28, 28)), "16×28×28"),
        (text.age(59), "just now"),
        (text.age(-5), "just now"),
        (text.age(300), "5 min ago"),
        (text.age(7_200), "2 h ago"),
        (text.age(86_400), "1 day ago"),
        (text.age(260_000), "3 days ago"),
    ],
)
def test_values_as_people_write_them(shown: str, expected: str) -> None:
    assert shown == expected

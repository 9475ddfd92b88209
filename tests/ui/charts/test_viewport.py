"""Zoom and pan stay inside the whole and lead back to it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnn_tui.ui.charts.viewport import panned, showing, zoomed

WHOLE = (0.0, 100.0)


def test_zoom_keeps_its_centre_in_place() -> None:
    assert zoomed(WHOLE, WHOLE, factor=0.5, centre=50) == (25, 75)
    assert zoomed((20, 40), WHOLE, factor=0.5, centre=25) == (22.5, 32.5)
    assert zoomed((20, 40), WHOLE, factor=2, centre=30) == (10, 50)
    assert zoomed((0, 60), WHOLE, factor=2, centre=30) is WHOLE


def test_pan_stops_at_the_ends() -> None:
    assert panned((20, 40), WHOLE, share=0.5) == (30, 50)
    assert panned((20, 40), WHOLE, share=-9) == (0, 20)
    assert panned((20, 40), WHOLE, share=9) == (80, 100)


def test_showing_moves_no_more_than_it_must() -> None:
    assert showing(30, (20, 40), WHOLE) == (20, 40)
    assert showing(50, (20, 40), WHOLE) == (30, 50)
    assert showing(5, (20, 40), WHOLE) == (5, 25)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.floats(0.01, 100), st.floats(0, 1), st.floats(-5, 5)), max_size=20
    )
)
def test_no_zoom_or_pan_leaves_the_whole(
    moves: list[tuple[float, float, float]],
) -> None:
    view = WHOLE
    for factor, place, share in moves:
        centre = view[0] + place * (view[1] - view[0])
        view = panned(
            zoomed(view, WHOLE, factor=factor, centre=centre), WHOLE, share=share
        )
        assert -1e-9 <= view[0] < view[1] <= 100 + 1e-9
        assert view[1] - view[0] == pytest.approx(
            min(100, max(0.01, view[1] - view[0])), rel=1e-6
        )

"""Where the time went, as it is read, and what is said about it."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnn_tui.runs.bottleneck import verdict
from cnn_tui.runs.profile import (
    MAX_BYTES,
    REST,
    CountedSeconds,
    LayerSeconds,
    Profile,
    UpdateSeconds,
    images_per_second,
    in_words,
    parts,
    read_profile,
)
from cnn_tui.runs.records import encode_line
from cnn_tui.runs.writer import RunWriter

LAYERS = [
    LayerSeconds(name="layer 1, conv2d", forward=0.001, backward=0.0005),
    LayerSeconds(name="layer 2, relu\x1b", forward=0.0002, backward=0.0004),
    LayerSeconds(name="layer 3, conv2d", forward=0.002, backward=0.0045),
    LayerSeconds(name="layer 4, linear", forward=0.0001, backward=0.0001),
]
UPDATE = UpdateSeconds(data=0.0005, forward=0.0034, backward=0.0055, optimizer=0.0006)
"""10 ms."""


def profile(**values: Any) -> Profile:
    """Returns that of 1,000 updates of 10 ms each, in 10 s."""
    base: dict[str, Any] = {
        "since_step": 100,
        "step": 1100,
        "seconds": 10.0,
        "device": "cpu",
        "batch_size": 50,
        "samples": 9,
        "update": UPDATE,
        "layers": LAYERS,
    }
    return Profile(**(base | values))


def test_what_was_written_is_read(writer: RunWriter) -> None:
    for found in (profile(), profile(step=1200, waiting=0.001)):
        writer.profile(found)
        assert read_profile(writer.path) == found


def test_parts_are_in_order_and_their_shares_add_up() -> None:
    counted = CountedSeconds(evaluation=4.0, checkpoint=0.001)
    found = parts(profile(seconds=16.0, counted=counted))
    assert [part.name for part in found if not part.depth] == [
        *("picking images", "forward", "backward", "optimizer", "evaluation", REST)
    ]
    shares = [part.share for part in found if not part.depth]
    assert sum(shares) == pytest.approx(1.0, abs=0.001)
    by_name = {part.name: part for part in found if not part.depth}
    assert by_name["evaluation"].share == 0.25
    assert by_name["evaluation"].seconds == 0.004
    assert by_name["forward"].seconds == 0.0034
    assert by_name[REST].seconds == pytest.approx(0.002, rel=0.01)


def test_the_slowest_layers_come_first_or_all_in_their_order() -> None:
    names = [layer.name for layer in LAYERS]
    found = parts(profile())
    place = [part.name for part in found].index("backward")
    slowest = [part.name for part in found[place + 1 :] if part.depth]
    assert slowest == [names[2], names[0], names[1]]
    everything = [part.name for part in parts(profile(), layers=None) if part.depth]
    assert everything == names * 2


def test_samples_that_were_slower_than_the_rest_leave_nothing_negative() -> None:
    found = parts(profile(seconds=5.0))
    assert found[-1].name == REST
    assert found[-1].share == 0
    assert sum(part.share for part in found if not part.depth) == pytest.approx(1.0)


def test_speed_is_that_of_all_of_it() -> None:
    assert images_per_second(profile(seconds=20.0)) == 2500
    assert in_words(profile(device="c\x1bpu")) == (
        r"10 ms per update of 50 images, 5,000 images/s on c\x1bpu; 9 of 1,000 updates "
        "taken apart"
    )


def test_the_slowest_layer_is_named() -> None:
    assert verdict(profile()) == (
        "45 % of an update is the backward pass of layer 3, conv2d: nothing helps more "
        "than a smaller one, or smaller inputs of it (model.layers)"
    )
    assert r"layer 2, relu\x1b" in verdict(profile(layers=LAYERS[1:2]))


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        (
            {"seconds": 20.0, "counted": CountedSeconds(evaluation=8.0)},
            "evaluation takes 40 % of the time: evaluate less often "
            "(training.evaluate_every)",
        ),
        (
            {"seconds": 20.0, "counted": CountedSeconds(checkpoint=6.0)},
            "checkpoints take 30 % of the time: save less often "
            "(training.checkpoint_every), or keep less of the past (training.history)",
        ),
        (
            {"waiting": 0.005},
            "50 % of an update the training waits for a processor: end what else "
            "computes here, or use fewer threads (training.threads)",
        ),
        (
            {"device": "cuda:0", "host": 0.0095},
            "the device waits for the host, which takes as long to hand an update "
            "over: larger batches than 50 (training.batch_size) cost next to nothing",
        ),
        (
            {"update": UpdateSeconds(data=0.002, scaling=0.002, forward=0.006)},
            "40 % of an update goes into picking and scaling images: smaller ones "
            "(dataset.image_size) take less",
        ),
        (
            {"update": UpdateSeconds(copy=0.003, forward=0.007)},
            "30 % of an update goes into copying images: those that fit on the device "
            "stay there (dataset.image_size, dataset.train_images)",
        ),
        (
            {"update": UpdateSeconds(augmentation=0.003, forward=0.007)},
            "30 % of an update goes into augmentation: less of it "
            "(dataset.augmentation) takes less",
        ),
        (
            {"update": UpdateSeconds(optimizer=0.003, average=0.001, forward=0.006)},
            "40 % of an update goes into the optimizer: a larger training.batch_size "
            "makes fewer updates",
        ),
        ({"layers": [], "update": UpdateSeconds()}, "nothing was measured"),
    ],
)
def test_what_takes_much_comes_with_a_remedy(
    values: dict[str, Any], sentence: str
) -> None:
    assert verdict(profile(**values)) == sentence


@pytest.mark.parametrize(
    "values",
    [
        {"seconds": 11.0, "counted": CountedSeconds(evaluation=1.0)},
        {"waiting": 0.001},
        {"device": "cuda:0", "host": 0.005},
    ],
)
def test_what_takes_little_does_not(values: dict[str, Any]) -> None:
    assert verdict(profile(**values)).endswith("(model.layers)")


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from([*Profile.__struct_fields__, "name", "forward"]), inner
        )
    ),
    max_leaves=8,
)


@settings(deadline=None, max_examples=60)
@given(st.binary(max_size=40) | _VALUES.map(lambda value: json.dumps(value).encode()))
def test_rubbish_is_no_error_of_ours(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    path = tmp_path_factory.mktemp("run")
    (path / "profile.json").write_bytes(content)
    assert read_profile(path) is None


@settings(deadline=None, max_examples=100)
@given(
    st.dictionaries(
        st.sampled_from(Profile.__struct_fields__),
        st.sampled_from([0, 1, 2**31 - 1, 1e12, 1e-300, "", "\x1b", [], {}, None]),
    )
)
def test_whatever_is_read_can_be_shown(
    tmp_path_factory: pytest.TempPathFactory, values: dict[str, Any]
) -> None:
    path = tmp_path_factory.mktemp("run")
    content = json.loads(encode_line(profile())) | values
    (path / "profile.json").write_text(json.dumps(content))
    if found := read_profile(path):
        assert verdict(found).isprintable()
        assert in_words(found).isprintable()
        assert all(0 <= part.share <= 1 for part in parts(found, layers=None))


def test_what_is_too_large_or_a_link_is_not_read(tmp_path: Path) -> None:
    file = tmp_path / "profile.json"
    file.write_bytes(encode_line(profile()) + b" " * MAX_BYTES)
    assert read_profile(tmp_path) is None
    file.rename(tmp_path / "outside")
    (tmp_path / "outside").write_bytes(encode_line(profile()))
    file.symlink_to(tmp_path / "outside")
    assert read_profile(tmp_path) is None


def test_a_run_without_one_has_none(tmp_path: Path) -> None:
    assert read_profile(tmp_path) is None

"""YAML from strangers: plain, bounded, or refused with one sentence."""

from typing import Any

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cnn_tui.errors import ConfigError
from cnn_tui.io.safe_yaml import MAX_BYTES, MAX_DEPTH, dump, load, parse_value

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    # PyYAML writes these three as they are, and reads them as line breaks.
    | st.text(st.characters(codec="utf-8", exclude_characters="\x85\u2028\u2029"))
)
VALUES: st.SearchStrategy[Any] = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text("abc_", min_size=1), inner, max_size=4)
    ),
    max_leaves=10,
)


def refusal(data: bytes) -> str:
    """Returns what is said of data that cannot be loaded."""
    with pytest.raises(ConfigError) as caught:
        load(data, "f.yaml")
    return str(caught.value)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "f.yaml: must be a mapping of keys to values"),
        (b"- a", "f.yaml: must be a mapping of keys to values"),
        (b"a: 1\n---\nb: 2", "f.yaml, line 2: is not valid YAML"),
        (b"a: \xff", "f.yaml: is not UTF-8 text"),
        (b"a: [1", "f.yaml, line 2: is not valid YAML"),
        (b"a: \x00", "f.yaml: is not valid YAML"),
        (b"a: &x [1]\nb: *x", "f.yaml: aliases (*x) are not allowed"),
        (b"a: 1\nb: 2\na: 3", "f.yaml, line 3: the key a is given twice"),
        (b"b: {1: 2}", "f.yaml, line 1: keys must be plain words"),
        (b"? [a, b]\n: 1", "f.yaml, line 1: keys must be plain words"),
        (b"<<: {a: 1}", "f.yaml, line 1: keys must be plain words"),
        (b"a: !!python/name:os.system", "f.yaml: tags (!) are not allowed"),
        (b"a: !!python/object/apply:os.system [ls]", "f.yaml: tags (!) are not"),
        (b"a: 1\nb: !mine x", "f.yaml: tags (!) are not allowed"),
        (b"a: =", "f.yaml, line 1: only plain values are allowed"),
        (b"a: <<", "f.yaml, line 1: only plain values are allowed"),
        (b"a: 2024-13-45", "f.yaml: is not valid YAML"),
        (b"a: " + b"9" * 5000, "f.yaml: is not valid YAML"),
    ],
)
def test_what_is_no_plain_mapping_is_refused(data: bytes, message: str) -> None:
    assert refusal(data).startswith(message)


@pytest.mark.parametrize("tag", ["!!bool", "!!float", "!!timestamp", "!!str", "!"])
def test_tags_are_refused_even_those_of_plain_values(tag: str) -> None:
    assert refusal(f"key: {tag} rubbish".encode()) == "f.yaml: tags (!) are not allowed"


def test_size_and_depth_are_bounded() -> None:
    assert "larger than 1,000,000 bytes" in refusal(b"a: " + b"x" * MAX_BYTES)
    nested = b"[" * MAX_DEPTH + b"]" * MAX_DEPTH
    assert "nested deeper than 50 levels" in refusal(b"a: " + nested)
    assert "nested deeper than 50 levels" in refusal(b"a: " + b"[" * 900_000)
    assert load(b"a: " + nested[1:-1], "f.yaml").value.keys() == {"a"}


def test_a_bomb_of_aliases_is_refused_before_it_grows() -> None:
    lines = [b"a0: &a0 [x, x]"]
    lines += [b"a%d: &a%d [*a%d, *a%d]" % (n, n, n - 1, n - 1) for n in range(1, 60)]
    assert "aliases" in refusal(b"\n".join(lines))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-3", 0.001),
        ("1E5", 100_000.0),
        ("-2.5e+3", -2500.0),
        ("1.", 1.0),
        ("0.05", 0.05),
        ("30s", "30s"),
        ("null", None),
        ("", None),
        ("[1, x]", [1, "x"]),
        ("{name: adam}", {"name": "adam"}),
        ("a: b: c", "a: b: c"),
        ("e5", "e5"),
        ("[", "["),
        ("\udcff", "\udcff"),
    ],
)
def test_one_value_is_read_as_yaml_or_as_text(text: str, value: Any) -> None:
    found = parse_value(text)
    assert found == value
    assert type(found) is type(value)


def test_one_value_is_bounded_like_a_file() -> None:
    with pytest.raises(ConfigError, match="deeper"):
        parse_value("[" * 60)
    with pytest.raises(ConfigError, match="aliases"):
        parse_value("[&a 1, *a]")


def test_lines_are_those_of_the_keys() -> None:
    document = load(b"# first\na:\n  b: 1\n  c:\n  - x\n  - {d: 2}\n", "f.yaml")
    lines = {
        ("a",): 2,
        ("a", "b"): 3,
        ("a", "c", 1): 6,
        ("a", "c", 1, "d"): 6,
        ("a", "c", 7): 4,
        ("nowhere",): 1,
        (): 1,
    }
    assert {path: document.line(path) for path in lines} == lines


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(st.text("abc_", min_size=1), VALUES))
@example({"title": "1e3"})
def test_what_was_dumped_is_loaded_again(value: dict[str, Any]) -> None:
    assert load(dump(value).encode(), "f.yaml").value == value


@settings(max_examples=300, deadline=None)
@given(
    st.binary(max_size=200)
    | st.text("a1-:{}[]!&*|>'\"#%@`?,. \n\t", max_size=60).map(str.encode)
    | VALUES.map(lambda value: yaml.safe_dump(value).encode())
)
def test_any_bytes_are_a_mapping_or_one_clear_sentence(data: bytes) -> None:
    try:
        assert isinstance(load(data, "f.yaml").value, dict)
    except ConfigError as error:
        assert str(error).startswith("f.yaml")
        assert len(str(error).splitlines()) == 1

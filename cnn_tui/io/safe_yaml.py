"""YAML from untrusted files: safe types only, bounded, with line numbers."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from cnn_tui.errors import ConfigError
from cnn_tui.text import printable

MAX_BYTES = 1_000_000
MAX_DEPTH = 50


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """The safe loader, reading ``1e-3`` as the number that people mean."""


class _Dumper(yaml.SafeDumper):
    """The safe dumper, quoting text that the loader would read as a number."""


for _resolver in (_Loader, _Dumper):
    _resolver.add_implicit_resolver(
        "tag:yaml.org,2002:float",
        re.compile(r"^[-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)[eE][-+]?[0-9]+$"),
        list("-+.0123456789"),
    )


@dataclass(frozen=True, slots=True)
class Document:
    """A mapping read from YAML, and the nodes that it came from."""

    value: dict[str, Any]
    node: yaml.MappingNode

    def line(self, path: Sequence[str | int]) -> int:
        """Returns the 1-based line of ``path``, or of its nearest known parent."""
        line = 1
        node: yaml.Node = self.node
        for part in path:
            for key_line, child in _matches(node, part):
                line, node = key_line, child
        return line


def load(data: bytes, source: str) -> Document:
    """Reads one YAML mapping.

    Raises:
        ConfigError: naming ``source``, for anything but one plain mapping of at
            most ``MAX_BYTES`` bytes and ``MAX_DEPTH`` levels, without aliases.
    """
    if len(data) > MAX_BYTES:
        raise ConfigError(f"{source}: is larger than {MAX_BYTES:,} bytes")
    try:
        text = data.decode("utf-8")
        _check_events(text, source)
        loader = _Loader(text)
        node = loader.get_single_node()
        if not isinstance(node, yaml.MappingNode):
            raise ConfigError(f"{source}: must be a mapping of keys to values")
        _check_keys(node, source)
        return Document(loader.construct_document(node), node)
    except UnicodeDecodeError as error:
        raise ConfigError(f"{source}: is not UTF-8 text") from error
    except yaml.MarkedYAMLError as error:
        if "nesting depth" in str(error.problem):  # libyaml's own limit comes first
            raise ConfigError(_too_deep(source)) from error
        raise ConfigError(f"{source}{_where(error)}: {_problem(error)}") from error
    except (yaml.YAMLError, ValueError, OverflowError) as error:
        reason = printable(str(error).splitlines()[0])
        raise ConfigError(f"{source}: is not valid YAML: {reason}") from error


def dump(value: object) -> str:
    """Returns YAML text with keys in the order given."""
    return yaml.dump(
        value,
        Dumper=_Dumper,
        sort_keys=False,
        allow_unicode=True,
        default_flow_style=None,
        width=88,
    )


def dump_flow(value: object, style: str | None = None) -> str:
    """Returns YAML for a place within a line; ``style`` is how text is quoted."""
    dumped = yaml.dump(
        value,
        Dumper=_Dumper,
        sort_keys=False,
        allow_unicode=True,
        default_flow_style=True,
        default_style=style if isinstance(value, str) else None,
        width=MAX_BYTES,
    )
    return dumped.removesuffix("\n").removesuffix("\n...")


def parse_value(text: str) -> Any:
    """Reads one value of a ``--set`` option as YAML; text that is no YAML is a string.

    Raises:
        ConfigError: if the value is larger or deeper than a file may be.
    """
    data = f"value: {text}\n".encode(errors="surrogatepass")
    try:
        return load(data, "the value").value["value"]
    except ConfigError as error:
        if "levels" in str(error) or "alias" in str(error):
            raise
        return text


def _check_events(text: str, source: str) -> None:
    """Refuses aliases, tags and deep nesting before anything builds on the text."""
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        if isinstance(event, yaml.AliasEvent):
            raise ConfigError(f"{source}: aliases (*{event.anchor}) are not allowed")
        if getattr(event, "tag", None) is not None:
            raise ConfigError(f"{source}: tags (!) are not allowed")
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_DEPTH:
            raise ConfigError(_too_deep(source))


def _check_keys(node: yaml.Node, source: str) -> None:
    """Refuses keys that are given twice or that are no plain text."""
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            name = printable(key.value) if isinstance(key.value, str) else None
            where = f"{source}, line {key.start_mark.line + 1}"
            if name is None or key.tag != "tag:yaml.org,2002:str":
                raise ConfigError(f"{where}: keys must be plain words")
            if name in seen:
                raise ConfigError(f"{where}: the key {name} is given twice")
            seen.add(name)
            _check_keys(value, source)
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            _check_keys(item, source)


def _matches(node: yaml.Node, part: str | int) -> Iterator[tuple[int, yaml.Node]]:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == part:
                yield key.start_mark.line + 1, value
    elif isinstance(node, yaml.SequenceNode) and isinstance(part, int):
        for item in node.value[part : part + 1]:
            yield item.start_mark.line + 1, item


def _too_deep(source: str) -> str:
    return f"{source}: is nested deeper than {MAX_DEPTH} levels"


def _where(error: yaml.MarkedYAMLError) -> str:
    return f", line {error.problem_mark.line + 1}" if error.problem_mark else ""


def _problem(error: yaml.MarkedYAMLError) -> str:
    if isinstance(error, yaml.constructor.ConstructorError):
        return f"only plain values are allowed: {printable(error.problem)}"
    return (
        f"is not valid YAML: {printable(error.problem or error.context or 'damaged')}"
    )

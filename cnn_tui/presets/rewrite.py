"""A preset's text changed by hand, as it were: what stays true stays as it stands.

Only what differs is written anew, in the layout of the presets; so comments and line
breaks stay, but for those at the end of a line that goes.
"""

import json
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

import yaml

from cnn_tui.errors import ConfigError
from cnn_tui.io.safe_yaml import dump, dump_flow, load

_NESTED_INDENT = 4
_WIDTH = 86  # of a folded text, beside its indent

Edit = tuple[int, int, str]
"""Where a piece of text begins and ends, in characters, and what replaces it."""


def rewritten(data: bytes, mapping: dict[str, Any]) -> str:
    """Returns the text of a preset changed so that it says ``mapping``.

    Where the layout of the text is too unusual for that, all is written anew.
    """
    try:
        document = load(data, "the preset")
        text = _applied(data.decode(), document.node, document.value, mapping)
        if load(text.encode(), "the preset").value == mapping:
            return text
    except (ConfigError, ValueError):
        pass
    return dump(mapping)


def _applied(text: str, node: yaml.Node, old: Any, new: Any) -> str:
    edits = list(_Text(text).changes(node, old, new))
    for start, end, replacement in sorted(edits, reverse=True):
        text = text[:start] + replacement + text[end:]
    return text


@dataclass(frozen=True, slots=True)
class _Text:
    text: str

    def changes(self, node: yaml.Node, old: Any, new: Any) -> Iterator[Edit]:
        """Yields what turns the text of ``node`` from an old value into a new one."""
        if old == new:
            return
        is_block = isinstance(node, yaml.CollectionNode) and not node.flow_style
        if isinstance(node, yaml.MappingNode) and isinstance(new, dict):
            if is_block or old.keys() == new.keys():
                yield from self._in_mapping(node, old, new)
                return
        elif isinstance(node, yaml.SequenceNode) and isinstance(new, list):
            if is_block and new:
                yield from self._in_list(node, old, new)
                return
            if len(old) == len(new):
                for child, before, now in zip(node.value, old, new, strict=True):
                    yield from self.changes(child, before, now)
                return
        yield self._anew(node, new)

    def _in_mapping(
        self, node: yaml.MappingNode, old: dict[str, Any], new: dict[str, Any]
    ) -> Iterator[Edit]:
        for key, value in node.value:
            if key.value in new:
                yield from self.changes(value, old[key.value], new[key.value])
            else:
                yield self._lines(key.start_mark.line, _last_line(value), "")
        added = {key: value for key, value in new.items() if key not in old}
        if added:
            indent = " " * node.start_mark.column
            lines = [f"{indent}{key}: {dump_flow(v)}\n" for key, v in added.items()]
            yield self._below(_last_line(node), "".join(lines))

    def _in_list(
        self, node: yaml.SequenceNode, old: list[Any], new: list[Any]
    ) -> Iterator[Edit]:
        indent = self._dash_column(node.value[0])
        before, now = ([json.dumps(item) for item in items] for items in (old, new))
        matcher = SequenceMatcher(None, before, now, autojunk=False)
        for tag, i, i_end, j, j_end in matcher.get_opcodes():
            if tag == "equal":
                continue
            while i < i_end and j < j_end and _is_same_kind(old[i], new[j]):
                yield from self.changes(node.value[i], old[i], new[j])
                i, j = i + 1, j + 1
            for gone in node.value[i:i_end]:
                yield self._lines(gone.start_mark.line, _last_line(gone), "")
            added = "".join(_item_lines(item, indent) for item in new[j:j_end])
            if added:
                above = _last_line(node.value[i - 1]) if i else None
                first = node.value[0].start_mark.line
                yield self._below(first - 1 if above is None else above, added)

    def _anew(self, node: yaml.Node, value: Any) -> Edit:
        style = node.style if isinstance(node, yaml.ScalarNode) else None
        start, end = self._offset(node.start_mark), self._offset(node.end_mark)
        if style == ">" and isinstance(value, str):
            lines = textwrap.wrap(value, _WIDTH, break_on_hyphens=False)
            return start, end, "\n  ".join([">-", *lines]) + "\n"
        quoted = dump_flow(value, style if style in ("'", '"') else None)
        rest = "\n" if style in ("|", ">") else ""
        return start, end, quoted + rest

    def _dash_column(self, item: yaml.Node) -> int:
        start = self._offset(item.start_mark)
        return item.start_mark.column - (start - self.text.rindex("-", 0, start))

    def _lines(self, first: int, last: int, replacement: str) -> Edit:
        return self._line_start(first), self._line_start(last + 1), replacement

    def _below(self, line: int, added: str) -> Edit:
        place = self._line_start(line + 1)
        is_ended = place == 0 or self.text[place - 1] == "\n"
        return place, place, added if is_ended else f"\n{added}"

    def _offset(self, mark: yaml.Mark) -> int:
        return self._line_start(mark.line) + mark.column

    def _line_start(self, line: int) -> int:
        return sum(map(len, self.text.splitlines(keepends=True)[:line]))


def _is_same_kind(old: Any, new: Any) -> bool:
    """Whether two items are the same layer with other parameters."""
    both = isinstance(old, dict) and isinstance(new, dict)
    return both and old.keys() == new.keys()


def _last_line(node: yaml.Node) -> int:
    """Returns the last line that a value stands on."""
    if isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        last: Any = node.value[-1]
        return _last_line(last[1] if isinstance(last, tuple) else last)
    end: yaml.Mark = node.end_mark
    return end.line - (end.column == 0 and end.line > node.start_mark.line)


def _item_lines(item: Any, indent: int) -> str:
    """Returns a layer as it stands in presets, with a line for each nested one."""
    dash = " " * indent + "- "
    if isinstance(item, str):
        return f"{dash}{dump_flow(item)}\n"
    [(name, value)] = item.items()
    if not isinstance(value, list):
        return f"{dash}{name}: {dump_flow(value)}\n"
    nested = [_item_lines(layer, indent + _NESTED_INDENT) for layer in value]
    return f"{dash}{name}:\n{''.join(nested)}"

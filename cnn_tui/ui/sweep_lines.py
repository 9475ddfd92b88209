"""What a sweep has found, in lines: its title, its trials, what matters."""

from collections.abc import Mapping, Sequence

from textual.content import Content

from cnn_tui.runs.config_values import Scalar
from cnn_tui.sweeps.overview import Overview, TrialRow
from cnn_tui.sweeps.space import short_names
from cnn_tui.sweeps.study import MIN_TRIALS_FOR_IMPORTANCE
from cnn_tui.text import count, percent, printable, significant
from cnn_tui.ui.glyphs import Glyphs

GLYPH_OF = {
    "running": "running",
    "complete": "finished",
    "pruned": "stopped",
    "fail": "failed",
}
"""The state of a run that has the sign of that of a trial."""
_STYLES = {
    "running": "$text-success",
    "pruned": "$foreground 60%",
    "fail": "$text-error",
}
_MOST_VALUE_WIDTH = 14
_BAR_WIDTH = 20


def title(found: Overview) -> Content:
    """Returns what is swept, how far it is, and the best so far."""
    states = [it.state for it in found.trials]
    counts = {
        word: states.count(state)
        for state, word in (
            ("complete", "finished"),
            ("running", "running"),
            ("pruned", "pruned"),
            ("fail", "failed"),
        )
    }
    parts = [
        printable(found.sweep.name),
        found.state,
        *([f"best {value_text(found, found.best)}"] if found.best else []),
        f"{len(states):,} of {count(found.plan.trials)} trials",
        *(f"{number:,} {word}" for word, number in counts.items() if number),
        found.plan.metric,
    ]
    text = f" · {' · '.join(parts)}"
    return Content.assemble(("Sweep", "bold $accent"), text)


def trial_lines(
    found: Overview, trials: Sequence[TrialRow], glyphs: Glyphs
) -> tuple[Content, list[Content]]:
    """Returns the names of the columns, and a line for each trial."""
    names = short_names(found.plan.space)
    cells = [[value_cell(it.values, key) for key in names] for it in trials]
    columns = list(zip(*cells, strict=True)) if cells else [()] * len(names)
    widths = [
        min(max(map(len, (name, *column))), _MOST_VALUE_WIDTH)
        for name, column in zip(names.values(), columns, strict=True)
    ]
    heads = [_cut(name, w) for name, w in zip(names.values(), widths, strict=True)]
    head = f"  {'trial':>5}  {'value':>9}  {'  '.join(heads)}  runs"
    lines = [
        _trial_line(found, trial, _cells(row, widths), glyphs)
        for trial, row in zip(trials, cells, strict=True)
    ]
    return Content(head), lines


def importance_lines(found: Overview, glyphs: Glyphs) -> list[Content]:
    """Returns how much each key matters, or from when on that can be told."""
    finished = len(found.finished)
    if finished < MIN_TRIALS_FOR_IMPORTANCE:
        return [
            Content(
                f"told from {MIN_TRIALS_FOR_IMPORTANCE} finished trials on, "
                f"there are {finished}"
            )
        ]
    if not found.importances:
        return [Content("is being worked out")]
    names = short_names(found.plan.space)
    width = max(map(len, names.values()))
    lines = [
        _importance_line(names[key], width, share, glyphs)
        for key, share in found.importances.items()
        if key in names
    ]
    note = f"for the best quarter, from {finished} finished trials (PED-ANOVA)"
    return [*lines, Content.styled(note, "$foreground 60%")]


def value_text(found: Overview, trial: TrialRow) -> str:
    """Returns the value of a trial as it is written; – where it has none."""
    if found.plan.is_maximized:
        return percent(trial.value)
    return significant(trial.value, 4)


def value_cell(values: Mapping[str, Scalar], key: str) -> str:
    """Returns what a trial has for a key; nothing where the key is none of its own."""
    if key not in values:
        return ""
    value = values[key]
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return f"{value:.4g}"
    return printable("null" if value is None else value)


def _trial_line(
    found: Overview, trial: TrialRow, cells: str, glyphs: Glyphs
) -> Content:
    best = found.best is not None and trial.number == found.best.number
    sign = glyphs.state(GLYPH_OF.get(trial.state, ""))
    tail = printable(trial.reason) if trial.reason else f"{len(trial.runs)}"
    step = f" at {count(trial.step)}" if trial.state == "running" and trial.step else ""
    text = f" {trial.number:>5}  {value_text(found, trial):>9}  {cells}  {tail}{step}"
    style = _STYLES.get(trial.state, "")
    return Content.assemble((sign, style), (text, "bold" if best else style))


def _importance_line(name: str, width: int, share: float, glyphs: Glyphs) -> Content:
    full, rest = glyphs.bar_parts(share, _BAR_WIDTH)
    bar = Content.assemble((full, "$text-accent"), (rest, "$foreground 25%"))
    return Content(f"{name:<{width}}  ") + bar + Content(f" {share:>5.0%}")


def _cells(row: Sequence[str], widths: Sequence[int]) -> str:
    return "  ".join(_cut(cell, w) for cell, w in zip(row, widths, strict=True))


def _cut(text: str, width: int) -> str:
    return f"{text:>{width}}" if len(text) <= width else f"{text[: width - 1]}…"

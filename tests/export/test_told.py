"""What is told of a run: one page, a drawing, a card; and names that are hostile."""

import base64
import hashlib
import io
import json
import re
import subprocess
from html.parser import HTMLParser
from pathlib import Path
from shutil import which
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

from tests.cli.commands import invoke, preset

HOSTILE = "<script>alert(1)</script>"
NET = """\
title: '"><img src=x onerror=alert(1)>'
dataset: {npz: PATH, test_fraction: 0.3}
model:
  layers:
    - conv2d: {out_channels: 4, kernel_size: 3}
    - relu
    - flatten
    - linear: {out_features: classes}
training: {iterations: 12, batch_size: 20, evaluate_every: 4, threads: 1}
"""


class Page(HTMLParser):
    """What a browser would find in a page."""

    def __init__(self, text: str) -> None:
        """Reads all of it."""
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.content: dict[str, list[str]] = {"script": [], "style": []}
        self.words = ""
        self._inside = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Notes an element."""
        self.tags.append((tag, dict(attrs)))
        self._inside = tag

    def handle_endtag(self, tag: str) -> None:
        """Leaves it."""
        self._inside = ""

    def handle_data(self, data: str) -> None:
        """Notes text, and what is no text."""
        if self._inside in self.content:
            self.content[self._inside].append(data)
        else:
            self.words += data


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run on pictures of noise, so that there are mistakes, with hostile names."""
    folder = tmp_path_factory.mktemp("told")
    numbers = np.random.default_rng(0)
    np.savez(
        folder / "noise.npz",
        images=numbers.integers(0, 256, (200, 12, 12), dtype=np.uint8),
        labels=np.arange(200) % 3,
        class_names=[HOSTILE, "a | *b*", "c"],
    )
    text = NET.replace("PATH", str(folder / "noise.npz"))
    result = invoke("train", preset(folder, text), "--runs-dir", folder / "runs")
    assert result.exit_code == 0, result.stderr
    [path] = (folder / "runs").iterdir()
    return path


def exported(run: Path, kind: str, folder: Path) -> Path:
    """Exports what is told of a run."""
    path = folder / f"told.{kind}"
    result = invoke("export", run, "--to", kind, "--output", path)
    assert result.exit_code == 0, result.stderr
    return path


def test_a_page_needs_nothing_else_and_runs_nothing_else(
    run: Path, tmp_path: Path
) -> None:
    text = exported(run, "html", tmp_path).read_text()
    assert len(text.encode()) <= 2_000_000
    page = Page(text)
    addresses = [a[key] for _, a in page.tags for key in ("src", "href") if key in a]
    assert all((address or "").startswith("data:image/png;") for address in addresses)
    assert not [key for _, a in page.tags for key in a if key.startswith("on")]
    [policy] = [str(a["content"]) for _, a in page.tags if a.get("http-equiv")]
    assert policy.startswith("default-src 'none'; img-src data:;")
    *data, script = page.content["script"]
    allowed = re.findall(r"'sha256-([^']+)'", policy)
    assert allowed == [digest(page.content["style"][0]), digest(script)]
    assert len(data) == 2
    assert page.words.count(HOSTILE) > 2
    assert "onerror=alert(1)>" in page.words


def digest(text: str) -> str:
    """Returns a hash as policies have it."""
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def test_a_page_has_the_runs_own_values(run: Path, tmp_path: Path) -> None:
    page = Page(exported(run, "html", tmp_path).read_text())
    loss, accuracy = (json.loads(data) for data in page.content["script"][:-1])
    lines = map(json.loads, (run / "metrics.jsonl").read_text().splitlines())
    tests = [row for row in lines if "test/loss" in row]
    [curve] = [curve for curve in loss["curves"] if curve["name"] == "test"]
    assert curve["steps"] == [4, 8, 12]
    assert curve["values"] == pytest.approx([row["test/loss"] for row in tests], 1e-4)
    [curve] = [curve for curve in accuracy["curves"] if curve["name"] == "test"]
    expected = [100 * row["test/accuracy"] for row in tests]
    assert curve["values"] == pytest.approx(expected, 1e-4)
    figures = [tag for tag, _ in page.tags if tag == "figure"]
    images = [a for tag, a in page.tags if tag == "img"]
    assert len(figures) == len(images) > 0
    content = base64.b64decode(str(images[0]["src"]).partition(",")[2])
    assert Image.open(io.BytesIO(content)).size == (12, 12)


POINTING = """
const events = {}, said = {}, cursor = {setAttribute() {}};
const data = {left: 0, right: 100, top: 0, bottom: 9, last: 10,
              curves: [{name: "<b>", steps: [0, 4, 10], values: [3, null, 1]}]};
const svg = {append() {}, addEventListener: (name, does) => events[name] = does,
             getBoundingClientRect: () => ({left: 50, width: 200}),
             viewBox: {baseVal: {width: 100}}};
const parts = {svg, output: said, script: {textContent: JSON.stringify(data)}};
const panel = {querySelector: (name) => parts[name]};
globalThis.document = {querySelectorAll: () => [panel], createElementNS: () => cursor};
SCRIPT
for (const x of [50, 140, 999]) {
  events.pointermove({clientX: x});
  console.log(said.textContent);
}
"""


def test_curves_can_be_pointed_at(run: Path, tmp_path: Path) -> None:
    if (node := which("node")) is None:
        pytest.skip("there is no node here to run the script of the page")
    script = Page(exported(run, "html", tmp_path).read_text()).content["script"][-1]
    text = POINTING.replace("SCRIPT", script)
    command = [node, "-e", text]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    assert result.stdout.splitlines() == [
        "<b> 3 at step 0",
        "<b> not finite at step 4",
        "<b> 1 at step 10",
    ]


def test_a_drawing_is_well_formed(run: Path, tmp_path: Path) -> None:
    root = ElementTree.fromstring(exported(run, "svg", tmp_path).read_text())
    names = {element.tag.rpartition("}")[2] for element in root.iter()}
    assert names == {"svg", "rect", "text", "polyline", "image"}
    words = [element.text for element in root.iter() if element.text]
    assert HOSTILE[:16] in words
    with Image.open(exported(run, "png", tmp_path)) as image:
        assert image.format == "PNG"
        assert len(image.convert("RGB").getcolors(10**6) or ()) > 50


def test_a_card_has_the_classes_and_no_markup_of_others(
    run: Path, tmp_path: Path
) -> None:
    card = exported(run, "model-card", tmp_path).read_text()
    own, _, config = card.partition("## Config")
    assert "<" not in own.replace("\\<", "")
    assert "| a \\| \\*b\\* | " in own
    for title in ("Model", "Data", "Results", "Classes", "Limits", "Loading it"):
        assert f"\n## {title}\n" in own
    assert all(line.startswith("    ") or not line for line in config.splitlines())


def test_a_fork_names_its_parent_and_what_was_changed(
    run: Path, tmp_path: Path
) -> None:
    words = ("fork", f"{run.name}@8", "--set", "lr=0.02", "--runs-dir", run.parent)
    assert invoke(*words).exit_code == 0
    [child] = [path for path in run.parent.iterdir() if path != run]
    words_of_page = Page(exported(child, "html", tmp_path).read_text()).words
    assert f"forked from{run.name}, after update 8" in words_of_page
    assert "training.optimizer.lr=0.02" in words_of_page


def test_without_the_pictures_it_says_so(run: Path, tmp_path: Path) -> None:
    pictures = run.parent.parent / "noise.npz"
    hidden = pictures.rename(pictures.with_suffix(".hidden"))
    try:
        page = Page(exported(run, "html", tmp_path).read_text())
    finally:
        hidden.rename(pictures)
    assert "the network was not tested anew" in page.words
    assert "Confusion matrix" not in page.words
    assert "Filters" in page.words

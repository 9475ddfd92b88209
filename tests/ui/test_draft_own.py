"""The form of a preset that trains on a folder."""

from pathlib import Path

from PIL import Image

from cnn_tui.presets.files import PresetFile, find_preset
from cnn_tui.presets.read import read_preset
from cnn_tui.ui.draft import Draft

PRESET = """
dataset: {{folder: {folder}, image_size: 8}}
model: {{layers: [flatten, {{linear: {{out_features: classes}}}}]}}
training: {{iterations: 5, batch_size: 4}}
"""


def test_it_has_no_name_to_choose_and_its_table_is_that_of_the_pictures(
    tmp_path: Path,
) -> None:
    for n in range(40):
        path = tmp_path / "pets" / "ab"[n % 2] / f"{n}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (9, 9)).save(path)
    preset = tmp_path / "mine.yaml"
    preset.write_text(PRESET.format(folder=tmp_path / "pets"))
    file: PresetFile = find_preset(str(preset))
    view = Draft(preset=read_preset(file)).view()
    assert "dataset.name" not in view.fields
    assert view.table.input_shape == (3, 8, 8)
    assert view.config is not None
    assert view.config.dataset.folder == str(tmp_path / "pets")

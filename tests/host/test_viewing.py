"""A viewer refuses to change anything, however that is tried."""

import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.parametrize(
    "change",
    ["io.FileIO(path, 'w')", "os.system('touch made')", "path.write_text('made')"],
)
def test_a_viewer_makes_no_file(tmp_path: Path, change: str) -> None:
    code = (
        "import io, os; from pathlib import Path; path = Path('made')\n"
        "from cnn_tui.host.viewing import look_only; look_only()\n"
    )
    words = [sys.executable, "-c", code + change]
    tried = subprocess.run(
        words, cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert "this is a viewer" in tried.stderr
    assert list(tmp_path.iterdir()) == []

"""Opening and replacing files that someone else may have tampered with."""

import errno
import os
import stat
from pathlib import Path

import pytest

from cnn_tui.io import files


@pytest.mark.parametrize("umask", [0o000, 0o777])
def test_modes_do_not_depend_on_the_umask(tmp_path: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        files.ensure_directory(tmp_path / "folder")
        files.replace_file(tmp_path / "folder" / "file", b"x")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "folder").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "folder" / "file").stat().st_mode) == 0o600


def test_a_replaced_file_is_the_old_one_or_the_new_one(tmp_path: Path) -> None:
    path = tmp_path / "file"
    files.replace_file(path, b"old")
    with path.open("rb") as reading:
        files.replace_file(path, b"new", durable=True)
        assert reading.read() == b"old"
    assert path.read_bytes() == b"new"
    assert os.listdir(tmp_path) == ["file"]


def test_a_file_that_its_server_has_replaced_is_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, read, errors = tmp_path / "file", os.read, [errno.ESTALE]
    path.write_bytes(b"new")

    def read_over_nfs(descriptor: int, length: int) -> bytes:
        if errors:
            raise OSError(errors.pop(), "of the file system")
        return read(descriptor, length)

    monkeypatch.setattr(os, "read", read_over_nfs)
    assert files.read_bounded(path, 10) == b"new"
    errors = [errno.ESTALE] * 3
    with pytest.raises(OSError, match="of the file system"):
        files.read_bounded(path, 10)


def test_a_link_is_replaced_not_followed(tmp_path: Path) -> None:
    (tmp_path / "outside").write_text("untouched")
    (tmp_path / "link").symlink_to(tmp_path / "outside")
    (tmp_path / ".link.tmp").symlink_to(tmp_path / "outside")
    files.replace_file(tmp_path / "link", b"new")
    assert (tmp_path / "outside").read_text() == "untouched"
    assert (tmp_path / "link").read_text() == "new"
    assert not (tmp_path / "link").is_symlink()


def test_nothing_is_written_through_a_linked_directory(tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "folder").symlink_to(tmp_path / "outside")
    with pytest.raises(OSError):
        files.replace_file(tmp_path / "folder" / "file", b"x")
    with pytest.raises(OSError):
        files.ensure_directory(tmp_path / "folder")
    assert os.listdir(tmp_path / "outside") == []


def test_a_failed_replacement_leaves_the_old_file_alone(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "inside").touch()
    with pytest.raises(OSError):
        files.replace_file(tmp_path / "folder", b"x")
    assert os.listdir(tmp_path) == ["folder"]


def test_only_regular_files_are_read(tmp_path: Path) -> None:
    (tmp_path / "outside").write_text("secret")
    (tmp_path / "link").symlink_to(tmp_path / "outside")
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    for name in ("link", "folder", "pipe"):
        with pytest.raises(files.NotRegularError):
            files.read_bounded(tmp_path / name, 100)


def test_a_file_is_read_up_to_its_bound_or_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"12345")
    assert files.read_bounded(tmp_path / "file", 5) == b"12345"
    with pytest.raises(OSError, match="larger than 4 bytes"):
        files.read_bounded(tmp_path / "file", 4)


def test_a_new_file_is_there_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "told"
    with pytest.raises(ZeroDivisionError), files.new_file(path) as file:
        file.write(b"half")
        assert not path.exists()
        raise ZeroDivisionError
    assert list(tmp_path.iterdir()) == []
    with files.new_file(path) as file:
        file.write(b"whole")
    assert path.read_bytes() == b"whole"
    with pytest.raises(FileExistsError), files.new_file(path):
        pass
    with pytest.raises(FileExistsError), files.new_file(path, overwrite=True) as file:
        path.unlink()
        path.mkdir()
    path.rmdir()
    with files.new_file(path) as file:
        file.write(b"mine")
    with pytest.raises(FileExistsError), files.new_file(tmp_path / "late") as file:
        (tmp_path / "late").write_bytes(b"theirs")
    assert (tmp_path / "late").read_bytes() == b"theirs"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["late", "told"]

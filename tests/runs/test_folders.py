from __future__ import annotations

from pathlib import Path

import pytest

from batchlab.errors import InputError
from batchlab.runs import require_new_folder
from batchlab.runs.folders import whole_folder


def test_a_folder_is_whole_or_not_there(tmp_path: Path) -> None:
    def interrupted() -> None:
        with whole_folder(tmp_path / "kept") as growing:
            (growing / "half").touch()
            assert not (tmp_path / "kept").exists()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert list(tmp_path.iterdir()) == []


def test_an_empty_folder_is_filled_and_readable_by_others(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    kept.mkdir()
    usual = kept.stat().st_mode
    with whole_folder(kept) as growing:
        (growing / "file").touch()
    assert (kept / "file").is_file()
    assert kept.stat().st_mode == usual


def test_what_is_there_already_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="is a file; name a new folder"):
        require_new_folder(tmp_path / "file")
    with pytest.raises(InputError, match="is not empty; name a new one, or remove it first"):
        require_new_folder(tmp_path)
    with pytest.raises(InputError, match=r"cannot be made: .*file is not a folder"):
        require_new_folder(tmp_path / "file" / "below")

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from batchlab.batch_config import BatchConfig
from batchlab.config_files import load_config
from batchlab.errors import BatchLabError, InputError
from batchlab.hub.sim import SimHub
from batchlab.hub.world import World
from batchlab.runs import Run, require_new_folder, scan, write_run
from batchlab.runs.writing import whole_folder


def _run(path: str = "go.mod") -> Run:
    hub = SimHub(World.build({"acme/app": {path: b"module acme", "README": b"#"}}), "no-limits")
    return scan(hub=hub, config=BatchConfig(max_batch_size=33), patterns=[path])


def test_a_written_run_reads_back_as_it_was(tmp_path: Path) -> None:
    run = _run()
    write_run(run, tmp_path / "kept")
    kept = pd.read_parquet(tmp_path / "kept/results.parquet").drop(columns="content")
    pd.testing.assert_frame_equal(kept, run.results.drop(columns="content"), check_dtype=False)
    assert load_config(tmp_path / "kept/config.yaml", env={}) == run.config
    assert len(pd.read_parquet(tmp_path / "kept/calls.parquet")) == len(run.calls)
    document = json.loads((tmp_path / "kept/run.json").read_text())
    assert (document["strategy"], document["interrupted"]) == ("adaptive", False)
    assert (tmp_path / "kept/files/acme/app/go.mod").read_bytes() == b"module acme"


def test_files_are_left_out_on_request(tmp_path: Path) -> None:
    write_run(_run(), tmp_path / "kept", files=False)
    assert not (tmp_path / "kept/files").exists()
    assert pd.read_parquet(tmp_path / "kept/results.parquet")["content"].isna().all()


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


def test_a_path_that_cannot_be_written_safely_loses_no_content(tmp_path: Path) -> None:
    with pytest.raises(BatchLabError, match=r"holds the contents in results.parquet, not as files: .*outside"):
        write_run(_run("a\\go.mod"), tmp_path / "kept")
    assert pd.read_parquet(tmp_path / "kept/results.parquet")["content"][0] == b"module acme"

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from batchlab.batch_config import BatchConfig
from batchlab.config_files import load_config
from batchlab.errors import BatchLabError
from batchlab.hub.sim import SimHub
from batchlab.hub.world import World
from batchlab.runs import Run, load_run, scan, write_run


def _run(path: str = "go.mod") -> Run:
    hub = SimHub(World.build({"acme/app": {path: b"module acme", "README": b"#"}}), "no-limits")
    return scan(hub=hub, config=BatchConfig(max_batch_size=33), patterns=[path])


def test_a_written_run_is_a_saved_one_with_files_to_look_at(tmp_path: Path) -> None:
    run = _run()
    write_run(run, tmp_path / "kept")
    assert load_run(tmp_path / "kept").text("acme/app", "go.mod") == "module acme"
    assert load_config(tmp_path / "kept/config.yaml", env={}) == run.config
    assert "content" not in pd.read_csv(tmp_path / "kept/results.csv").columns
    assert (tmp_path / "kept/files/acme/app/go.mod").read_bytes() == b"module acme"


def test_a_path_that_cannot_be_written_safely_loses_no_content(tmp_path: Path) -> None:
    with pytest.raises(BatchLabError, match=r"holds the contents in results.parquet, not as files: .*outside"):
        write_run(_run("a\\go.mod"), tmp_path / "kept")
    assert load_run(tmp_path / "kept").text("acme/app", "a\\go.mod") == "module acme"

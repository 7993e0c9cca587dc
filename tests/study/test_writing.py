from __future__ import annotations

from pathlib import Path

import pandas as pd

from batchlab.hub.sim import SimHub
from batchlab.hub.world import World
from batchlab.study import compare, load_study, write_study

HUB = SimHub(World.build({"acme/app": {f"{number}/go.mod": b"module %d" % number for number in range(9)}}), "no-limits")


def test_table_arms_files_and_picture_are_written(tmp_path: Path) -> None:
    study = compare(HUB, ["parallel", "sequential"], [0, 1])
    write_study(study, tmp_path / "kept", b"a picture")
    assert pd.read_csv(tmp_path / "kept/table.csv")["strategy"].tolist() == study.table["strategy"].tolist()
    assert len(pd.read_parquet(tmp_path / "kept/replications.parquet")) == 4
    assert (tmp_path / "kept/compare.png").read_bytes() == b"a picture"
    assert len(list((tmp_path / "kept/files/acme/app").glob("*/go.mod"))) == 9
    assert not (tmp_path / "kept/runs/parallel/files").exists()
    assert load_study(tmp_path / "kept").verdict == study.verdict


def test_a_study_of_nothing_delivered_names_no_winner() -> None:
    study = compare(SimHub(World.build({"acme/empty": {}})), ["parallel", "sequential"])
    assert study.verdict == "Nothing can be ranked: no strategy delivered a file."

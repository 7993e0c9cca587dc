from __future__ import annotations

import dataclasses
import json
import shutil
from pathlib import Path

import pandas as pd
import pytest

import batchlab as bl
from batchlab.config_files import dump_config
from batchlab.errors import InputError

HUB = bl.SimHub(bl.World.build({"acme/app": {f"{n}/go.mod": b"module %d" % n for n in range(9)}}), "typical")


@pytest.fixture(scope="module")
def study() -> bl.Study:
    return bl.compare(HUB, ["parallel", "sequential"], range(2), config=bl.BatchConfig(max_batch_size=99))


def _assert_same(loaded: bl.Study, study: bl.Study) -> None:
    for name in ("table", "replications"):
        pd.testing.assert_frame_equal(getattr(loaded, name), getattr(study, name), check_exact=True)
    assert (loaded.verdict, loaded.hub, loaded.config) == (study.verdict, study.hub, study.config)
    assert sorted(loaded.runs) == sorted(study.runs)
    pd.testing.assert_frame_equal(loaded.runs["parallel"].calls, study.runs["parallel"].calls, check_exact=True)


def test_a_loaded_study_is_the_saved_one(study: bl.Study, tmp_path: Path) -> None:
    loaded = bl.load_study(study.save(tmp_path / "kept"))
    _assert_same(loaded, study)
    assert list(loaded.runs) == list(study.runs)
    assert loaded.runs["parallel"].results["content"].isna().all()


def test_an_arm_of_any_name_is_kept(tmp_path: Path) -> None:
    study = bl.compare(HUB, {"../a b/ü": "parallel"}, [0])
    assert list(bl.load_study(study.save(tmp_path / "kept")).runs) == ["../a b/ü"]
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]


def test_a_study_of_version_1_loads(study: bl.Study, tmp_path: Path) -> None:
    folder = study.save(tmp_path / "old")
    dump_config(study.config, folder / "config.yaml")
    old = {"hub": study.hub, "verdict": study.verdict, "interrupted": False}
    (folder / "study.json").write_text(json.dumps(old))
    study.replications.drop(columns="bytes").to_parquet(folder / "replications.parquet")
    study.table.drop(columns="difference").to_parquet(folder / "table.parquet")
    unknown = pd.Series([pd.NA] * 4, dtype="Int64")
    replications = study.replications.assign(bytes=unknown)
    _assert_same(bl.load_study(folder), dataclasses.replace(study, replications=replications))


def test_what_is_no_whole_study_is_told(study: bl.Study, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"holds no saved study: there is no study.json in it"):
        bl.load_study(tmp_path)
    folder = study.save(tmp_path / "kept")
    shutil.rmtree(folder / "runs" / "parallel")
    with pytest.raises(InputError, match=r"there is no folder .*parallel"):
        bl.load_study(folder)
    (folder / "study.json").write_text("{}")
    with pytest.raises(InputError, match=r"study.json is no whole study: KeyError"):
        bl.load_study(folder)
    with pytest.raises(InputError, match="is not empty"):
        study.save(folder)

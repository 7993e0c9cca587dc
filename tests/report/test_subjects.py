from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

import batchlab as bl
from batchlab.errors import InputError
from batchlab.report.subjects import study_about

QUICK: dict[str, Any] = {"strategies": ["parallel"], "seeds": [0]}


def _about(*items: Any, scenario: str | None = None, **options: Any) -> bl.Study:
    return study_about(items, scenario, options)[0]


def _hub() -> bl.SimHub:
    return bl.SimHub(bl.World.build({"acme/app": {f"{n}/go.mod": b"module %d" % n for n in range(9)}}))


def test_runs_of_strategies_and_seeds_make_arms(tmp_path: Path) -> None:
    for strategy in ("parallel", "sequential"):
        for seed in range(2):
            bl.scan(hub=_hub(), strategy=strategy, seed=seed).save(tmp_path / f"{strategy}-{seed}")
    study = _about(tmp_path)
    assert study.table["strategy"].tolist() == ["parallel", "sequential"]
    assert study.replications["seed"].tolist() == [0, 1, 0, 1]
    two = _about(tmp_path / "parallel-0", str(tmp_path / "sequential-0"))
    assert two.table["strategy"].tolist() == ["parallel", "sequential"]


def test_runs_of_one_strategy_bear_the_names_of_their_folders(tmp_path: Path) -> None:
    for name, calls in (("before", 2), ("after", 20)):
        config = bl.BatchConfig(max_concurrent_requests=calls)
        bl.scan(hub=_hub(), strategy="parallel", config=config).save(tmp_path / name)
    assert _about(tmp_path / "before", tmp_path / "after").table["strategy"].tolist() == ["after", "before"]
    run = bl.load_run(tmp_path / "before")
    assert _about(run, run).table["strategy"].tolist() == ["parallel", "parallel 2"]


def test_worlds_are_read(tmp_path: Path) -> None:
    assert _about(**QUICK).hub == "sample"
    assert _about("sample", scenario="no-limits", **QUICK).runs["parallel"].scenario == "no-limits"
    assert _about("lan-small", **QUICK).runs["parallel"].scenario == "lan-small"
    assert _about(_hub(), **QUICK).hub == "built"
    for name in ("one", "two"):
        subprocess.run(["git", "init", "-q", tmp_path / name], check=True)
    assert len(_about(tmp_path / "one", tmp_path / "two", **QUICK).runs["parallel"].repositories) == 2


def test_what_does_not_go_together_is_told(tmp_path: Path) -> None:
    run = bl.scan(hub=_hub(), strategy="parallel")
    study = bl.compare_runs({"parallel": run})
    with pytest.raises(InputError, match="strategies is for worlds that are read for the report"):
        _about(run, **QUICK)
    with pytest.raises(InputError, match="scenario is for worlds"):
        _about(run, scenario="no-limits")
    with pytest.raises(InputError, match="a report is about one study, or about several runs"):
        _about(study, study)
    with pytest.raises(InputError, match="a report is about one world"):
        _about("sample", _hub(), **QUICK)
    with pytest.raises(InputError, match="built has a scenario of its own, typical"):
        _about(_hub(), scenario="no-limits", **QUICK)


@pytest.mark.parametrize("nothing", ["pallets/flask", "nowhere", 7, None])
def test_what_is_nothing_to_report_on_is_told(nothing: Any) -> None:
    with pytest.raises(InputError, match="is nothing to report on; name a saved run or study"):
        _about(nothing)

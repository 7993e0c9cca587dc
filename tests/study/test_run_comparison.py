from __future__ import annotations

import dataclasses

import pytest

import batchlab as bl
from batchlab.errors import InputError

HUB = bl.SimHub(bl.World.build({"acme/app": {f"{n}/go.mod": b"module %d" % n for n in range(9)}}), "typical")


def _run(strategy: str, seed: int = 0) -> bl.Run:
    return bl.scan(hub=HUB, strategy=strategy, seed=seed)


def test_runs_made_already_rank_as_a_study_of_them_does() -> None:
    arms = {name: [_run(name, seed) for seed in range(3)] for name in ("sequential", "parallel")}
    study, made = bl.compare_runs(arms), bl.compare(HUB, ["sequential", "parallel"], range(3))
    truth = ["bound", "efficiency"]  # of which runs alone know nothing
    assert study.table.drop(columns=truth).equals(made.table.drop(columns=truth))
    assert study.table[truth].isna().all(axis=None)
    assert study.verdict == made.verdict


def test_two_runs_have_a_ratio_and_no_interval() -> None:
    study = bl.compare_runs({"before": _run("sequential"), "after": _run("parallel")})
    assert study.table["strategy"].tolist() == ["after", "before"]
    assert study.table["ratio_low"].isna().all()
    assert "one seed: no interval" in study.verdict


def test_what_cannot_be_paired_is_told() -> None:
    run = _run("parallel")
    with pytest.raises(InputError, match="compare_runs needs a run for each name"):
        bl.compare_runs({"before": run, "after": []})
    with pytest.raises(InputError, match=r"'a' has a seed twice among \[0, 0\]"):
        bl.compare_runs({"a": [run, run]})
    with pytest.raises(InputError, match="'a' and 'b' have no seed in common"):
        bl.compare_runs({"a": run, "b": _run("parallel", 1)})
    other = dataclasses.replace(run, patterns=("*.lock",))
    with pytest.raises(InputError, match="were asked for different patterns"):
        bl.compare_runs({"a": run, "b": other})

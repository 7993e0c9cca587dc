"""Everywhere a strategy is accepted, a mapping gives names to strategies, policies and configurations."""

from __future__ import annotations

import pytest

from batchlab.batch_config import BatchConfig
from batchlab.control.policies import POLICIES, BatchStrategy
from batchlab.errors import InputError
from batchlab.hub.sim import SimHub
from batchlab.hub.work import Work
from batchlab.study import compare
from batchlab.study.arms import arms_of

HUB = SimHub(Work(2, 5).world(), "no-limits")


def test_named_arms_bear_their_names_in_every_frame():
    arms = {
        "ours": BatchConfig(max_concurrent_requests=2, default_strategy="parallel"),
        "theirs": "sequential",
        "mine": POLICIES[BatchStrategy.ADAPTIVE],
    }
    study = compare(HUB, arms, seeds=[0])
    assert set(study.table["strategy"]) == set(study.runs) == set(arms)
    assert study.runs["ours"].metrics["peak_in_flight"].max() == 2
    assert set(study.runs["mine"].metrics["strategy"]) == {"mine"}


def test_a_list_names_each_once():
    with pytest.raises(InputError, match="named twice: parallel"):
        arms_of(["parallel", "parallel"], BatchConfig())

"""The engine gets a client over a transport: it cannot see, and does not ask, what the scenario says."""

from __future__ import annotations

import pytest

from batchlab.batch_config import BatchConfig, BatchStrategy
from batchlab.hub.scenario import Scenario
from batchlab.hub.sim import SimHub
from batchlab.hub.work import Work
from batchlab.study.arms import arms_of
from batchlab.study.baselines import baselines
from batchlab.study.replication import Replication

WORK = Work(3, 8).world()
POLICIES = [*BatchStrategy, *baselines()]


class Blind(SimHub):
    """A hub that forbids every look at its truth."""

    def __getattribute__(self, name):
        if name in ("scenario", "world", "books"):
            raise AssertionError(f"somebody asked the hub for its {name}")
        return super().__getattribute__(name)

    @property
    def repositories(self):
        return WORK.repositories


@pytest.mark.parametrize("strategy", POLICIES, ids=lambda s: getattr(s, "name", s))
def test_no_strategy_asks_for_the_truth(strategy):
    hub = SimHub(WORK, Scenario("secret"))
    hub.__class__ = Blind
    (arm,) = arms_of([strategy], BatchConfig.lab())
    row = Replication(0, arm, 0).row(hub)
    assert row["delivered"] == 24
    with pytest.raises(AssertionError, match="scenario"):
        _ = hub.scenario

"""Changes are tried as often as it takes to tell, under conditions that the run leaves open."""

from __future__ import annotations

import pytest

from batchlab.batch_config import BatchConfig
from batchlab.hub.conditions import Latency
from batchlab.hub.scenario import Scenario
from batchlab.hub.sim import SimHub
from batchlab.hub.work import Work
from batchlab.runs import scan
from batchlab.study import trials
from batchlab.study.candidates import Candidate
from batchlab.twin.calibrate import calibrate

PLAIN = Scenario("plain", latency=Latency(0.06, 0.3), work=Work(6, 20))
WORSE = Candidate("worse", "less", "less", {"max_concurrent_requests": 1})
BETTER = Candidate("better", "more", "more", {"max_concurrent_requests": 16})
NOTHING = Candidate("nothing", "as it is", "nothing", idle=True)


@pytest.fixture
def tried(monkeypatch):
    """Return the outcomes of three changes under three seeds, and the names of those that each experiment had."""
    asked = []

    def spied(run, candidates, hubs, work, seeds, workers):
        asked.append(([one.name for one in candidates], list(seeds), len(hubs)))
        return experiment(run, candidates, hubs, work, seeds, workers)

    experiment = trials.experiment
    monkeypatch.setattr(trials, "experiment", spied)
    run = scan(hub=SimHub(scenario=PLAIN), strategy="parallel", config=BatchConfig(max_concurrent_requests=4))
    known = trials.Trials(run, calibrate(run), range(3)).outcomes([WORSE, BETTER, NOTHING])
    return {one.name: outcome for one, outcome in known}, asked


def test_what_loses_under_every_seed_is_not_tried_under_the_last(tried):
    outcomes, asked = tried
    assert asked == [(["worse", "better"], [0, 1], 2), (["better"], [2], 1)]
    assert [len(outcomes[name].seconds) for name in ("worse", "better")] == [2, 3]
    assert (outcomes["worse"].seconds < 0.0).all()


def test_what_changes_nothing_is_not_tried_at_all(tried):
    outcomes, _ = tried
    assert (outcomes["nothing"].seconds == 0.0).all()
    assert len(outcomes["nothing"].before) >= 2


def test_outcomes_keep_the_order_of_the_changes(tried):
    assert list(tried[0]) == ["worse", "better", "nothing"]

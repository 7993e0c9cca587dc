"""A/A: a strategy against itself under other seeds shows a difference about as often as chance allows.

``python tests/study/test_false_alarms.py`` runs the 200 studies of the claim (at most 17 alarms, several minutes);
the test runs a fifth of them.
"""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from batchlab.batch_config import BatchConfig, BatchStrategy
from batchlab.hub.scenario import Scenario
from batchlab.hub.sim import SimHub
from batchlab.study.arms import arms_of
from batchlab.study.replication import Replication
from batchlab.study.workers import Workers

REPLICATIONS = 4
SCENARIO = Scenario.parse(
    {"latency": {"median": 0.2, "sigma": 0.7}, "work": {"repositories": 3, "files": 10}}, "thirty"
)


def makespans(studies):
    """Makespans by strategy, study and side: every run has a seed of its own, fixed beforehand."""
    arms = arms_of(BatchStrategy, BatchConfig())
    seeds = range(2 * studies * REPLICATIONS)
    with Workers([SimHub(scenario=SCENARIO)]) as workers:
        rows = workers.rows([Replication(0, arm, seed) for arm in arms for seed in seeds])
    shape = (len(arms), studies, 2, REPLICATIONS)
    return np.array([row["makespan"] for row in rows]).reshape(shape)


def false_alarms(studies):
    """Studies in which Holm's procedure over the strategies rejects something at 5 %."""
    logs = np.log(makespans(studies))
    p = stats.ttest_1samp(logs[:, :, 0] - logs[:, :, 1], 0.0, axis=-1).pvalue
    # Holm rejects something in a study exactly where the smallest p is below 0.05 / strategies.
    return int((p.min(axis=0) < 0.05 / len(p)).sum())


@pytest.mark.long
def test_a_strategy_does_not_differ_from_itself():
    studies = 40
    assert false_alarms(studies) <= stats.binom.ppf(0.999, studies, 0.05)


if __name__ == "__main__":
    print(f"{false_alarms(200)} of 200 studies call a difference; at most 17 may")

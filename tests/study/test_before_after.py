"""A change that was carried out is laid beside what had been foretold of it."""

from __future__ import annotations

import json
import math

import pytest

from batchlab.batch_config import BatchConfig
from batchlab.errors import InputError
from batchlab.hub.sim import SimHub
from batchlab.hub.work import Work
from batchlab.runs import scan, start
from batchlab.study.before_after import BEFORE_AFTER, before_after
from batchlab.study.opportunities import opportunities

HUB = SimHub(Work(4, 20).world(), "no-limits")
SLOW = BatchConfig(max_concurrent_requests=4, routes=("blobs",))


def test_an_opportunity_of_the_frame_is_applied_and_does_what_was_foretold():
    before = scan(hub=HUB, strategy="parallel", config=SLOW)
    row = opportunities(before, seeds=range(2)).set_index("id", drop=False).loc["concurrency-up"]
    # Next to no virtual time passes before the change is made, however quick the engine is.
    handle = start(hub=HUB, strategy="parallel", config=BatchConfig(**SLOW.to_dict()), speed=0.01)
    handle.apply(row)
    handle.pace(math.inf)
    after = handle.result()
    assert handle.config.max_concurrent_requests == json.loads(row["config"])["max_concurrent_requests"]
    frame = before_after(before, after, row)
    BEFORE_AFTER.validate(frame)
    makespan = frame.set_index("measure").loc["makespan"]
    assert makespan["saved"] == pytest.approx(makespan["predicted"], rel=0.3)
    assert frame.set_index("measure").loc["calls", "saved"] == 0


def test_runs_of_other_files_are_no_comparison():
    other = SimHub(Work(2, 5).world(), "no-limits")
    with pytest.raises(InputError, match="asked for 80 and 10 files"):
        before_after(scan(hub=HUB, config=SLOW), scan(hub=other, config=SLOW))

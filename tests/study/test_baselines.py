"""Baselines follow their published rules; static arms stay where they are put."""

from __future__ import annotations

from batchlab.batch_config import BatchConfig
from batchlab.control.concurrency import Completion
from batchlab.hub.sim import SimHub
from batchlab.hub.work import Work
from batchlab.study.baselines import Aimd, Gradient2, baselines, static_arm, static_arms
from batchlab.study.replication import Replication

QUICK, SLOW = Completion(0.0, 0.1, ok=True), Completion(0.0, 6.0, ok=True)


def test_aimd_adds_one_and_takes_a_tenth_off():
    controller = Aimd(96)
    assert controller.limit == 20
    for _ in range(30):
        controller.completed(QUICK)
    assert controller.limit == 50
    assert controller.completed(SLOW).limit == 45
    assert controller.completed(Completion(0.0, 0.1, ok=False)).limit == 40
    assert controller.throttled(0.0).limit == 36


def test_aimd_stays_between_its_published_bounds_and_the_ceiling():
    controller = Aimd(30)
    for _ in range(50):
        controller.completed(QUICK)
    assert controller.limit == 30
    for _ in range(50):
        controller.completed(SLOW)
    assert controller.limit == 20
    controller.clamp(5)
    assert controller.limit == 5


def test_gradient2_grows_while_latency_stays_and_shrinks_when_it_triples():
    controller = Gradient2(96)
    for _ in range(100):
        controller.completed(QUICK)
    grown = controller.limit
    assert grown > 60
    for _ in range(40):
        controller.completed(Completion(0.0, 0.3, ok=True))
    assert controller.limit < grown
    controller.clamp(10)
    assert controller.limit == 10


def test_the_grid_keeps_to_the_configuration():
    arms = static_arms(BatchConfig(max_concurrent_requests=8, default_batch_size=10, max_batch_size=10, routes="blobs"))
    assert [arm.name for arm in arms] == ["blobs-c1", "blobs-c2", "blobs-c4", "blobs-c6", "blobs-c8"]
    assert len({policy.name for policy in baselines()}) == 6


def test_static_arms_use_the_route_they_are_named_after():
    hub = SimHub(Work(2, 10).world(), "no-limits")
    rows = [Replication(0, static_arm(4, *way, BatchConfig.lab()), 0).row(hub) for way in WAYS]
    calls = [row["calls"] for row in rows]
    assert calls == [22, 2 + 2, 2 + 2 * 2]
    assert all(row["peak_in_flight"] <= 4 for row in rows)


WAYS = (("blobs", 1), ("graphql", 10), ("tarball", 1))

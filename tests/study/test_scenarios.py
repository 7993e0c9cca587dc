"""Every scenario that comes with the package loads, lasts, and shows what it is named after in good time."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest

from batchlab.batch_config import BatchConfig
from batchlab.hub.scenario import Faults, GraphQL, Limits, Scenario, Server
from batchlab.hub.sim import SimHub
from batchlab.hub.work import Work
from batchlab.runs import scan
from batchlab.study import bound, with_work
from batchlab.study.arms import arms_of
from batchlab.study.baselines import static_arms
from batchlab.study.replication import Replication

pytestmark = pytest.mark.long
LEAST = 30.0  # seconds that the best static arm takes at least
LASTS = {"hidden-secondary": 40.0}  # where the condition comes late
# The best static arm, as a regret study over the whole grid found it.
BEST = {
    "brown-out": "blobs-c32",
    "budget-bound-org": "graphql-50-c2",
    "budget-bound-org-rest": "blobs-c32",
    "core-nearly-empty": "graphql-100-c2",
    "drift": "blobs-c48",
    "enterprise": "tarball-c12",
    "flaky": "blobs-c32",
    "forks": "blobs-c32",
    "ghes-no-limits": "blobs-c24",
    "graphql-nearly-empty": "tarball-c24",
    "heavy-tail": "blobs-c32",
    "hidden-secondary": "blobs-c24",
    "low-knee": "graphql-100-c6",
    "minute-bound": "blobs-c32",
    "minute-bound-rest": "blobs-c48",
    "monorepo-slice": "tarball-c4",
    "retrograde": "blobs-c12",
    "shared-token": "tarball-c16",
    "thin-link-big-files": "blobs-c32",
    "transatlantic": "graphql-25-c64",
    "unauthenticated": "tarball-c8",
    "warm": "blobs-c12",
}
# Conditions that begin at a time of their own.
BEGINS = {
    "brown-out": lambda scenario: scenario.periods[0].start,
    "drift": lambda scenario: scenario.periods[0].start,
    "hidden-secondary": lambda scenario: scenario.limits.hidden_from,
}
NEARLY_ALL = 0.9
# Points after which a budget or a minute rule holds a run back that was not paced from the start.
USABLE = {
    "budget-bound-org": 4000,
    "budget-bound-org-rest": 4000,
    "enterprise": 2000,
    "minute-bound": 720,
    "minute-bound-rest": 720,
    "shared-token": 720,
    "unauthenticated": 48,
}

PAGE = Path(__file__).resolve().parents[2] / "data" / "scenarios" / "README.md"


@pytest.mark.parametrize("name", Scenario.names())
def test_a_scenario_loads_and_says_what_it_stands_for(name):
    assert len(Scenario.load(name).description) > 40


def test_the_page_names_every_field_of_every_section():
    chapters = dict(
        re.findall(r"^## `(\w+)`.*?\n(.*?)(?=^## |\Z)", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    )
    for section in fields(Scenario):
        if section.name not in ("name", "description", "seed"):
            assert section.name in chapters
    for name, kind in {"work": Work, "limits": Limits, "faults": Faults, "graphql": GraphQL, "server": Server}.items():
        missing = [field.name for field in fields(kind) if f"`{field.name}`" not in chapters[name]]
        assert not missing, (name, missing)


def static(name):
    """The best static arm of a scenario, as the regret study of the same work found it."""
    return {arm.name: arm for arm in static_arms(BatchConfig.lab())}[BEST[name]]


@pytest.mark.parametrize("name", sorted(BEST))
def test_the_work_lasts_for_the_best_static_arm(name):
    arm, hub = static(name), SimHub(scenario=name)
    row = Replication(0, arm, 0, deadline=LASTS.get(name, LEAST)).row(hub)
    assert row["failed"], f"{arm.name} read all of it in {row['makespan']:.1f} s"


def test_every_scenario_with_work_is_judged():
    assert set(BEST) | {"lan-small"} == set(with_work())


@pytest.mark.parametrize("name", sorted(BEGINS))
def test_a_condition_begins_before_half_of_the_time(name):
    assert BEGINS[name](Scenario.load(name)) <= LASTS.get(name, LEAST) / 2


@pytest.mark.parametrize("name", sorted(USABLE))
def test_a_limit_acts_before_half_of_the_time(name):
    hub = SimHub(scenario=name)
    (unpaced,) = arms_of(["aggressive"], BatchConfig.lab())
    half = max(LEAST, bound(hub).seconds) / 2
    assert Replication(0, unpaced, 0, deadline=half).row(hub)["points"] >= NEARLY_ALL * USABLE[name]


def test_hours_of_budget_pass_and_no_window_is_spent_beyond_the_usable_share():
    run = scan(hub=SimHub(scenario="budget-bound-org-rest"), strategy="adaptive", config=BatchConfig.lab())
    assert (run.results["status"] == "delivered").all()
    assert run.makespan > 2 * 3600.0
    core = run.calls[run.calls["pool"] == "core"]
    assert core["points"].groupby(core["sent"] // 3600.0).sum().max() <= USABLE["budget-bound-org-rest"]
    assert not (run.calls["outcome"] == "limited").any()


def test_what_is_nearly_empty_is_too_little_for_the_work():
    for name, left in (("core-nearly-empty", "remaining"), ("graphql-nearly-empty", "graphql_remaining")):
        scenario = Scenario.load(name)
        work = scenario.work
        calls = work.repositories * work.files / (1 if left == "remaining" else BatchConfig.lab().max_batch_size)
        assert getattr(scenario.limits, left) < calls

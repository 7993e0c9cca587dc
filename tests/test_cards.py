"""What a notebook and a terminal show of a run, a study, settings and hubs."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

import pytest

from batchlab.batch_config import BatchConfig
from batchlab.cards import card
from batchlab.hub.scenario import Scenario
from batchlab.hub.sim import SimHub
from batchlab.hub.world import World
from batchlab.hubs import GitHub
from batchlab.runs import plan, scan, start
from batchlab.study import Oracles, Regret, compare
from batchlab.study.regret_table import TABLE, summary

TOKEN = "ghp_" + "s3cret" * 6
FILES = {"acme/app": {"go.mod": b"module acme", "<script>/go.mod": b"module odd"}}


def _shown() -> dict[str, Any]:
    hub = SimHub(World.build(FILES), "no-limits")
    run = scan(hub=hub)
    handle = start(hub=hub)
    handle.result()
    return {
        "regret": _regret(),
        "plan": plan(hub=hub),
        "handle": handle,
        "scenario": Scenario.load("flaky"),
        "world": hub.world,
        "run": run,
        "metrics": run.metrics,
        "study": compare(hub, ["adaptive", "sequential"], range(2)),
        "config": BatchConfig.lab(),
        "sim": hub,
        "github": GitHub(token=TOKEN),
    }


def _regret() -> Regret:
    one = {column.name: ["x" if column.dtype == "string" else 1] for column in TABLE.columns}
    frame = TABLE.frame(one)
    return Regret(frame, summary(frame), Oracles({"typical": "<b>"}, "blobs-c8"), (0, 1), BatchConfig())


@pytest.fixture(scope="module")
def shown() -> dict[str, Any]:
    return _shown()


KINDS = ["run", "metrics", "study", "config", "sim", "github", "regret", "plan", "handle", "scenario", "world"]
every_kind = pytest.mark.parametrize("kind", KINDS)


@every_kind
def test_a_terminal_shows_one_line(shown: dict[str, Any], kind: str) -> None:
    assert len(repr(shown[kind]).splitlines()) == 1
    assert len(repr(shown[kind])) < 300


@every_kind
def test_a_card_needs_no_script_and_no_network(shown: dict[str, Any], kind: str) -> None:
    html = shown[kind]._repr_html_()
    assert not re.search(r"<script|<link|<img|src=|href=|@import|url\(", html)
    assert TOKEN not in html


@every_kind
def test_a_card_is_well_formed(shown: dict[str, Any], kind: str) -> None:
    opened: list[str] = []

    class Balance(HTMLParser):
        def handle_starttag(self, tag: str, attrs: object) -> None:
            opened.append(tag)

        def handle_endtag(self, tag: str) -> None:
            assert opened.pop() == tag

    Balance().feed(shown[kind]._repr_html_())
    assert opened == []


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "github"])
def test_details_are_folded(shown: dict[str, Any], kind: str) -> None:
    html = shown[kind]._repr_html_()
    assert "<details><summary>" in html
    assert "<details open" not in html


def test_names_and_values_are_escaped() -> None:
    html = card("<b>", {"<i>": "<script>alert(1)</script>"}, {"<u>": ""})
    assert not re.search(r"<(b|i|u|script)>", html)


def test_settings_show_what_differs_and_can_be_read_back() -> None:
    config = BatchConfig(max_batch_size=99, default_strategy="sequential")
    names = {"BatchConfig": BatchConfig, "BatchStrategy": type(config.default_strategy)}
    assert repr(BatchConfig()) == "BatchConfig()"
    assert repr(config) == "BatchConfig(max_batch_size=99, default_strategy=BatchStrategy.SEQUENTIAL)"
    assert eval(repr(config), names) == config


def test_a_card_of_metrics_has_the_documented_names(shown: dict[str, Any]) -> None:
    html = shown["metrics"]._repr_html_()
    assert "cache hits" in html
    assert "api calls saved" in html

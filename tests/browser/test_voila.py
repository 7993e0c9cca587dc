"""The laboratory as a page of its own, without a notebook around it, through Voila."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.browser
pytest.importorskip("voila", reason="pages of their own need voila")

EXPLORER = """
import batchlab as bl
hub = bl.SimHub.sample()
hub = hub.subset([repository.full_name for repository in hub.repositories[:6]])
bl.StrategyExplorer(hub, ["adaptive", "parallel", "sequential"])
"""
CELL = """
import batchlab as bl
from batchlab.hub.world_spec import WorldSpec
hub = bl.SimHub(WorldSpec.generated(20, 300, 500).build(), "no-limits")
config = bl.BatchConfig(max_concurrent_requests=10, routes="blobs", default_strategy="parallel")
bl.LiveLab(hub, config=config, patterns=["**"], speed=2.0)
"""
# Voila's own template asks for two style sheets, and does without.
FONT_AWESOME = "fontawesome-free"


@pytest.fixture(scope="module")
def voila(serve: Callable[..., Any], write_notebook: Callable[..., None]) -> Any:
    server = serve("voila", ["{folder}", "--no-browser", "--Voila.ip=127.0.0.1", "--port={port}"])
    for name, cell in (("lab", CELL), ("explorer", EXPLORER)):
        write_notebook(server.notebooks / f"{name}.ipynb", [cell])
    return server


@pytest.fixture
def open_offline(voila: Any, new_page: Callable[[], Any]) -> Callable[[str], Any]:
    """Open one of the notebooks as a page that reaches nothing but its own server."""

    def opened(name: str) -> Any:
        shown = new_page()
        shown.page.route(lambda url: not url.startswith(voila.url), lambda route: route.abort())
        shown.open(voila, f"voila/render/{name}.ipynb")
        return shown

    return opened


def assert_clean(shown: Any) -> None:
    assert [url for url in shown.off_site if FONT_AWESOME not in url] == []
    assert [error for error in shown.errors if FONT_AWESOME not in error] == []


def test_a_laboratory_is_steered_offline(
    open_offline: Callable[[str], Any], screenshots: Callable[[Any, str], Path]
) -> None:
    shown = open_offline("lab")
    shown.find("start").click()
    shown.page.wait_for_selector(".batchlab-stop:not([disabled])")
    shown.press("field-max_concurrent_requests", "ArrowRight", 5)
    shown.page.wait_for_selector(".batchlab-config:has-text('max_concurrent_requests = 15')")
    shown.page.wait_for_selector(".batchlab-progress:has-text('of 6,000 files')")
    screenshots(shown.page, "voila")
    shown.find("stop").click()
    shown.page.wait_for_selector(".batchlab-start:not([disabled])")
    assert_clean(shown)


def test_an_explorer_runs_the_twin_again_offline(
    open_offline: Callable[[str], Any], screenshots: Callable[[Any, str], Path]
) -> None:
    shown = open_offline("explorer")
    shown.page.wait_for_selector(".batchlab-explorer-bound")
    before = shown.find("explorer-status").inner_text()
    shown.press("explorer-latency", "ArrowRight", 2)
    shown.page.wait_for_function(
        "before => { const now = document.querySelector('.batchlab-explorer-status').innerText;"
        " return now !== before && now.includes('The lower bound is') && !now.includes('more to run'); }",
        arg=before,
    )
    assert shown.readout("explorer-latency") == "5"
    screenshots(shown.page, "voila-explorer")
    assert_clean(shown)

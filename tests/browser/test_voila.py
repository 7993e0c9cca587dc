"""The laboratory as a page of its own, without a notebook around it, through Voila."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.browser
pytest.importorskip("voila", reason="pages of their own need voila")

CELL = """
import batchlab as bl
from batchlab.hub.world_spec import WorldSpec
hub = bl.SimHub(WorldSpec.generated(20, 300, 500).build(), "no-limits")
config = bl.BatchConfig(max_concurrent_requests=10, routes="blobs", default_strategy="parallel")
bl.LiveLab(hub, config=config, patterns=["**"], speed=2.0)
"""
# Voila's own template asks for two style sheets, and does without.
FONT_AWESOME = "fontawesome-free"


def test_a_laboratory_is_steered_offline(
    serve: Callable[..., Any],
    new_page: Callable[[], Any],
    write_notebook: Callable[..., None],
    screenshots: Callable[[Any, str], Path],
) -> None:
    server = serve("voila", ["{folder}", "--no-browser", "--Voila.ip=127.0.0.1", "--port={port}"])
    write_notebook(server.notebooks / "lab.ipynb", [CELL])
    shown = new_page()
    shown.page.route(lambda url: not url.startswith(server.url), lambda route: route.abort())
    shown.open(server, "voila/render/lab.ipynb")
    shown.find("start").click()
    shown.page.wait_for_selector(".batchlab-stop:not([disabled])")
    shown.press("field-max_concurrent_requests", "ArrowRight", 5)
    shown.page.wait_for_selector(".batchlab-config:has-text('max_concurrent_requests = 15')")
    shown.page.wait_for_selector(".batchlab-progress:has-text('of 6,000 files')")
    screenshots(shown.page, "voila")
    shown.find("stop").click()
    shown.page.wait_for_selector(".batchlab-start:not([disabled])")
    assert [url for url in shown.off_site if FONT_AWESOME not in url] == []
    assert [error for error in shown.errors if FONT_AWESOME not in error] == []

"""Cards in a browser without a network: they fit their page, their details unfold, and nothing is fetched."""

from __future__ import annotations

from typing import Any

import pytest

import batchlab as bl

pytestmark = pytest.mark.browser

PAGE = "<!doctype html><title>cards</title><style>:root{{color-scheme:{scheme}}} body{{margin:1em}}</style>{cards}"


@pytest.fixture(scope="module")
def cards() -> str:
    hub = bl.SimHub.sample()
    run = bl.scan(hub=hub)
    shown: list[Any] = [hub, hub.world, hub.scenario, run, run.metrics, run.config, bl.compare(hub, ["parallel"], [0])]
    return "".join(f"<p>{one._repr_html_()}</p>" for one in shown)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1000, 500])
def test_cards_fit_and_unfold(browser: Any, cards: str, scheme: str, width: int) -> None:
    context = browser.new_context(offline=True, viewport={"width": width, "height": 800})
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.set_content(PAGE.format(scheme=scheme, cards=cards))
    assert page.locator("details[open]").count() == 0
    for summary in page.locator("summary").all():
        summary.click()
    assert page.locator("details:not([open])").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert asked == []
    context.close()

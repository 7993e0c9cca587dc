"""A report in a browser without a network: nothing is fetched, tables sort, pictures are seen."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import batchlab as bl

pytestmark = pytest.mark.browser

PATIENCE = 30_000  # milliseconds
COLUMN = "table.sortable >> nth=0 >> tbody tr > :nth-child({})"


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    world = bl.World.build({"acme/app": {f"{n}/go.mod": b"module %d" % n for n in range(40)}, "acme/gone": {}})
    study = bl.compare(bl.SimHub(world), ["adaptive", "parallel", "sequential"], range(3))
    return bl.report(study, out=tmp_path_factory.mktemp("report") / "report.html", against=study).path


class Opened:
    """A page, what it complained of and what it asked for."""

    def __init__(self, browser: Any, file: Path, **options: Any) -> None:
        self.context = browser.new_context(offline=True, viewport={"width": 1280, "height": 1000}, **options)
        self.page = self.context.new_page()
        self.page.set_default_timeout(PATIENCE)
        self.complaints: list[str] = []
        self.requests: list[str] = []
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.goto(file.as_uri())

    def column(self, number: int) -> list[str]:
        return [text.strip() for text in self.page.locator(COLUMN.format(number)).all_inner_texts()]


@pytest.fixture
def opened(browser: Any, report: Path) -> Iterator[Callable[..., Opened]]:
    pages: list[Opened] = []

    def open_report(**options: Any) -> Opened:
        pages.append(Opened(browser, report, **options))
        return pages[-1]

    yield open_report
    for page in pages:
        page.context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_opens_offline_without_a_complaint_or_a_request(
    opened: Callable[..., Opened], report: Path, screenshots: Callable[[Any, str], Path], scheme: str
) -> None:
    shown = opened(color_scheme=scheme)
    shown.page.evaluate("window.scrollTo(0, document.body.scrollHeight)")
    assert [url for url in shown.requests if not url.startswith("data:")] == [report.as_uri()]
    assert shown.complaints == []
    shown.page.evaluate("window.scrollTo(0, 0)")
    assert screenshots(shown.page, f"report-{scheme}").stat().st_size > 10_000


def test_the_verdict_is_seen_first_and_every_picture_is_seen(opened: Callable[..., Opened]) -> None:
    page = opened().page
    verdict = page.locator(".verdict").bounding_box()
    assert verdict["y"] + verdict["height"] < 500
    pictures = page.locator("img")
    assert pictures.count() >= 6
    for picture in pictures.all():
        picture.scroll_into_view_if_needed()
        assert picture.evaluate("image => image.complete && image.naturalWidth") > 500
        assert picture.bounding_box()["width"] > 300
        assert len(picture.get_attribute("alt")) > 40


def test_a_table_is_sorted_by_mouse_and_by_keyboard(opened: Callable[..., Opened]) -> None:
    shown = opened()
    button = shown.page.locator("table.sortable >> nth=0 >> thead button")
    button.nth(1).click()
    rising = [float(text.replace(",", "")) for text in shown.column(2)]
    assert rising == sorted(rising)
    assert len(rising) == 3
    button.nth(1).focus()
    shown.page.keyboard.press("Enter")
    assert [float(text.replace(",", "")) for text in shown.column(2)] == rising[::-1]
    assert button.nth(1).locator("..").get_attribute("aria-sort") == "descending"
    button.nth(0).click()
    assert shown.column(1) == sorted(shown.column(1))


def test_without_scripts_everything_is_there(opened: Callable[..., Opened]) -> None:
    shown = opened(java_script_enabled=False)
    assert shown.page.locator("table.sortable").count() >= 6
    assert shown.page.locator("thead button").count() == 0
    assert shown.column(1) == ["adaptive", "parallel", "sequential"]
    shown.page.locator("summary h2", has_text="Settings").click()
    assert shown.page.get_by_text("max_concurrent_requests").first.is_visible()


def test_it_fits_a_telephone_and_paper(opened: Callable[..., Opened], tmp_path: Path) -> None:
    page = opened().page
    page.set_viewport_size({"width": 390, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.pdf(path=tmp_path / "report.pdf", format="A4")
    assert (tmp_path / "report.pdf").read_bytes().startswith(b"%PDF")

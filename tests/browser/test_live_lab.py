"""A laboratory in a browser: what a hand does to its controls, the hub's own books show."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.browser

# 6,000 calls of 0.2 s: two minutes of virtual time at ten in flight.
CELL = """
import batchlab as bl
from batchlab.hub.world_spec import WorldSpec
hub = bl.SimHub(WorldSpec.generated(20, 300, 500).build(), "no-limits")
config = bl.BatchConfig(max_concurrent_requests=10, routes="blobs", default_strategy="parallel")
lab = bl.LiveLab(hub, config=config, patterns=["**"], speed=2.0)
lab
"""
SMALL = """
import batchlab as bl
import psutil
from batchlab.hub.world_spec import WorldSpec
hub = bl.SimHub(WorldSpec.generated(4, 20, 500).build(), "no-limits")
lab = bl.LiveLab(hub, config=bl.BatchConfig(default_strategy="sequential"), patterns=["**"], speed=float("inf"))
lab
"""
IN_FLIGHT = "print(lab.hub.books.in_flight)"
CALLS = "print(lab.hub.books.total_calls)"
SETTING = "field-max_concurrent_requests"


@pytest.fixture
def laboratory(open_notebook: Callable[..., Any]) -> Any:
    notebook = open_notebook([CELL], ".batchlab-lab")
    notebook.find("start").click()
    return notebook


def test_calls_in_flight_follow_the_slider_up_and_down(
    laboratory: Any, wait_until: Callable[..., Any], screenshots: Callable[[Any, str], Path]
) -> None:
    def in_flight() -> int:
        return int(laboratory.python(IN_FLIGHT))

    wait_until(lambda: in_flight() == 10, "ten in flight")
    laboratory.press(SETTING, "ArrowRight", 20)
    wait_until(lambda: in_flight() == 30, "thirty in flight")
    laboratory.page.wait_for_timeout(1000)  # for a picture of it
    screenshots(laboratory.page, "lab-up")
    laboratory.press(SETTING, "ArrowLeft", 26)
    wait_until(lambda: in_flight() == 4, "four in flight")
    assert all(in_flight() <= 4 for _ in range(20))
    laboratory.page.wait_for_timeout(1000)
    screenshots(laboratory.page, "lab-down")
    laboratory.assert_clean()


def test_pause_holds_calls_back_resume_goes_on_and_stop_keeps_what_came(
    laboratory: Any, wait_until: Callable[..., Any], screenshots: Callable[[Any, str], Path]
) -> None:
    def calls() -> int:
        return int(laboratory.python(CALLS))

    wait_until(lambda: calls() > 50, "calls")
    laboratory.find("pause").click()
    wait_until(lambda: laboratory.python(IN_FLIGHT) == "0", "nothing in flight")
    held = calls()
    laboratory.page.wait_for_timeout(1000)
    assert calls() == held
    screenshots(laboratory.page, "lab-paused")
    laboratory.find("resume").click()
    wait_until(lambda: calls() > held + 20, "calls again")
    laboratory.find("stop").click()
    laboratory.page.wait_for_selector(".batchlab-start:not([disabled])")
    delivered, asked, interrupted = laboratory.python(
        "run = lab.wait(60); print((run.files.status == 'delivered').sum(), len(run.files), run.interrupted)"
    ).split()
    assert 0 < int(delivered) < int(asked)
    assert interrupted == "True"
    screenshots(laboratory.page, "lab-stopped")
    laboratory.assert_clean()


def test_a_page_that_is_loaded_again_finds_the_run_going_on_and_steers_it(
    laboratory: Any, wait_until: Callable[..., Any], screenshots: Callable[[Any, str], Path]
) -> None:
    wait_until(lambda: laboratory.python(IN_FLIGHT) == "10", "ten in flight")
    laboratory.reload()
    laboratory.page.wait_for_selector(".batchlab-lab")
    laboratory.press(SETTING, "ArrowRight", 5)
    wait_until(lambda: laboratory.python(IN_FLIGHT) == "15", "fifteen in flight")
    laboratory.find("stop").click()
    laboratory.page.wait_for_selector(".batchlab-start:not([disabled])")
    screenshots(laboratory.page, "lab-reloaded")
    laboratory.assert_clean()


def test_opportunities_come_by_themselves_and_are_applied(
    open_notebook: Callable[..., Any], screenshots: Callable[[Any, str], Path]
) -> None:
    notebook = open_notebook([SMALL], ".batchlab-lab")
    notebook.find("start").click()
    notebook.page.wait_for_selector(".batchlab-opportunities:has-text('looking for them')")
    assert notebook.python("print('at once')") == "at once"
    notebook.page.wait_for_selector(".batchlab-apply:not([disabled])")
    screenshots(notebook.page, "lab-opportunities")
    notebook.assert_fits("lab")
    notebook.find("apply").click()
    notebook.page.wait_for_selector(".batchlab-runs:has-text('quickest')")
    first, second = notebook.python("lab.wait(60); print(*(run.makespan for run in lab.runs))").split()
    assert float(second) < float(first)
    assert notebook.python("lab.close(); print([child.name() for child in psutil.Process().children()])") == "[]"
    notebook.assert_clean()


def test_a_kernel_that_is_restarted_leaves_the_trace_and_the_cell_makes_a_laboratory_again(
    open_notebook: Callable[..., Any], screenshots: Callable[[Any, str], Path]
) -> None:
    notebook = open_notebook([SMALL], ".batchlab-lab")
    notebook.find("start").click()
    trace = notebook.page.get_by_text("Trace of the laboratory: sequential on generated: 80 delivered")
    trace.wait_for()
    notebook.restart_kernel()
    trace.click()
    assert notebook.page.locator("details img[src^='data:image/png']").first.is_visible()
    screenshots(notebook.page, "lab-restarted")
    notebook.run_all()
    notebook.page.wait_for_selector(".batchlab-lab .batchlab-stop[disabled]")
    notebook.find("start").click()
    notebook.page.wait_for_selector(".batchlab-runs:has-text('quickest')")
    notebook.python("lab.close()")


def test_a_setting_that_is_refused_is_said_and_the_slider_goes_back(laboratory: Any) -> None:
    laboratory.page.get_by_role("tab", name="batch sizes").click()
    laboratory.type_value("field-default_batch_size", 90)
    laboratory.page.wait_for_selector(".batchlab-error:has-text('default_batch_size (90) exceeds max_batch_size (50)')")
    laboratory.page.wait_for_function(
        "() => document.querySelector('.batchlab-field-default_batch_size .widget-readout').textContent === '10'"
    )
    laboratory.find("stop").click()
    laboratory.page.wait_for_selector(".batchlab-start:not([disabled])")
    laboratory.assert_clean()

from __future__ import annotations

import asyncio
import io
import subprocess
import sys
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchlab.batch_progress_monitor import BatchProgressMonitor, Progress, ProgressBar
from batchlab.errors import InputError


class Watched:
    """A monitor on a clock of the test's own, and everything it showed."""

    def __init__(self) -> None:
        self.now = 100.0
        self.shown: list[Progress] = []
        self.monitor = BatchProgressMonitor(self.shown.append, now=lambda: self.now)

    @property
    def last(self) -> Progress:
        return self.shown[-1]


@pytest.fixture
def watched() -> Watched:
    return Watched()


def test_the_documented_calls_are_shown_in_order(watched: Watched) -> None:
    watched.monitor.start_monitoring()
    watched.monitor.update_progress(completed=50, total=200, current_batch_size=10, eta_seconds=120)
    watched.monitor.stop_monitoring()
    assert watched.shown == [
        Progress(),
        Progress(50, 200, 10, 0.0, 120),
        Progress(50, 200, finished=True),
    ]


def test_the_snapshot_is_what_was_shown_last(watched: Watched) -> None:
    assert watched.monitor.snapshot == Progress()
    watched.monitor.update_progress(3, 10)
    assert watched.monitor.snapshot is watched.last


@pytest.mark.parametrize(
    ("completed", "budget", "eta"),
    [(50, None, 30.0), (50, 20.0, 30.0), (50, 120.0, 120.0), (0, 120.0, 120.0), (0, None, None), (200, None, 0.0)],
)
def test_the_later_of_count_and_budget_is_the_time_to_the_end(
    watched: Watched, completed: int, budget: float | None, eta: float | None
) -> None:
    watched.monitor.start_monitoring(total=200)
    watched.now += 10.0
    watched.monitor.update_progress(completed, eta_seconds=budget)
    assert watched.last.eta == eta


def test_while_the_total_is_unknown_only_the_budget_foretells_the_end(watched: Watched) -> None:
    watched.monitor.update_progress(5, eta_seconds=7.0)
    assert (watched.last.total, watched.last.eta) == (None, 7.0)


def test_a_total_told_once_is_remembered_and_may_grow(watched: Watched) -> None:
    watched.monitor.start_monitoring(total=10)
    watched.monitor.update_progress(5)
    watched.monitor.update_progress(5, total=20)
    assert [progress.total for progress in watched.shown] == [10, 10, 20]


def test_waiting_and_its_reason_are_told_until_they_end(watched: Watched) -> None:
    watched.monitor.update_progress(5, 10, waiting="core budget, 35 s")
    assert "waiting: core budget, 35 s" in watched.last.status
    watched.monitor.update_progress(5, 10)
    assert "waiting" not in watched.last.status


def test_starting_again_ends_what_ran_and_counts_from_nothing(watched: Watched) -> None:
    watched.monitor.update_progress(5, 10)
    watched.now += 60.0
    watched.monitor.start_monitoring(total=4)
    assert [progress.finished for progress in watched.shown] == [False, False, True, False]
    assert watched.last == Progress(total=4)


def test_stopping_twice_or_unstarted_shows_nothing_more(watched: Watched) -> None:
    watched.monitor.stop_monitoring()
    assert watched.shown == []
    watched.monitor.start_monitoring()
    watched.monitor.stop_monitoring()
    watched.monitor.stop_monitoring()
    assert [progress.finished for progress in watched.shown] == [False, True]


@pytest.mark.parametrize(("completed", "total"), [(-1, 10), (11, 10), (-1, None)])
def test_a_count_outside_the_total_is_refused(watched: Watched, completed: int, total: int | None) -> None:
    with pytest.raises(InputError, match=f"completed={completed} of {total} files"):
        watched.monitor.update_progress(completed, total)


@given(st.lists(st.tuples(st.integers(0, 50), st.floats(0.0, 1e4), st.none() | st.floats(0.0, 1e5))))
def test_a_foretold_end_is_never_in_the_past_nor_before_the_budgets(
    updates: list[tuple[int, float, float | None]],
) -> None:
    watched = Watched()
    watched.monitor.start_monitoring(total=50)
    for completed, pause, budget in updates:
        watched.now += pause
        watched.monitor.update_progress(completed, eta_seconds=budget)
        if watched.last.eta is not None:
            assert watched.last.eta >= (budget or 0.0)


def test_words_for_people() -> None:
    assert Progress(50, 200, 10, 30.0, 3725.0).status == "0:30, 1:02:05 left, 10 a batch"
    assert Progress(200, 200, elapsed=80.0).summary == "200 of 200 files in 1:20, 2.5 files/s"
    assert Progress(7, None).summary == "7 files in 0:00"


def test_the_running_loops_clock_is_used_where_there_is_one() -> None:
    shown: list[Progress] = []

    async def run() -> None:
        monitor = BatchProgressMonitor(shown.append)
        monitor.start_monitoring(total=1)
        await asyncio.sleep(0.0)
        monitor.update_progress(1)

    asyncio.run(run())
    assert 0.0 <= shown[-1].elapsed < 60.0


def _bar(file: io.StringIO) -> BatchProgressMonitor:
    return BatchProgressMonitor(ProgressBar(file), now=lambda: 0.0)


def test_the_bar_tells_the_reason_for_waiting_at_once() -> None:
    file = io.StringIO()
    monitor = _bar(file)
    monitor.start_monitoring()
    monitor.update_progress(50, 200, waiting="core budget, 35 s")
    assert "50/200" in file.getvalue()
    assert file.getvalue().endswith("waiting: core budget, 35 s]")
    monitor.stop_monitoring()


def test_the_bar_leaves_one_static_line_behind() -> None:
    file = io.StringIO()
    monitor = _bar(file)
    monitor.start_monitoring(total=200)
    for completed in range(0, 201, 50):
        monitor.update_progress(completed)
    monitor.stop_monitoring()
    screen = [line.split("\r")[-1] for line in file.getvalue().split("\n")]
    assert screen == ["200 of 200 files in 0:00", ""]


def test_a_bar_serves_one_run_after_another() -> None:
    file = io.StringIO()
    monitor = _bar(file)
    for total in (1, 2):
        monitor.start_monitoring(total=total)
        monitor.update_progress(total)
        monitor.stop_monitoring()
    assert file.getvalue().count("\n") == 2


def test_without_a_sink_nothing_is_printed_where_nobody_watches(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stderr", SimpleNamespace(isatty=lambda: False))
    monitor = BatchProgressMonitor()
    monitor.start_monitoring(total=2)
    monitor.update_progress(2)
    monitor.stop_monitoring()
    assert capfd.readouterr() == ("", "")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_without_a_sink_a_terminal_shows_a_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monitor = BatchProgressMonitor()
    monitor.start_monitoring(total=2)
    monitor.update_progress(2)
    monitor.stop_monitoring()
    assert "2 of 2 files" in terminal.getvalue()


@pytest.mark.parametrize(("config", "seen"), [({"IPKernelApp": {}}, True), ({}, False)])
def test_without_a_sink_a_notebook_shows_a_bar_and_a_plain_ipython_pipe_does_not(
    monkeypatch: pytest.MonkeyPatch, config: dict[str, object], seen: bool
) -> None:
    shell = SimpleNamespace(config=config)
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: shell))  # type: ignore[arg-type]
    monitor = BatchProgressMonitor()
    monkeypatch.setattr(ProgressBar, "__call__", lambda self, progress: shown.append(progress))
    shown: list[Progress] = []
    monitor.update_progress(1, 2)
    assert bool(shown) is seen


def test_tqdm_is_imported_only_when_a_bar_is_drawn() -> None:
    program = "import sys, batchlab.batch_progress_monitor as m; m.BatchProgressMonitor(); print('tqdm' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"

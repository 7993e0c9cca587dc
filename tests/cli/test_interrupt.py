"""Ctrl-C in the middle: what was read is saved and marked, and the exit code is 130."""

from __future__ import annotations

import json
import os
import pty
import select
import signal
import subprocess
import termios
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pandas as pd

from batchlab.hub.loopback import LoopbackHub

Process = Callable[..., subprocess.Popen[bytes]]
PATIENCE = 60.0  # seconds


def _until(condition: Callable[[], bool]) -> None:
    pause = threading.Event()
    for _ in range(int(PATIENCE / 0.02)):
        if condition():
            return
        pause.wait(0.02)
    raise AssertionError(f"not met within {PATIENCE:g} s")


@contextmanager
def _terminal() -> Iterator[tuple[int, int]]:
    """Return the two ends of a terminal of a hundred columns."""
    ends = pty.openpty()
    termios.tcsetwinsize(ends[1], (25, 100))
    try:
        yield ends
    finally:
        for end in ends:
            os.close(end)


def _shows(terminal: int, text: bytes) -> None:
    shown = b""
    while text not in shown:
        readable, _, _ = select.select([terminal], [], [], PATIENCE)
        assert readable, f"nothing more is shown after {shown!r}"
        shown += os.read(terminal, 1024)


def _interrupt(process: subprocess.Popen[bytes]) -> tuple[str, str]:
    os.killpg(process.pid, signal.SIGINT)
    stdout, stderr = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130, stderr
    return stdout.decode(), (stderr or b"").decode()


def test_an_interrupted_scan_saves_what_it_read_and_says_so(process: Process, real: LoopbackHub) -> None:
    scan = process("scan", "other/many", "--strategy", "sequential", "--out", "kept")
    _until(lambda: real.books()["total_calls"] >= 10)
    stdout, stderr = _interrupt(scan)
    assert "Interrupted" in stdout
    assert stderr == ""
    assert json.loads(Path("kept/run.json").read_text())["interrupted"] is True
    results = pd.read_parquet("kept/results.parquet")
    assert len(results) == 300
    assert results["status"].value_counts()["delivered"] >= 8
    assert set(results.loc[results["status"] == "failed", "error_category"]) == {"cancelled"}
    assert len(list(Path("kept/files").rglob("go.mod"))) == (results["status"] == "delivered").sum()


def test_an_interrupted_comparison_keeps_the_runs_that_had_ended_and_the_one_under_way(
    process: Process, real: LoopbackHub
) -> None:
    arguments = ("acme/app", "other/many", "--yes", "--strategies", "parallel,sequential", "--json", "--out", "kept")
    compare = process("compare", *arguments)
    _until(lambda: real.books()["calls"].get("tree 200", 0) == 2 * 2)  # both trees, by both strategies
    stdout, _ = _interrupt(compare)
    document = json.loads(stdout)
    assert document["interrupted"] is True
    assert [arm["strategy"] for arm in document["table"]] == ["parallel"]
    assert json.loads(Path("kept/study.json").read_text())["interrupted"] is True
    assert json.loads(Path("kept/runs/sequential/run.json").read_text())["interrupted"] is True
    assert json.loads(Path("kept/runs/parallel/run.json").read_text())["interrupted"] is False


def test_virtual_time_is_interrupted_as_well_and_shows_its_progress_on_a_terminal(
    process: Process,
) -> None:
    with _terminal() as (ours, theirs):
        compare = process("compare", "--seeds", 10_000, "--out", "kept", stderr=theirs)
        _shows(ours, b"sequential, seed 2:")
        stdout, _ = _interrupt(compare)
    assert "Interrupted; of the runs that had ended: sequential needs" in stdout
    assert json.loads(Path("kept/study.json").read_text())["interrupted"] is True


def test_a_scan_over_loopback_can_be_interrupted(process: Process) -> None:
    with _terminal() as (ours, theirs):
        scan = process("scan", "--loopback", "--strategy", "sequential", "--out", "kept", stderr=theirs)
        _shows(ours, b"sequential, seed 0:")
        stdout, _ = _interrupt(scan)
    assert "Interrupted" in stdout
    assert json.loads(Path("kept/run.json").read_text())["interrupted"] is True

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from batchlab.cli import lab
from batchlab.package_data import notebooks_folder

Run = Callable[..., Result]
PATIENCE = 120.0


class Launcher:
    """Stands in for JupyterLab: notes how it was started, and ends as it is told to."""

    def __init__(self, ends: Callable[[], int]) -> None:
        self.orders: list[tuple[list[str], Path]] = []
        self.ended = False
        self._ends = ends

    def __call__(self, order: list[str], cwd: Path, **_: Any) -> Launcher:
        self.orders.append((order, cwd))
        return self

    def wait(self, timeout: float | None = None) -> int:
        return 0 if self.ended else self._ends()

    def terminate(self) -> None:
        self.ended = True


def _interrupt() -> int:
    raise KeyboardInterrupt


@pytest.fixture
def launcher(monkeypatch: pytest.MonkeyPatch) -> Launcher:
    stub = Launcher(_interrupt)
    monkeypatch.setattr(lab.subprocess, "Popen", stub)
    return stub


def test_the_notebooks_are_copied_and_opened(batchlab: Run, launcher: Launcher) -> None:
    result = batchlab("lab", "mine", "--no-browser", "--port", 9999, "--", "--debug")
    assert result.exit_code == 0
    assert result.stdout.endswith("Stopped.\n")
    assert launcher.ended
    assert launcher.orders == [
        (
            [
                sys.executable,
                "-m",
                "jupyterlab",
                "--ServerApp.answer_yes=True",
                "--no-browser",
                "--port=9999",
                "--debug",
            ],
            Path("mine"),
        ),
    ]
    names = {path.name for path in notebooks_folder().glob("*.ipynb")}
    assert {path.name for path in Path("mine").iterdir()} == names


def test_what_is_there_already_stays_as_it_is(batchlab: Run, launcher: Launcher) -> None:
    first = min(notebooks_folder().glob("*.ipynb")).name
    Path("mine").mkdir()
    (Path("mine") / first).write_text("mine")
    result = batchlab("lab", "mine")
    assert "left as they are: 1." in result.stdout
    assert (Path("mine") / first).read_text() == "mine"
    assert launcher.orders[0][0][4:] == []


def test_a_server_that_fails_tells_by_its_exit_code(batchlab: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lab.subprocess, "Popen", Launcher(lambda: 1))
    assert batchlab("lab").exit_code == 1


def test_without_jupyterlab_the_extra_is_named(batchlab: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lab, "find_spec", lambda _: None)
    result = batchlab("lab")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "pip install 'batchlab[notebook]'" in result.stderr
    assert list(Path().iterdir()) == []


def test_a_file_in_the_way_is_told(batchlab: Run, launcher: Launcher) -> None:
    Path("mine").touch()
    result = batchlab("lab", "mine")
    assert result.exit_code == 2
    assert "notebooks cannot be copied to mine" in result.stderr


def test_a_real_jupyterlab_answers_and_ends_at_ctrl_c(process: Callable[..., subprocess.Popen[bytes]]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    with Path("log").open("wb") as log:
        started = process("lab", "mine", "--no-browser", "--port", port, "--", "--allow-root", stderr=log)
    try:
        _wait_for_answer(port, started)
        os.killpg(started.pid, signal.SIGINT)
        stdout, _ = started.communicate(timeout=PATIENCE)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(started.pid, signal.SIGKILL)
    assert (started.returncode, stdout.splitlines()[-1]) == (0, b"Stopped."), Path("log").read_text()


def _wait_for_answer(port: int, started: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + PATIENCE
    while True:
        assert started.poll() is None, Path("log").read_text()
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/login", timeout=PATIENCE).close()
        except (urllib.error.URLError, ConnectionError):
            assert time.monotonic() < end, Path("log").read_text()
            time.sleep(0.2)
        else:
            return

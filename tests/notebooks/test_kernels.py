"""Real kernels: no cell that is queued behind another is lost, as by Run All, and a slider reaches a run under way.

The kernel is that of this environment; BATCHLAB_KERNELS names others, see ``kernel_environment.py``.
"""

from __future__ import annotations

import os
import queue
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

pytest.importorskip("ipykernel", reason="kernels need the extra notebook")

from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import KernelManager

PATIENCE = 60.0
PYTHONS = os.environ.get("BATCHLAB_KERNELS", sys.executable).split(os.pathsep)
BENCHMARK = Path(__file__).parents[1] / "benchmarks" / "kernel_latency.py"
every_kernel = pytest.mark.parametrize("python", PYTHONS, ids=lambda python: Path(python).parents[1].name)

HUB = """
import asyncio
import batchlab as bl
from batchlab.hub.world import World
hub = bl.SimHub(World.build({"acme/app": {"go.mod": b"module acme"}}), "no-limits")
"""
COROUTINE = """
async def read():
    return await bl.start(hub=hub)
"""


@contextmanager
def _kernel_of(python: str) -> Iterator[BlockingKernelClient]:
    manager = KernelManager(kernel_name="python3")
    manager.kernel_spec.argv[0] = python
    manager.start_kernel()
    client = manager.client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=PATIENCE)
        yield client
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
        manager.cleanup_resources()


@pytest.fixture(scope="module", params=PYTHONS, ids=lambda python: Path(python).parents[1].name)
def kernel(request: pytest.FixtureRequest) -> Iterator[BlockingKernelClient]:
    """One kernel for all cells that leave it as it was."""
    with _kernel_of(request.param) as client:
        yield client


def _printed(kernel: BlockingKernelClient, cells: Sequence[str]) -> str:
    """Send all cells at once; return what they printed once the last one has answered, or what went wrong."""
    sent = [kernel.execute(cell) for cell in cells]
    answers = dict.fromkeys(sent, "no answer")
    try:
        while "no answer" in answers.values():
            reply = kernel.get_shell_msg(timeout=PATIENCE)
            if (asked := reply["parent_header"]["msg_id"]) in answers:  # not to "are you there?", asked at the start
                answers[asked] = reply["content"]["status"]
    except queue.Empty:
        pass
    assert list(answers.values()) == ["ok"] * len(cells)
    return _output(kernel, sent[-1])


def _output(kernel: BlockingKernelClient, last: str) -> str:
    text = []
    while True:
        message = kernel.get_iopub_msg(timeout=PATIENCE)
        if message["msg_type"] == "stream":
            text.append(message["content"]["text"])
        idle = message["msg_type"] == "status" and message["content"]["execution_state"] == "idle"
        if idle and message["parent_header"].get("msg_id") == last:
            return "".join(text)


@pytest.mark.parametrize(
    "reading",
    [
        pytest.param("run = bl.scan(hub=hub)", id="scan"),
        pytest.param("run = bl.start(hub=hub).result()", id="start"),
        pytest.param("run = await bl.start(hub=hub)", id="top-level await"),
        pytest.param(COROUTINE + "run = await read()", id="await of a coroutine"),
    ],
)
def test_cells_queued_behind_a_reading_all_run(kernel: BlockingKernelClient, reading: str) -> None:
    _assert_all_run(kernel, reading)


@every_kernel
def test_cells_queued_behind_asyncio_run_all_run_once_nested_asyncio_is_enabled(python: str) -> None:
    with _kernel_of(python) as kernel:
        _assert_all_run(kernel, COROUTINE + "bl.enable_nested_asyncio()\nrun = asyncio.run(read())")


def _assert_all_run(kernel: BlockingKernelClient, reading: str) -> None:
    behind = ["print('second')", "print(len(run.files), 'file')", "print('last')"]
    assert _printed(kernel, [HUB + reading, *behind]) == "second\n1 file\nlast\n"


def test_asyncio_run_in_a_cell_is_refused_unless_it_was_enabled(kernel: BlockingKernelClient) -> None:
    cell = (
        HUB + COROUTINE + "coroutine = read()\ntry:\n    asyncio.run(coroutine)\n"
        "except RuntimeError as error:\n    print(error)\nfinally:\n    coroutine.close()"
    )
    assert "cannot be called from a running event loop" in _printed(kernel, [cell])


def test_a_picture_is_shown_once_with_or_without_the_inline_backend(kernel: BlockingKernelClient) -> None:
    for magic in ("", "%matplotlib inline\n"):
        sent = kernel.execute(f"{magic}{HUB}bl.plot_ecdf(bl.scan(hub=hub))")
        shown = []
        while True:
            message = kernel.get_iopub_msg(timeout=PATIENCE)
            if message["parent_header"].get("msg_id") != sent:
                continue
            if "data" in message["content"]:
                shown.append(message["content"])
            if message["msg_type"] == "status" and message["content"]["execution_state"] == "idle":
                break
        assert ["image/png" in content["data"] for content in shown] == [True]
        assert shown[0]["metadata"]["image/png"]["alt"].startswith("Distribution of the service time")


@every_kernel
def test_a_slider_reaches_a_run_under_way(python: str) -> None:
    done = subprocess.run(
        [sys.executable, BENCHMARK, "--events", "1", python], capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "slowest of 1" in done.stdout

"""How long a slider takes to reach a run under way: from the event to the first call under the new limit.

Run ``python tests/benchmarks/kernel_latency.py [--events N] [PYTHON ...]``, a line a kernel and channel; this Python's
kernel unless others are named, such as those that ``tests/notebooks/kernel_environment.py`` makes. An event is the
message that JupyterLab sends when a hand moves a slider, and the panel waits 0.1 s for a further one; kernels with
subshells are asked on the main shell and on a subshell, which is JupyterLab's default. Meanwhile a `LiveLab` reads,
five times as fast as time, and redraws. Exits with 1 if an event took no effect within a minute.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import KernelManager

PATIENCE = 60.0
RUN = """
import threading, time
import ipykernel
import batchlab as bl
from batchlab.hub.world_spec import WorldSpec

hub = bl.SimHub(WorldSpec.generated(40, 2000, 100).build(), "no-limits")
config = bl.BatchConfig(max_concurrent_requests=10, routes="blobs", default_strategy="parallel")
lab, panel = bl.LiveLab(hub, config=config, patterns=["**"], speed=5.0), bl.ConfigPanel(config)
lab.start()
since = {}

def watch(calls):
    seen = 0
    while lab.running:
        for call in calls[seen:]:
            since.setdefault(call.limit, time.time())
            seen += 1
        time.sleep(0.002)

threading.Thread(target=watch, args=(lab.handle.trace.calls,), daemon=True).start()
print(panel.controls["max_concurrent_requests"].widget.model_id, ipykernel.__version__)
"""


@contextmanager
def kernel_of(python: str) -> Iterator[BlockingKernelClient]:
    """Start a kernel of this Python."""
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


def printed(client: BlockingKernelClient, code: str) -> str:
    """Run code in the kernel and return what it printed."""
    text: list[str] = []

    def hear(message: Any) -> None:
        if message["msg_type"] == "stream":
            text.append(message["content"]["text"])

    reply = client.execute_interactive(code, timeout=PATIENCE, store_history=False, output_hook=hear)
    if reply["content"]["status"] != "ok":
        raise click.ClickException("\n".join(reply["content"]["traceback"]))
    return "".join(text).strip()


def subshell_of(client: BlockingKernelClient) -> str | None:
    """Return a new subshell's name, or None where the kernel has no such thing."""
    message = client.session.msg("create_subshell_request", {})
    client.control_channel.send(message)
    end = time.monotonic() + 2.0
    while time.monotonic() < end:
        if client.control_channel.msg_ready():
            reply = client.control_channel.get_msg(timeout=1.0)
            if reply["parent_header"].get("msg_id") == message["header"]["msg_id"]:
                return str(reply["content"]["subshell_id"]) if "subshell_id" in reply["content"] else None
        time.sleep(0.02)
    return None


def move(client: BlockingKernelClient, slider: str, value: int, subshell: str | None) -> None:
    """Send what a browser sends when a slider is moved."""
    data = {"method": "update", "state": {"value": value}, "buffer_paths": []}
    message = client.session.msg("comm_msg", {"comm_id": slider, "data": data})
    if subshell is not None:
        message["header"]["subshell_id"] = subshell
    client.shell_channel.send(message)


def seconds(client: BlockingKernelClient, slider: str, value: int, subshell: str | None) -> float:
    """Move the slider and return the seconds until the first call under the new limit; infinite for never."""
    begun = time.time()
    move(client, slider, value, subshell)
    while time.time() < begun + PATIENCE:
        time.sleep(0.8)  # asking more often would disturb what is measured
        first = printed(client, f"print(since.get({value}, 0))")
        if float(first):
            return float(first) - begun
    return float("inf")


def measured(python: str, events: int) -> Iterator[tuple[str, list[float]]]:
    """Yield a kernel's name and its seconds, a channel a time."""
    with kernel_of(python) as client:
        slider, version = printed(client, RUN).split()
        limits = iter(range(11, 100))
        for place, subshell in (("main shell", None), ("subshell", subshell_of(client))):
            if place == "main shell" or subshell is not None:
                spans = [seconds(client, slider, next(limits), subshell) for _ in range(events)]
                yield f"ipykernel {version}, {place}", spans
        assert printed(client, "print(lab.running); lab.close(); panel.close()") == "True", "the run ended too early"


@click.command()
@click.option("--events", default=20, show_default=True, type=click.IntRange(1, 40), help="Moves on each channel.")
@click.argument("pythons", nargs=-1)
def main(pythons: tuple[str, ...], events: int) -> None:
    """Print median and slowest of each kernel and channel."""
    lost = False
    for python in pythons or (sys.executable,):
        for name, spans in measured(python, events):
            slowest = max(spans)
            lost |= slowest == float("inf")
            click.echo(f"{name}: median {statistics.median(spans):.3f} s, slowest of {len(spans)} {slowest:.3f} s")
    sys.exit(int(lost))


if __name__ == "__main__":
    main()

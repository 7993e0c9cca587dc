"""What the live plot costs: pictures a second while calls pass as fast as they can, and the throughput that it takes.

``python tests/benchmarks/live_plot.py [FILES]``. One run in virtual time at infinite speed, where the engine takes all
the computing there is. Stretches with the laboratory's watch and stretches without take turns within that run; the cost
is one less the ratio of their calls a second. Seconds are those of the process's CPU, and so is the time
between two pictures: what else the machine does then touches neither side. On an idle one they pass like those of the
wall. There is no browser.
"""

from __future__ import annotations

import os
import statistics
import sys
import time
from collections.abc import Callable

from batchlab import BatchConfig, SimHub, World, start
from batchlab.batch_progress_monitor import Progress
from batchlab.hub.world_spec import WorldSpec
from batchlab.runs import RunHandle
from batchlab.widgets.conditions import Conditions
from batchlab.widgets.config_panel import ConfigPanel
from batchlab.widgets.live_view import LiveView
from batchlab.widgets.watch import Watch
from batchlab.widgets.watching import REDRAW

FILES = 40_000
REPOSITORIES = 40
STRETCH = 0.6  # seconds


def world(files: int) -> World:
    """Return a world of small files, all different."""
    return WorldSpec.generated(REPOSITORIES, files // REPOSITORIES, 200).build()


def rate(handle: RunHandle, pass_time: Callable[[], None]) -> float:
    """Return the calls a CPU second while time is passed so."""
    calls, cpu = len(handle.trace.calls), time.process_time()
    pass_time()
    return (len(handle.trace.calls) - calls) / (time.process_time() - cpu)


def wait(handle: RunHandle, seconds: float) -> None:
    """Wait until the process has had so many seconds of CPU, or the run has ended."""
    end = time.process_time() + seconds
    while time.process_time() < end and not handle.wait(0.002):
        pass


def look(handle: RunHandle, watch: Watch, view: LiveView, drawn: list[float]) -> None:
    """Look as the laboratory does, for one stretch; add the seconds of each picture."""
    end = time.process_time() + STRETCH
    while time.process_time() < end and not handle.done():
        begun, computed = time.process_time(), time.thread_time()
        watch.show(view, Progress())
        drawn.append(time.thread_time() - computed)
        wait(handle, max(REDRAW / 4, REDRAW - (time.process_time() - begun)))


def main(files: int) -> None:
    """Print the figures."""
    hub = SimHub(world(files), "no-limits")
    config = BatchConfig(max_concurrent_requests=64, max_concurrent_repos=8, routes="blobs")
    view = LiveView(Conditions(hub), ConfigPanel(config), 1.0, virtual=True)
    handle = start(hub=hub, strategy="parallel", config=config, sink=lambda progress: None, patterns=["**"])
    watch = Watch(handle, "parallel", hub.name)
    looked_at = 0.0  # CPU seconds
    drawn: list[float] = []
    ratios: list[float] = []
    unwatched: list[float] = []
    while not handle.done():
        # In this order a run that gets slower, or quicker, by and by does so for both sides.
        before = rate(handle, lambda: wait(handle, STRETCH))
        watched = [rate(handle, lambda: look(handle, watch, view, drawn)) for _ in range(2)]
        looked_at += 2 * STRETCH
        after = rate(handle, lambda: wait(handle, STRETCH))
        if handle.done():
            break
        ratios.append(sum(watched) / (before + after))
        unwatched.append((before + after) / 2)
    cost, pictures = 1.0 - statistics.median(ratios[1:]), len(drawn) / looked_at
    load = f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"
    print(f"{len(ratios) - 1} blocks of four stretches of {STRETCH:g} CPU s, {load}")
    print(
        f"calls a CPU second: {statistics.median(unwatched[1:]):,.0f}; the plot costs {cost:.1%} (bar 15%), by block:"
    )
    print("  " + ", ".join(f"{1.0 - ratio:.1%}" for ratio in ratios[1:]))
    print(f"pictures a CPU second: {pictures:.1f} (bar 4), ", end="")
    print(f"each {1000 * statistics.median(drawn):.1f} ms, {1000 * statistics.mean(drawn):.1f} ms on average")
    handle.result()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else FILES)

"""What the live plot costs: pictures a second while calls pass as fast as they can, and the throughput that it takes.

``python tests/benchmarks/live_plot.py [FILES]``. One run in virtual time at infinite speed, where the engine takes all
the computing there is. Stretches with the laboratory's watch and stretches without take turns within that run, so that
a busy machine touches both alike; the cost is one less the ratio of the medians of calls a second. There is no browser.
Where other processes want the cores, too, two threads that take turns are hit harder than one: see the CPU figure then.
"""

from __future__ import annotations

import os
import statistics
import sys
import time
from collections.abc import Callable
from typing import NamedTuple

from batchlab import BatchConfig, SimHub, World, start
from batchlab.batch_progress_monitor import Progress
from batchlab.hub.world_spec import WorldSpec
from batchlab.runs import RunHandle
from batchlab.widgets.conditions import Conditions
from batchlab.widgets.config_panel import ConfigPanel
from batchlab.widgets.live_lab import REDRAW
from batchlab.widgets.live_view import LiveView
from batchlab.widgets.watch import Watch

FILES = 40_000
REPOSITORIES = 40
STRETCH = 1.0  # seconds of wall time


def world(files: int) -> World:
    """Return a world of small files, all different."""
    return WorldSpec.generated(REPOSITORIES, files // REPOSITORIES, 200).build()


class Stretch(NamedTuple):
    """Calls, seconds of wall time and CPU seconds of this process."""

    calls: int
    wall: float
    cpu: float


def stretch(handle: RunHandle, pass_time: Callable[[], None]) -> Stretch:
    """Return what went by while time was passed so."""
    calls, wall, cpu = len(handle.trace.calls), time.perf_counter(), time.process_time()
    pass_time()
    return Stretch(len(handle.trace.calls) - calls, time.perf_counter() - wall, time.process_time() - cpu)


def look(handle: RunHandle, watch: Watch, view: LiveView, drawn: list[float]) -> None:
    """Look as the laboratory does, for one stretch; add the CPU seconds of each picture."""
    end = time.perf_counter() + STRETCH
    while time.perf_counter() < end:
        looked, computed = time.perf_counter(), time.thread_time()
        watch.show(view, Progress())
        drawn.append(time.thread_time() - computed)
        handle.wait(max(REDRAW / 4, REDRAW - (time.perf_counter() - looked)))


def main(files: int) -> None:
    """Print the figures."""
    hub = SimHub(world(files), "no-limits")
    config = BatchConfig(max_concurrent_requests=64, max_concurrent_repos=8, routes="blobs")
    view = LiveView(Conditions(hub), ConfigPanel(config), 1.0, virtual=True)
    handle = start(hub=hub, strategy="parallel", config=config, sink=lambda progress: None, patterns=["**"])
    watch = Watch(handle, "parallel", hub.name)
    without: list[Stretch] = []
    watched: list[Stretch] = []
    drawn: list[float] = []
    while not handle.done():
        without.append(stretch(handle, lambda: handle.wait(STRETCH)))
        watched.append(stretch(handle, lambda: look(handle, watch, view, drawn)))
    without, watched = without[1:-1], watched[1:-1]  # the first is warm-up, the last is cut off by the end
    wall = [statistics.median(one.calls / one.wall for one in side) for side in (without, watched)]
    cpu = [statistics.median(one.calls / one.cpu for one in side) for side in (without, watched)]
    rate, cost = wall[1], 1.0 - wall[1] / wall[0]
    print(f"{len(watched)} pairs of stretches, load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    print(f"calls a second: {wall[0]:,.0f} unwatched, {rate:,.0f} watched: the plot costs {cost:.1%} (bar 15%)")
    print(f"calls a CPU second: {cpu[0]:,.0f} unwatched, {cpu[1]:,.0f} watched: {1 - cpu[1] / cpu[0]:.1%}")
    print(f"pictures a second: {len(drawn) / (len(watched) + 2) / STRETCH:.1f} (bar 4), ", end="")
    print(f"each {1000 * statistics.median(drawn):.1f} ms of CPU")
    handle.result()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else FILES)

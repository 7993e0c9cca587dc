"""Seconds to draw and paint each picture of a run of a million calls and files.

Run ``python tests/benchmarks/pictures.py [ROWS [FOLDER]]``; pictures are kept in the folder. The frames are those of a
small run, repeated over three hours of its time; decisions are 10,000.
"""

from __future__ import annotations

import dataclasses
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

import batchlab as bl
from batchlab import plots
from batchlab.runs import Run

HOURS = 3.0
DECISIONS = 10_000


def long_run(rows: int) -> Run:
    """Return a run of so many calls and files over three hours."""
    run = bl.scan(hub=bl.SimHub.sample(), strategy="adaptive")
    span = HOURS * 3600.0
    return dataclasses.replace(
        run,
        calls=_stretched(run.calls, rows, span, ["sent", "finished"]),
        results=_stretched(run.files, rows, span, ["queued", "started", "finished"]),
        timeline=_stretched(run.timeline, rows // 10, span, ["time"]),
        decisions=_stretched(run.decisions, DECISIONS, span, ["time"]),
        metrics=run.metrics.assign(makespan=span),
    )


def _stretched(frame: pd.DataFrame, rows: int, span: float, times: list[str]) -> pd.DataFrame:
    """Return the frame's rows over and over, each a little later than the one before, within the span."""
    repeated = frame.iloc[np.arange(rows) % len(frame)].reset_index(drop=True)
    last = frame[times].max(axis=None)
    shift = np.arange(rows) / rows * (span - last)
    first = frame[times[0]].to_numpy()[np.arange(rows) % len(frame)]
    return repeated.assign(**{name: repeated[name] - first + shift for name in times})


def main(rows: int) -> None:
    run = long_run(rows)
    draw = {
        "plot_timeline": plots.plot_timeline,
        "plot_ecdf": plots.plot_ecdf,
        "plot_ecdf completion": lambda run: plots.plot_ecdf(run, value="completion", complementary=True),
        "plot_waits": plots.plot_waits,
        "plot_budget": plots.plot_budget,
        "plot_decisions": plots.plot_decisions,
    }
    for name, plot in draw.items():
        begun = time.perf_counter()
        drawn = plot(run)
        picture = drawn.figure if isinstance(drawn, Axes) else drawn
        painted = picture.png()
        print(f"{name:24}{rows:>12,} rows {time.perf_counter() - begun:8.2f} s {len(painted):>10,} bytes")
        if len(sys.argv) > 2:
            (Path(sys.argv[2]) / f"{name.replace(' ', '-')}.png").write_bytes(painted)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)

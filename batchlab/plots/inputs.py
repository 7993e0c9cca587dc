"""What a plot is given: a run, a study, or runs by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from batchlab.errors import InputError
from batchlab.runs.run import Run
from batchlab.study.comparison import Study

Runs: TypeAlias = Run | Study | Mapping[str, Run]


def named_runs(given: Runs) -> dict[str, Run]:
    """Return the runs by name: those of a study by strategy, best first; a single one by its own.

    Raises
    ------
    InputError
        It is none of the three.
    """
    if isinstance(given, Run):
        return {given.strategy: given}
    if isinstance(given, Study):
        return {name: given.runs[name] for name in given.table["strategy"] if name in given.runs} or dict(given.runs)
    try:
        named = {str(name): run for name, run in given.items()}
    except AttributeError:
        raise InputError(
            f"cannot plot a {type(given).__name__}; give a run, a study, or a dictionary of runs by name"
        ) from None
    return named


def origin(run: Run) -> float:
    """Return the run's first instant on its own clock, in seconds."""
    instants = (run.calls["sent"].min(), run.timeline["time"].min(), run.results["queued"].min())
    known = [float(instant) for instant in instants if instant == instant]  # an empty frame's minimum is NaN
    return min(known, default=0.0)

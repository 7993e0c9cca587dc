"""A run in a row of numbers: for lists of runs, and for the document of a saved one."""

from __future__ import annotations

from typing import Any

from batchlab.runs.run import Run


def summary_of(run: Run) -> dict[str, Any]:
    """Return what a run came to.

    Returns
    -------
    dict
        ``makespan`` in seconds; ``files`` asked for, ``delivered`` and ``failed`` rows; ``calls``, ``points`` of all
        budgets, ``bytes`` of all answers, ``limit_hits``.

    Examples
    --------
    >>> from batchlab.hub.sim import SimHub
    >>> from batchlab.hub.world import World
    >>> from batchlab.runs import scan
    >>> run = scan(hub=SimHub(World.build({"acme/app": {"go.mod": b"module acme"}}), "no-limits"))
    >>> summary_of(run)["delivered"]
    1
    """
    status = run.results["status"].value_counts()
    return {
        "makespan": run.makespan,
        "files": len(run.files),
        "delivered": int(status.get("delivered", 0)),
        "failed": int(status.get("failed", 0)),
        "calls": len(run.calls),
        "points": int(run.calls["points"].sum()),
        "bytes": int(run.calls["bytes"].sum()),
        "limit_hits": int((run.calls["outcome"] == "limited").sum()),
    }

"""Compare runs that were made already, such as saved ones: the same table and verdict as a study's."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from batchlab.errors import InputError
from batchlab.runs.run import Run
from batchlab.study.comparison import Study, ranked, verdict
from batchlab.study.replication import replications_frame, row_of_run


def compare_runs(runs: Mapping[str, Run | Iterable[Run]]) -> Study:
    """Return a study of runs, by the names that you give them.

    Runs are paired by seed, so that two names with the seeds 0 to 9 each give a ratio with its interval.

    Parameters
    ----------
    runs
        A run, or runs under several seeds, by name.

    Returns
    -------
    Study
        With ``config`` and ``hub`` of the first run.

    Raises
    ------
    InputError
        There is no run, a name has a seed twice, no two share a seed, or they were asked for different files.

    Examples
    --------
    >>> from batchlab.hub.sim import SimHub
    >>> from batchlab.hub.world import World
    >>> from batchlab.runs import scan
    >>> hub = SimHub(World.build({"acme/app": {f"{i}/go.mod": b"module %d" % i for i in range(9)}}), "no-limits")
    >>> before, after = (scan(hub=hub, strategy=name) for name in ("sequential", "parallel"))
    >>> compare_runs({"before": before, "after": after}).table["strategy"].tolist()
    ['after', 'before']
    """
    named = {name: [given] if isinstance(given, Run) else list(given) for name, given in runs.items()}
    every = [run for arm in named.values() for run in arm]
    if not every or not all(named.values()):
        raise InputError("compare_runs needs a run for each name, such as {'before': run, 'after': another}")
    _require_same_work(every)
    for name, arm in named.items():
        _require_seeds(name, arm, named)
    replications = replications_frame([row_of_run(run, name) for name, arm in named.items() for run in arm])
    table = ranked(replications)
    firsts = {name: arm[0] for name, arm in named.items()}
    interrupted = any(run.interrupted for run in every)
    return Study(replications, table, verdict(table), firsts, every[0].hub, every[0].config, interrupted)


def _require_same_work(runs: list[Run]) -> None:
    for what in ("repositories", "patterns"):
        asked = {tuple(sorted(getattr(run, what))) for run in runs}
        if len(asked - {()}) > 1:  # runs of old say nothing of it
            sizes = " and ".join(str(len(one)) for one in sorted(asked, key=len))
            raise InputError(f"the runs were asked for different {what} ({sizes}); compare runs of the same work")


def _require_seeds(name: str, arm: list[Run], named: dict[str, list[Run]]) -> None:
    seeds = [run.seed for run in arm]
    if len(set(seeds)) < len(seeds):
        raise InputError(f"{name!r} has a seed twice among {seeds}; give each of its runs a seed of its own")
    for other, runs in named.items():
        if not set(seeds) & {run.seed for run in runs}:
            raise InputError(f"{name!r} and {other!r} have no seed in common; runs are paired by seed")

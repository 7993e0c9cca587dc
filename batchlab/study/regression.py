"""Hold a study against an earlier one: which arms have become slower, and whether that is shown."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from batchlab.errors import InputError
from batchlab.frames import Column, Schema
from batchlab.study.comparison import Study
from batchlab.study.statistics import paired_ratio, unpaired_ratio

REGRESSION = Schema(
    "regression",
    "A row an arm that both studies have, in the order of the newer one.",
    (
        Column("strategy", "string", "name of the arm"),
        Column("before", "float64", "makespan in the earlier study, median over seeds", "s"),
        Column("after", "float64", "makespan in the newer study, median over seeds", "s"),
        Column("ratio", "float64", "makespan after over before", "times"),
        Column("low", "float64", "lower end of its 95 % interval", "times", nullable=True),
        Column("high", "float64", "upper end of its 95 % interval", "times", nullable=True),
        Column("pairs", "int64", "seeds that both have, by which they are paired; 0: compared as groups", "seeds"),
        Column("files_before", "int64", "files asked for in the earlier study", "files"),
        Column("files_after", "int64", "files asked for in the newer study", "files"),
        Column("lost", "int64", "files that came before and no longer come", "files"),
        Column("verdict", "string", "one phrase"),
    ),
)


def regression(study: Study, baseline: Study) -> pd.DataFrame:
    """Return how the arms of a study have changed against an earlier one.

    Arms are matched by name; two studies of one arm each are matched whatever their names. Replications are paired by
    seed; where no seed is common, the groups are compared, which takes more of them to show the same.

    Parameters
    ----------
    study, baseline
        The newer and the earlier one.

    Returns
    -------
    pandas.DataFrame
        Columns of `REGRESSION`.

    Raises
    ------
    InputError
        They have no arm in common.
    """
    rows = [_row(name, ours, theirs) for name, ours, theirs in _matched(study, baseline)]
    return REGRESSION.frame({name: [row[name] for row in rows] for name in REGRESSION.names})


def exceeding(frame: pd.DataFrame, limit: float) -> pd.DataFrame:
    """Return the rows of arms that have regressed by more than a limit.

    An arm has, where the whole 95 % interval of its ratio lies above 1 + ``limit``; where there is a single pair of
    runs and no interval, the ratio itself; and always where it lost files.

    Parameters
    ----------
    frame
        Columns of `REGRESSION`.
    limit
        Share of the makespan, such as 0.1.
    """
    shown = frame["low"].fillna(frame["ratio"])
    return frame[(shown > 1.0 + limit) | (frame["lost"] > 0)]


def change_in_words(frame: pd.DataFrame) -> str:
    """Return one phrase on a frame of `REGRESSION`: the strategies that changed, or that none is shown to have."""
    unclear = frame["low"].isna() & (frame["ratio"] != 1.0)
    changed = frame[(frame["low"] > 1.0) | (frame["high"] < 1.0) | (frame["lost"] > 0) | unclear]
    told = [f"{name}: {verdict}" for name, verdict in zip(changed["strategy"], changed["verdict"], strict=True)]
    same = len(frame) - len(changed)
    if not told and (frame["ratio"] == 1.0).all():
        return f"every makespan is what it was (strategies: {same})"
    return "; ".join([*told, f"no change shown in {'others' if told else 'strategies'}: {same}"] if same else told)


def undecided(frame: pd.DataFrame, limit: float) -> pd.DataFrame:
    """Return the rows of arms whose ratio exceeds a limit, while its interval does not show it."""
    over = frame[frame["ratio"] > 1.0 + limit]
    return over.drop(index=exceeding(frame, limit).index, errors="ignore")


def _matched(study: Study, baseline: Study) -> Iterator[tuple[str, pd.DataFrame, pd.DataFrame]]:
    ours, theirs = (dict(list(s.replications.groupby("strategy", sort=False))) for s in (study, baseline))
    if len(ours) == len(theirs) == 1:
        ((name, newer),), (earlier,) = ours.items(), theirs.values()
        yield str(name), newer, earlier
        return
    common = [name for name in study.table["strategy"] if name in theirs]
    if not common:
        raise InputError(f"no arm is in both: {', '.join(map(str, ours))}; and before: {', '.join(map(str, theirs))}")
    for name in common:
        yield name, ours[name], theirs[name]


def _row(name: str, ours: pd.DataFrame, theirs: pd.DataFrame) -> dict[str, Any]:
    after, before = (frame.set_index("seed")["makespan"] for frame in (ours, theirs))
    pairs = after.index.intersection(before.index)
    if len(pairs):
        paired = paired_ratio(after[pairs].tolist(), before[pairs].tolist())
        ratio, low, high = paired.ratio, paired.low, paired.high
    else:
        ratio, low, high = unpaired_ratio(after.tolist(), before.tolist())
    row = {
        "strategy": name,
        "before": before.median(),
        "after": after.median(),
        "ratio": ratio,
        "low": low,
        "high": high,
        "pairs": len(pairs),
        "files_before": int(theirs["files"].max()),
        "files_after": int(ours["files"].max()),
        "lost": _lost(ours, theirs),
    }
    return row | {"verdict": _verdict(row)}


def _lost(ours: pd.DataFrame, theirs: pd.DataFrame) -> int:
    """Return the files that no longer come; files that are no longer asked for are not lost."""
    gone = int(theirs["delivered"].min()) - int(ours["delivered"].min())
    fewer = max(0, int(theirs["files"].max()) - int(ours["files"].max()))
    return max(0, gone - fewer)


def _verdict(row: dict[str, Any]) -> str:
    lost = f"loses {row['lost']:,} files; " if row["lost"] else ""
    work = "" if row["files_before"] == row["files_after"] else "; was asked for other files"
    return f"{lost}{_of_time(row['ratio'], row['low'], row['high'])}{work}"


def _of_time(ratio: float, low: float, high: float) -> str:
    if np.isnan(low):
        return f"takes {ratio:.3g} times as long (a single pair of runs: no interval)"
    if low == high == 1.0:
        return "takes exactly as long"
    interval = f"{ratio:.3g} times as long (95 % interval {low:.3g} to {high:.3g})"
    if low <= 1.0 <= high:
        return f"no difference shown: {interval}"
    return f"{'slower' if low > 1.0 else 'faster'}: {interval}"

"""What the calls of a run show of the server, one by one: service, the load that they met, the wire, what went wrong.

Only this module knows how calls were written down; the fits beside it read arrays.
"""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from batchlab.batch_config import BatchConfig
from batchlab.frames import Column, Schema

OBSERVATIONS = Schema(
    "observations",
    "A row a call that reached the server, in order of sending.",
    (
        Column("call", "int64", "number of the call"),
        Column("batch", "int64", "batch that it served"),
        Column("repo", "string", "owner/name"),
        Column("endpoint", "string", "tree, blob, contents, ..."),
        Column("family", "string", "rest, graphql, archives or raw"),
        Column("files", "int64", "files asked for in it", "files"),
        Column("size", "int64", "bytes of the answer's body", "bytes"),
        Column("sent", "float64", "since the first call", "s"),
        Column("answered", "float64", "first byte, since the first call", "s", nullable=True),
        Column("finished", "float64", "last byte, since the first call", "s"),
        Column("service", "float64", "from sending to the first byte", "s", nullable=True),
        Column("load", "int64", "calls in flight at its host when it was sent, itself included", "calls"),
        Column("fault", "string", "what went wrong at random, as scenarios name it", nullable=True),
    ),
)
FAMILY = {"graphql": "graphql", "archive": "archives", "raw": "raw"}
_SERVER_ERRORS = {502: "502", 503: "503", 504: "502", 500: "502"}


class Recorded(Protocol):
    """What a calibration needs of a run."""

    @property
    def results(self) -> pd.DataFrame:
        """A row a file."""
        ...

    @property
    def calls(self) -> pd.DataFrame:
        """A row a call."""
        ...

    @property
    def batches(self) -> pd.DataFrame:
        """A row a batch."""
        ...

    @property
    def strategy(self) -> str:
        """Name of the strategy."""
        ...

    @property
    def config(self) -> BatchConfig:
        """The settings at the start."""
        ...

    @property
    def makespan(self) -> float:
        """Seconds from the first instant to the last row."""
        ...


def observations(run: Recorded) -> pd.DataFrame:
    """Return what each call of a run shows.

    Parameters
    ----------
    run
        The run.

    Returns
    -------
    pandas.DataFrame
        Columns of `OBSERVATIONS`. Calls that were cancelled are not in it.
    """
    calls = run.calls[run.calls["outcome"] != "cancelled"].sort_values(["sent", "call"], kind="stable")
    began = float(calls["sent"].min()) if len(calls) else 0.0
    family = calls["endpoint"].map(FAMILY).fillna("rest").astype("string")
    fault = _faults(calls, run.batches)
    # Runs of old did not tell first bytes: then all of a call's time counts as service.
    told = calls["answered"] if calls["answered"].notna().any() else calls["finished"].where(calls["status"].notna())
    answered = told.where(told.notna(), calls["finished"].where(fault == "reset"))
    values: dict[str, Any] = {name: calls[name].to_numpy() for name in ("call", "batch", "repo", "endpoint", "files")}
    values |= {
        "family": family.to_numpy(),
        "size": calls["bytes"].to_numpy(),
        "sent": calls["sent"].to_numpy() - began,
        "answered": calls["answered"].to_numpy() - began,
        "finished": calls["finished"].to_numpy() - began,
        "service": (answered - calls["sent"]).to_numpy(),
        "load": _load(calls, family),
        "fault": fault.to_numpy(),
    }
    return OBSERVATIONS.frame(values)


def _load(calls: pd.DataFrame, family: pd.Series[str]) -> NDArray[np.int64]:
    """Return how many calls were in flight at the host of each when it arrived: REST and GraphQL share theirs."""
    host = family.where(family != "graphql", "rest").to_numpy()
    load = np.ones(len(calls), dtype=np.int64)
    for name in np.unique(host.astype(str)):
        here = host == name
        sent, finished = calls["sent"].to_numpy()[here], np.sort(calls["finished"].to_numpy()[here])
        load[here] = np.arange(1, len(sent) + 1) - np.searchsorted(finished, sent, side="right")
    return np.maximum(load, 1)


def _faults(calls: pd.DataFrame, batches: pd.DataFrame) -> pd.Series[str]:
    """Return the kind of fault of each call, missing where there is none."""
    fault = calls["status"].map(_SERVER_ERRORS).astype("string")
    failed = calls["outcome"] == "failed"
    silent = failed & calls["status"].isna()
    late = calls["error"].fillna("").str.contains("no answer within|timed out", regex=True)
    fault[silent & ~late] = "reset"
    # A page with status 200 is found out when its body is read, by the call or by the batch that it serves.
    spoiled = set(batches.loc[batches["outcome"].isin(["retried", "failed"]), "batch"])
    blamed = set(calls.loc[failed | (calls["outcome"] == "limited"), "batch"])
    page = (calls["status"] == 200) & (failed | calls["batch"].isin(spoiled - blamed))
    fault[page.fillna(False) & fault.isna()] = "html"
    return fault


def queries(results: pd.DataFrame, seen: pd.DataFrame) -> pd.DataFrame:
    """Return what each GraphQL query that delivered carried: ``repositories``, ``files`` and ``text`` bytes, by batch.

    Parameters
    ----------
    results
        The run's results.
    seen
        `observations` of the same run.
    """
    rows = results[(results["route"] == "graphql") & results["path"].notna() & results["batch"].notna()]
    unique = rows.drop_duplicates(["batch", "sha"])
    shape = unique.groupby("batch").agg(repositories=("repo", "nunique"), files=("sha", "size"), text=("size", "sum"))
    calls = seen[(seen["family"] == "graphql") & seen["service"].notna() & seen["fault"].isna()]
    joined = calls.merge(shape, left_on="batch", right_index=True, suffixes=("_asked", ""))
    return joined[joined["files"] == joined["files_asked"]]

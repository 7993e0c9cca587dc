"""Which limits a server keeps, as far as a run shows them: budgets by their headers, minute rules by what was refused.

A server that names a budget is taken to keep GitHub's documented rules.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd

from batchlab.hub.limit_rules import Limits

HOUR = 3600.0
AT_ONCE = 100  # calls in flight that GitHub allows
ANSWERS = 20  # that what was left at the start is taken from
DRIFT = 0.02  # points a second below which nobody else is said to spend
REACHED = 0.9  # of a documented rule, from which a refusal is laid to it
# https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api#about-secondary-rate-limits
DOCUMENTED = Limits(
    in_flight=AT_ONCE,
    points_per_minute=900,
    graphql_points_per_minute=2000,
    cpu_seconds_per_minute=90.0,
    graphql_cpu_seconds_per_minute=60.0,
)
GRAPHQL_HOUR = 5000  # points, of a token whose REST budget is no more
ANONYMOUS = 60


def fit_limits(calls: pd.DataFrame) -> Limits:
    """Return the limits that the calls of a run show.

    Parameters
    ----------
    calls
        The run's calls.
    """
    core, graphql = _window(calls, "core"), _window(calls, "graphql")
    if core is None and graphql is None:
        return _with_hidden(Limits(in_flight=AT_ONCE), calls)
    limits = DOCUMENTED
    if core is not None:
        limits = replace(limits, core=core["budget"], remaining=core["left"], reset_in=core["reset"])
        limits = replace(limits, others=core["others"])
    if graphql is not None:
        limits = replace(limits, graphql=graphql["budget"], graphql_remaining=graphql["left"])
        limits = replace(limits, graphql_reset_in=graphql["reset"], graphql_others=graphql["others"])
    elif core is not None and core["budget"] > ANONYMOUS:
        limits = replace(limits, graphql=max(GRAPHQL_HOUR, core["budget"]))
    return _with_hidden(limits, calls)


def _window(calls: pd.DataFrame, pool: str) -> dict[str, Any] | None:
    """Return a pool's points an hour, what was left at the start, seconds to the reset, and what others spend."""
    told = calls[(calls["pool"] == pool) & calls["budget"].notna()].sort_values("call")
    if told.empty:
        return None
    began, reset = float(calls["sent"].min()), float(told["reset"].iloc[0])
    first = told[told["reset"] < reset + 5.0]
    spent = first["points"].cumsum()
    budget = int(told["budget"].max())
    left = int(min(budget, (first["left"] + spent).head(ANSWERS).max()))
    seconds = float(first["answered"].iloc[-1] - first["sent"].iloc[0])
    drift = (left - float(first["left"].iloc[-1]) - float(spent.iloc[-1])) / max(60.0, seconds)
    return {
        "budget": budget,
        "left": left,
        "reset": min(HOUR, max(0.0, reset - began)),
        "others": drift if drift > DRIFT else 0.0,
    }


def secondary(calls: pd.DataFrame) -> pd.DataFrame:
    """Return the calls that a secondary limit refused, in order."""
    refused = calls[(calls["outcome"] == "limited") & calls["pool"].isin(["core", "graphql"])]
    return refused[refused["error"].fillna("").str.contains("secondary")].sort_values("sent")


def _with_hidden(limits: Limits, calls: pd.DataFrame) -> Limits:
    """Add the limit on calls in flight that explains a refusal which no documented rule explains."""
    refused = secondary(calls)
    if refused.empty:
        return limits
    first = refused.iloc[0]
    minute = calls[(calls["sent"] > first["sent"] - 60.0) & (calls["sent"] <= first["sent"])]
    known = limits.points_per_minute or DOCUMENTED.points_per_minute or 0
    busy = float((minute["finished"] - minute["sent"]).where(minute["pool"] == "graphql").sum())
    if (minute["pool"] == "core").sum() >= REACHED * known or busy >= REACHED * 60.0:
        return limits
    most = int(first["in_flight"]) - 1
    if most < 1:
        return limits
    before = calls[(calls["in_flight"] > most) & (calls["sent"] < first["sent"])]
    since = 0.0 if before.empty else float(before["sent"].max() - calls["sent"].min())
    return replace(limits, hidden_in_flight=most, hidden_from=since)

"""What a run does not show of the server, in sentences."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
from scipy import stats

from batchlab.twin.limits_fit import secondary
from batchlab.twin.link_fit import LinkFit
from batchlab.twin.load_fit import LoadFit
from batchlab.twin.observations import Recorded

MANY = 30  # calls from which two halves of a run are compared
CHANCE = 0.001  # below which a difference of the halves is none of chance
MUCH = 1.2  # times that the medians must differ


def unidentified(
    run: Recorded, seen: pd.DataFrame, load: LoadFit, link: LinkFit, idle: pd.Series[float]
) -> Iterator[str]:
    """Yield what could not be identified.

    Parameters
    ----------
    run, seen
        The run and its `observations`.
    load, link
        What was fitted.
    idle
        Service times freed of load.
    """
    yield from _about_load(load)
    yield from _about_the_link(link)
    yield from _about_families(seen)
    yield from _about_limits(run.calls)
    yield from _about_time(seen, idle)


def _about_load(load: LoadFit) -> Iterator[str]:
    if load.server.knee is None and load.rivals:
        knee = load.rivals[0].knee
        yield f"knee: undecided; the calls fit one near {knee:g} better than none, but by little more than chance"
    elif load.server.knee is None and load.compared:
        yield f"knee: none up to {load.highest} calls in flight; what more would do is unknown"
    elif load.server.knee is None:
        yield f"knee: nearly all calls met {load.highest} in flight, so that load and latency cannot be told apart"
    else:
        yield f"knee: at {load.server.knee:g} calls; beyond {load.highest} in flight it is extrapolated"


def _about_the_link(link: LinkFit) -> Iterator[str]:
    if link.network.connection is None:
        yield "bandwidth: no body took long enough to tell"
    elif link.network.link is None:
        yield f"link: never full; it bears at least {link.most:,.0f} bytes/s"


def _about_families(seen: pd.DataFrame) -> Iterator[str]:
    called = set(seen["family"])
    for family, name in {"graphql": "GraphQL", "archives": "archives"}.items():
        if family not in called:
            yield f"{name}: not called in this run; published figures stand in"


def _about_limits(calls: pd.DataFrame) -> Iterator[str]:
    if calls["budget"].isna().all():
        yield "limits: the server names no budget; none is assumed, but for 100 calls in flight"
    elif secondary(calls).empty:
        yield "minute rules: none was met; those that GitHub documents are assumed"
    if secondary(calls).empty:
        yield "undocumented limits: none was met; there may be some beyond what this run sent"


def _about_time(seen: pd.DataFrame, idle: pd.Series[float]) -> Iterator[str]:
    """Tell whether REST became slower or faster under way, load apart."""
    rest = idle[(seen["family"] == "rest") & idle.notna()].to_numpy(float)
    if len(rest) < MANY:
        return
    first, second = rest[: len(rest) // 2], rest[len(rest) // 2 :]
    ratio = float(np.median(second) / max(1e-9, float(np.median(first))))
    if stats.ks_2samp(first, second).pvalue < CHANCE and not 1 / MUCH < ratio < MUCH:
        yield f"change: the second half of the calls took {ratio:.2f} times as long; one scenario stands for both"

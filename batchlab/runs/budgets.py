"""The budgets that a hub's server grants now."""

from __future__ import annotations

import pandas as pd

from batchlab import clock
from batchlab.errors import GitHubError
from batchlab.frames import Column, Schema
from batchlab.hubs import GitHub, Hub, client_of
from batchlab.runs.background import run_apart

LIMITS = Schema(
    "limits",
    "A row a rate-limit resource, as the server lists them.",
    (
        Column("resource", "string", "core for REST, graphql, ..."),
        Column("limit", "int64", "points a window grants", "points"),
        Column("used", "int64", "points spent in this window, by anybody with this token", "points"),
        Column("remaining", "int64", "points left in it", "points"),
        Column("reset", "float64", "until the next window begins", "s"),
    ),
)


def limits(hub: Hub | None = None) -> pd.DataFrame:
    """Return the budgets now; asking costs no point.

    Parameters
    ----------
    hub
        Whom to ask; the real GitHub unless given.

    Returns
    -------
    pandas.DataFrame
        Columns of `LIMITS`; no row where the server has its rate limits switched off.

    Raises
    ------
    AuthenticationError
        The token was refused.

    Examples
    --------
    >>> from batchlab.hub.sim import SimHub
    >>> limits(SimHub.sample()).set_index("resource").loc["core", ["limit", "remaining"]].tolist()
    [5000, 5000]

    References
    ----------
    https://docs.github.com/en/rest/rate-limit/rate-limit
    """
    hub = hub if hub is not None else GitHub()
    client = client_of(hub)

    async def read() -> pd.DataFrame:
        async with client:
            try:
                told = await client.get_rate_limit()
            except GitHubError as error:
                if error.status != 404:
                    raise
                return LIMITS.empty()
        rows = [
            (name, row["limit"], row["used"], row["remaining"], max(0.0, row["reset"] - clock.epoch()))
            for name, row in told.items()
        ]
        return LIMITS.frame(dict(zip(LIMITS.names, zip(*rows, strict=True), strict=True)))

    return run_apart(read, virtual=hub.virtual)

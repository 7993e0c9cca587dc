"""What a run still has to read, and what it may send for that."""

from __future__ import annotations

import math
from dataclasses import dataclass

ARCHIVE_POINTS = 1  # of the redirect; the archive itself comes from another host
HOUR = 3600.0


@dataclass(frozen=True)
class Allowance:
    """What one hourly budget leaves to the run.

    Parameters
    ----------
    usable
        Points until the reset; infinite while unknown.
    seconds_to_reset
        Seconds until then.
    window
        Points that each later hour leaves; infinite while unknown.
    """

    usable: float = math.inf
    seconds_to_reset: float = 0.0
    window: float = math.inf

    def wait(self, points: float) -> float:
        """Return the seconds before so many points can have been spent.

        Examples
        --------
        >>> Allowance(10, 100.0, 50).wait(10), Allowance(10, 100.0, 50).wait(70)
        (0.0, 3700.0)
        """
        if points <= self.usable:
            return 0.0
        return self.seconds_to_reset + (math.ceil((points - self.usable) / self.window) - 1) * HOUR


@dataclass(frozen=True)
class Outlook:
    """What is still wanted, and what may be sent for it.

    Parameters
    ----------
    files, repositories
        Still wanted, with a guess for trees that were not read yet.
    trees
        Trees not read yet.
    slots
        Calls that the run can expect to be served at once.
    archive_slots
        Archives of them that may be read at once.
    rest_rate
        Calls a second that the minute rule leaves to single files; infinite where there is none.
    rest_used, service_used
        Calls and seconds for which the minute's rules have been used within the last minute.
    archives
        Archives that wait to be sent for.
    core, graphql
        What the hourly budgets leave.
    service_share
        Service seconds a second that GraphQL's rule leaves; infinite where there is none.
    files_a_query
        Files that one query carries.
    file_size
        Mean bytes of a file.
    """

    files: int
    repositories: int
    trees: int
    slots: float
    archive_slots: float
    rest_rate: float
    core: Allowance
    graphql: Allowance
    service_share: float
    files_a_query: int
    file_size: float = 0.0
    rest_used: int = 0
    service_used: float = 0.0
    archives: int = 0

    @property
    def spare(self) -> float:
        """Points of the core budget that neither the trees nor the archives that wait will spend before the reset."""
        return self.core.usable - self.trees - self.archives * ARCHIVE_POINTS

    def by_minutes(self, calls: int) -> float:
        """Return the seconds before the minute rule lets so many single calls through."""
        return beyond_a_minute(self.rest_used + calls, self.rest_rate)

    def by_service(self, seconds: float) -> float:
        """Return the seconds before GraphQL's rule lets queries of so many service seconds through."""
        return beyond_a_minute(self.service_used + seconds, self.service_share)


def beyond_a_minute(amount: float, rate: float) -> float:
    """Return the seconds before an amount fits into a rule of so much a second, kept over whole minutes."""
    return max(0.0, math.ceil(amount / (60.0 * rate)) - 1) * 60.0 if rate < math.inf else 0.0

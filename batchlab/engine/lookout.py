"""What a run still has to read and what it may send for that, as predictions take it."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from batchlab.batch_config import BatchConfig
from batchlab.control.limiter import Limiter
from batchlab.control.measurements import Measurements
from batchlab.control.outlook import Allowance, Outlook
from batchlab.control.policies import Policy
from batchlab.engine.governor import POINTS_A_MINUTE, SERVICE_SECONDS_A_MINUTE, Account, Governor

EXPECTED_SLOTS = 32  # calls in flight that a run hopes for before it has learned better


@dataclass(frozen=True, slots=True)
class Backlog:
    """What is left to do, asked anew each time.

    Parameters
    ----------
    wanted
        Returns files still wanted, the repositories they are in, and trees not read yet.
    archives_waiting, archives_under_way
        Return the archives that wait to be sent for, and those that were.
    files_waiting
        Returns the other files that wait to be sent for.
    files_a_tree
        Returns the mean files that had to be fetched of the repositories whose trees were read.
    files_a_query
        Returns the files that one query carries now.
    file_size
        Returns the mean bytes of a file.
    """

    wanted: Callable[[], tuple[int, int, int]]
    archives_waiting: Callable[[], int]
    archives_under_way: Callable[[], int]
    files_waiting: Callable[[], int]
    files_a_tree: Callable[[], float]
    files_a_query: Callable[[], int]
    file_size: Callable[[], float]


class Lookout:
    """Looks ahead over the rest of the run.

    Parameters
    ----------
    policy, config, governor, measured
        The strategy, the live settings, what holds calls back, and what the calls have shown.
    limiter
        Has the concurrency limit in force.
    backlog
        What is left to do.
    """

    def __init__(
        self,
        policy: Policy,
        config: BatchConfig,
        governor: Governor,
        measured: Measurements,
        limiter: Limiter,
        backlog: Backlog,
    ) -> None:
        self._policy, self._config, self._governor = policy, config, governor
        self._measured, self._limiter, self._backlog = measured, limiter, backlog

    def outlook(self, files: int) -> Outlook:
        """Return what is still wanted, at least these files, and what may be sent for it."""
        known, repositories, trees = self._backlog.wanted()
        core, graphql = self._governor.account("core"), self._governor.account("graphql")
        ruled = not core.silent
        share = self._policy.minute_share(self._config)
        return Outlook(
            files=round(max(known, files) + trees * self._backlog.files_a_tree()),
            repositories=max(repositories, 1) + trees,
            trees=trees,
            slots=self._slots,
            archive_slots=min(
                max(self._limiter.limit, self._hoped_for, self._measured.streams.limit),
                self._config.max_concurrent_repos,
            ),
            rest_rate=share * POINTS_A_MINUTE["core"] / 60.0 if ruled else math.inf,
            rest_used=core.points_used if ruled else 0,
            service_used=graphql.seconds_used if ruled else 0.0,
            core=_allowance(core),
            graphql=_allowance(graphql),
            service_share=share * SERVICE_SECONDS_A_MINUTE["graphql"] / 60.0 if ruled else math.inf,
            files_a_query=self._backlog.files_a_query(),
            file_size=self._backlog.file_size(),
            archives=self._backlog.archives_waiting(),
        )

    @property
    def _slots(self) -> float:
        """Calls that the API can be expected to serve at once."""
        return self._measured.slots(self._limiter.limit, self._hoped_for)

    @property
    def _hoped_for(self) -> int:
        """Calls in flight that the run hopes for: no more than it has, once they were found to be too many."""
        if self._limiter.has_shrunk:
            return self._limiter.limit
        return min(self._policy.ceiling(self._config), EXPECTED_SLOTS)

    @property
    def limit(self) -> int:
        """Calls that may be in flight."""
        return self._limiter.limit

    @property
    def api_is_idle(self) -> bool:
        """Whether nothing waits for the API, and it has fewer calls than it serves at once."""
        return not self.files_waiting and self._limiter.free and self.in_flight < self._slots

    @property
    def in_flight(self) -> int:
        """Calls under way at the API."""
        return self._limiter.of_api

    @property
    def files_waiting(self) -> int:
        """Files that wait to be sent for, but for those of archives."""
        return self._backlog.files_waiting()

    @property
    def archives_waiting(self) -> int:
        """Archives that wait to be sent for."""
        return self._backlog.archives_waiting()

    @property
    def archives_under_way(self) -> int:
        """Archives that were sent for and have not come."""
        return self._backlog.archives_under_way()

    @property
    def files_are_wanted(self) -> bool:
        """Whether any file is still wanted."""
        return self._backlog.wanted()[0] > 0


def _allowance(account: Account) -> Allowance:
    return Allowance(account.usable, account.seconds_to_reset, account.window)

"""ADAPTIVE's planner: which way the files of a repository travel, by what the run has measured and still wants."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from batchlab import clock
from batchlab.batch_config import BatchConfig
from batchlab.control.policies import Policy
from batchlab.control.route_choice import Allowance, Measurements, Outlook, prefers_archive, prefers_queries
from batchlab.control.trace import Trace
from batchlab.engine.governor import POINTS_A_MINUTE, SERVICE_SECONDS_A_MINUTE, Governor
from batchlab.routes import WantedFile

EXPECTED_SLOTS = 32  # calls in flight that a run hopes for before it has learned better


class Planner:
    """Predicts the rest of the run both ways and takes the better one; tells when its mind changes.

    Parameters
    ----------
    policy, config, governor, trace
        The strategy, the live settings, what holds calls back, and where changes of mind are written.
    measured
        What the calls have shown.
    limit
        Returns the concurrency limit in force.
    wanted
        Returns files still wanted, the repositories they are in, and trees not read yet.
    files_a_query
        Returns the files that one query carries now.
    """

    def __init__(
        self,
        policy: Policy,
        config: BatchConfig,
        governor: Governor,
        trace: Trace,
        measured: Measurements,
        *,
        limit: Callable[[], int],
        wanted: Callable[[], tuple[int, int, int]],
        files_a_query: Callable[[], int],
    ) -> None:
        self._policy, self._config, self._governor, self._trace = policy, config, governor, trace
        self._measured, self._limit, self._wanted, self._files_a_query = measured, limit, wanted, files_a_query
        self._by_queries = True

    def several(self, files: Sequence[WantedFile]) -> bool:
        """Return whether these files had better travel many a call."""
        by_queries = prefers_queries(self.outlook(len(files)), self._measured)
        if by_queries != self._by_queries:
            names = {True: "many files a call", False: "one file a call"}
            why = f"predicted from {self._measured.rest_seconds:.2f} s a REST call"
            self._trace.decide(clock.now(), "planner", "route", names[not by_queries], names[by_queries], why)
            self._by_queries = by_queries
        return by_queries

    def archive(self, files: Sequence[WantedFile], several: bool) -> bool:
        """Return whether these files of one repository had better travel as a whole archive."""
        return prefers_archive(len(files), files[0].repo_size, self.outlook(len(files)), self._measured, several)

    def outlook(self, files: int) -> Outlook:
        """Return what is still wanted, at least these files, and what may be sent for it."""
        waiting, repositories, trees = self._wanted()
        known, in_known = max(waiting, files), max(repositories, 1)
        ruled = not self._governor.account("core").silent
        share = self._policy.minute_share(self._config)
        slots = max(self._limit(), min(self._policy.ceiling(self._config), EXPECTED_SLOTS))
        return Outlook(
            files=round(known + trees * known / in_known),
            repositories=in_known + trees,
            trees=trees,
            slots=slots,
            archive_slots=min(slots, self._config.max_concurrent_repos),
            rest_rate=share * POINTS_A_MINUTE["core"] / 60.0 if ruled else math.inf,
            core=self._allowance("core"),
            graphql=self._allowance("graphql"),
            service_share=share * SERVICE_SECONDS_A_MINUTE["graphql"] / 60.0 if ruled else math.inf,
            files_a_query=self._files_a_query(),
        )

    def _allowance(self, pool: str) -> Allowance:
        account = self._governor.account(pool)
        return Allowance(account.usable, account.seconds_to_reset, account.window)

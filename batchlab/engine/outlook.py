"""ADAPTIVE's planner: which way the files of a repository travel, by what the run has measured and still wants."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from batchlab import clock
from batchlab.batch_config import BatchConfig
from batchlab.control.policies import Policy
from batchlab.control.route_choice import Measurements, Outlook, prefers_archive, prefers_queries
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
        Returns files still wanted, repositories they are in, and trees not read yet.
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

    def archive(self, files: Sequence[WantedFile]) -> bool:
        """Return whether these files of one repository had better travel as a whole archive."""
        sizes = [file.size for file in files]
        outlook = self.outlook(len(files))
        by_queries = prefers_queries(outlook, self._measured)
        return prefers_archive(sizes, files[0].repo_size, outlook, self._measured, by_queries)

    def outlook(self, files: int) -> Outlook:
        """Return what is still wanted, these files included, and what may be sent for it."""
        waiting, repositories, trees = self._wanted()
        known = waiting + files
        guess = trees * (known / max(1, repositories + 1))
        core, graphql = self._governor.account("core"), self._governor.account("graphql")
        share, ruled = self._policy.minute_share(self._config), not core.silent
        return Outlook(
            files=round(known + guess),
            repositories=repositories + 1 + trees,
            slots=max(self._limit(), min(self._policy.ceiling(self._config), EXPECTED_SLOTS)),
            rest_rate=share * POINTS_A_MINUTE["core"] / 60.0 if ruled else math.inf,
            rest_budget=core.usable,
            rest_reset=core.seconds_to_reset,
            query_budget=graphql.usable,
            query_reset=graphql.seconds_to_reset,
            service_share=share * SERVICE_SECONDS_A_MINUTE["graphql"] / 60.0 if ruled else math.inf,
            files_a_query=self._files_a_query(),
        )

"""The API, GraphQL with its own points, the host of archives: what waits for one, another that is idle takes over."""

from __future__ import annotations

from dataclasses import replace
from enum import Enum

from batchlab import clock
from batchlab.control.host_sharing import taken_over_by_api, taken_over_by_archives, taken_over_by_queries
from batchlab.control.measurements import Measurements
from batchlab.engine.archive_plan import ArchivePlan
from batchlab.engine.governor import Governor
from batchlab.engine.lookout import Lookout
from batchlab.engine.work_queue import Recall

POOL = "graphql"
FEW = 4  # queries at once: they spend a minute's seconds of service soon enough, and do not slow one another down


class Taker(Enum):
    """Who takes over what waits for another."""

    API = "the API"
    QUERIES = "GraphQL"
    ARCHIVES = "the host of archives"


class Sharing:
    """Hands some of what waits for one host over to another that is idle.

    Parameters
    ----------
    archives
        Which repositories go whole, and which do not, unless somebody takes them over.
    lookout
        Looks ahead over the rest of the run.
    governor, measured
        What holds calls back, and what the calls have shown.
    """

    def __init__(self, archives: ArchivePlan, lookout: Lookout, governor: Governor, measured: Measurements) -> None:
        self._archives, self._lookout, self._governor, self._measured = archives, lookout, governor, measured
        self._taker, self._left = Taker.API, 0

    def hand_over(self, seconds: float, *, several: bool, queries: bool) -> Recall:
        """Return what waits and another can take over, the API in so many seconds; what is planned next is for it.

        ``several`` is whether files that no archive brings travel many a call, ``queries`` whether they can.
        """
        if not self._lookout.archives_waiting:
            return Recall(repositories=self._begin(Taker.ARCHIVES, self._for_archives(several)))
        if not self._archives.whole.repositories or not self._lookout.api_is_idle:
            return Recall()
        if queries and (number := self._for_queries()):
            return Recall(archives=self._begin(Taker.QUERIES, number))
        return Recall(archives=self._begin(Taker.API, self._for_api(seconds, several)))

    def _begin(self, taker: Taker, number: int) -> int:
        self._taker, self._left = taker, number
        return number

    def end(self) -> None:
        """Take note that what was handed over has been planned."""
        self._left = 0

    @property
    def taker(self) -> Taker | None:
        """Who takes over what is planned next; None where nobody does."""
        return self._taker if self._left else None

    def took_one(self) -> None:
        """Take note that a repository has been planned for the taker."""
        self._left -= 1

    def _for_queries(self) -> int:
        now, (files, _) = clock.now(), self._archives.whole.mean
        if self._lookout.in_flight >= FEW or self._governor.hold(POOL, lambda: 1, now, clock.epoch()) is not None:
            return 0
        number = taken_over_by_queries(files, self._lookout.outlook(files), self._measured)
        if number:
            self._archives.note_queries()
        return number

    def _for_api(self, seconds: float, several: bool) -> int:
        files, size = self._archives.whole.mean
        outlook = self._lookout.outlook(files)
        # By the calls that it has, not by those that are hoped for: what it takes over is sent at once.
        outlook = replace(outlook, slots=min(outlook.slots, self._lookout.limit))
        return taken_over_by_api(files, size, outlook, self._measured, several, seconds)

    def _for_archives(self, several: bool) -> int:
        if not self._archives.in_parts.repositories or self._archives.host_rests:
            return 0
        (files, size), coming = self._archives.in_parts.mean, self._lookout.archives_under_way
        number = taken_over_by_archives(files, size, self._lookout.outlook(files), self._measured, several, coming)
        if number:
            self._archives.note_some()
        return number

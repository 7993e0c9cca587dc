"""What waits for one of REST, GraphQL and the host of archives, another that is idle takes over."""

from __future__ import annotations

from dataclasses import replace
from enum import Enum

from batchlab import clock
from batchlab.control.host_sharing import (
    taken_over_by_api,
    taken_over_by_archives,
    taken_over_by_queries,
    taken_over_by_single_files,
)
from batchlab.control.measurements import Measurements
from batchlab.control.outlook import Outlook
from batchlab.control.service_window import FEW
from batchlab.control.trace import Trace
from batchlab.engine.archive_plan import WHOLE, ArchivePlan
from batchlab.engine.governor import Governor
from batchlab.engine.lookout import Lookout
from batchlab.engine.work_queue import Recall

REST, GRAPHQL = "core", "graphql"  # pools
MANY_A_CALL, ONE_A_CALL = "many files a call", "one file a call"


class Taker(Enum):
    """Who takes over what waits for another; the API does so by the way that files go which no archive brings."""

    API = "the API"
    QUERIES = "queries"
    SINGLE_FILES = "single files"
    ARCHIVES = "archives"


# What is written down when one of them takes over for the first time: the setting, old, new, and why.
NOTES = {
    Taker.QUERIES: ("archives", WHOLE, f"{WHOLE}, some by queries", "they wait for points, and GraphQL has its own"),
    Taker.SINGLE_FILES: (
        "route", MANY_A_CALL, f"some {ONE_A_CALL}", "GraphQL's minute is spent, and REST has points to spare"
    ),
}  # fmt: skip


class Sharing:
    """Hands some of what waits for one host over to another that is idle.

    Parameters
    ----------
    archives
        Which repositories go whole, and which do not, unless somebody takes them over.
    lookout
        Looks ahead over the rest of the run.
    governor, measured, trace
        What holds calls back, what the calls have shown, and where it is written who helps.
    """

    def __init__(
        self, archives: ArchivePlan, lookout: Lookout, governor: Governor, measured: Measurements, trace: Trace
    ) -> None:
        self._archives, self._lookout, self._governor = archives, lookout, governor
        self._measured, self._trace = measured, trace
        self._taker, self._left = Taker.API, 0
        self._noted: set[Taker] = set()

    def hand_over(self, seconds: float, *, several: bool, queries: bool) -> Recall:
        """Return what waits and another can take over, the API in so many seconds; what is planned next is for it.

        ``several`` is whether files that no archive brings travel many a call, ``queries`` whether they can.
        """
        if not self._lookout.archives_waiting:
            if several and (number := self._for_single_files(seconds)):
                return Recall(repositories=self._begin(Taker.SINGLE_FILES, number))
            return Recall(repositories=self._begin(Taker.ARCHIVES, self._for_archives(several)))
        if not self._archives.whole.repositories or not self._lookout.api_is_idle:
            return Recall()
        if queries and (number := self._for_queries()):
            return Recall(archives=self._begin(Taker.QUERIES, number))
        return Recall(archives=self._begin(Taker.API, self._for_api(seconds, several)))

    def _begin(self, taker: Taker, number: int) -> int:
        self._taker, self._left = taker, number
        if number and taker in NOTES and taker not in self._noted:
            self._noted.add(taker)
            self._trace.decide(clock.now(), "planner", *NOTES[taker])
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

    def _is_held(self, pool: str) -> bool:
        return self._governor.hold(pool, lambda: 1, clock.now(), clock.epoch()) is not None

    def _for_single_files(self, seconds: float) -> int:
        if not self._lookout.files_waiting or not self._is_held(GRAPHQL) or self._is_held(REST):
            return 0
        return taken_over_by_single_files(self._outlook_of_now(1), self._measured, seconds)

    def _for_queries(self) -> int:
        if self._lookout.in_flight >= FEW or self._is_held(GRAPHQL):
            return 0
        files, _ = self._archives.whole.mean
        return taken_over_by_queries(files, self._lookout.outlook(files), self._measured)

    def _outlook_of_now(self, files: int) -> Outlook:
        """Look ahead with the calls that it has, not those that are hoped for: what is taken over is sent at once."""
        outlook = self._lookout.outlook(files)
        return replace(outlook, slots=min(outlook.slots, self._lookout.limit))

    def _for_api(self, seconds: float, several: bool) -> int:
        files, size = self._archives.whole.mean
        return taken_over_by_api(files, size, self._outlook_of_now(files), self._measured, several, seconds)

    def _for_archives(self, several: bool) -> int:
        if not self._archives.in_parts.repositories or self._archives.host_rests:
            return 0
        (files, size), coming = self._archives.in_parts.mean, self._lookout.archives_under_way
        number = taken_over_by_archives(files, size, self._lookout.outlook(files), self._measured, several, coming)
        if number:
            self._archives.note_some()
        return number

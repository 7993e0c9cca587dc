"""ADAPTIVE's planner: which way the files of a repository travel, by what the run has measured and still wants."""

from __future__ import annotations

import math
from collections.abc import Sequence

from batchlab import clock
from batchlab.control.measurements import Measurements
from batchlab.control.outlook import Outlook
from batchlab.control.query_share import even_share
from batchlab.control.route_choice import prefers_queries
from batchlab.control.route_seconds import seconds_by_queries, seconds_by_single_files
from batchlab.control.sample import Sample
from batchlab.control.trace import Trace
from batchlab.engine.archive_plan import ArchivePlan
from batchlab.engine.governor import Governor
from batchlab.engine.lookout import Lookout
from batchlab.engine.sharing import MANY_A_CALL, ONE_A_CALL, Sharing, Taker
from batchlab.engine.work_queue import Recall
from batchlab.routes import WantedFile

REVIEW_EVERY = 1.0  # seconds


class Planner:
    """Predicts the rest of the run both ways and takes the better one; tells when its mind changes.

    Parameters
    ----------
    lookout
        Looks ahead over the rest of the run.
    governor, measured, trace
        What holds calls back, what the calls have shown, and where changes of mind are written.
    """

    def __init__(self, lookout: Lookout, governor: Governor, measured: Measurements, trace: Trace) -> None:
        self._lookout, self._measured, self._trace = lookout, measured, trace
        self._archives = ArchivePlan(lookout, governor, measured, trace)
        self._sharing = Sharing(self._archives, lookout, governor, measured, trace)
        self._by_queries = self._has_queries = True
        self._next_review = -math.inf
        self._files_a_repository = Sample()
        self._doubted = False

    def several(self, files: Sequence[WantedFile]) -> bool:
        """Return whether files of one repository had better travel many a call.

        Reviewed once a second; with each tree while repositories differ too much to tell of those not read yet.
        """
        self._files_a_repository.note(len(files))
        if self._begin_review() or not self._files_a_repository.tells:
            self._doubted |= self._reconsider(len(files))
        return self._tries_queries

    def archive(self, files: Sequence[WantedFile], several: bool) -> bool:
        """Return whether these files of one repository had better travel as a whole archive."""
        if self._tries_queries:
            self._has_queries = several
        if (taker := self._sharing.taker) is not None:
            self._sharing.took_one()
            return taker is Taker.ARCHIVES
        return self._archives.chooses(files, several=several)

    def even_share(self) -> float:
        """Return the files that a query carries at most for the last ones to end together; infinite for any number."""
        return even_share(self._lookout.files_waiting, self._lookout.outlook(1), self._measured)

    def to_plan_anew(self) -> Recall:
        """Return what waits and had better be planned anew: reviewed once a second, and while the API is idle."""
        begun = self._begin_review()
        changed = (begun and self._reconsider(1)) or self._archives.leaves_resting_host()
        doubted, self._doubted = self._doubted, False
        self._sharing.end()
        if changed or doubted:
            return Recall(everything=True)
        is_due = begun or (self._lookout.api_is_idle and self._lookout.archives_waiting > 0)
        if not is_due:
            return Recall()
        return self._sharing.hand_over(REVIEW_EVERY, several=self._several, queries=self._has_queries)

    @property
    def _tries_queries(self) -> bool:
        """Whether files planned now travel many a call where they can: as was chosen, unless they are taken over."""
        taker = self._sharing.taker
        return taker is Taker.QUERIES or (self._by_queries and taker is not Taker.SINGLE_FILES)

    @property
    def _several(self) -> bool:
        """Whether files that no archive brings travel many a call."""
        return self._by_queries and self._has_queries

    def _begin_review(self) -> bool:
        """Begin with the archives, unless the last review was less than a second ago; return whether it has begun."""
        now = clock.now()
        if now < self._next_review or not self._lookout.files_are_wanted:
            return False
        self._next_review = now + REVIEW_EVERY
        self._doubted |= self._archives.changes_mind(several=self._several)
        return True

    def _reconsider(self, files: int) -> bool:
        outlook, before = self._lookout.outlook(files), self._by_queries
        self._by_queries = prefers_queries(outlook, self._measured, by_queries=before)
        if self._by_queries == before:
            return False
        names = {True: MANY_A_CALL, False: ONE_A_CALL}
        self._trace.decide(
            clock.now(), "planner", "route", names[before], names[self._by_queries], self._because(outlook)
        )
        return True

    def _because(self, outlook: Outlook) -> str:
        queries = seconds_by_queries(outlook, self._measured)
        single = seconds_by_single_files(outlook, self._measured)
        return f"{outlook.files} files take {queries:.1f} s by queries, {single:.1f} s one by one"

"""ADAPTIVE's planner: which way the files of a repository travel, by what the run has measured and still wants."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from batchlab import clock
from batchlab.batch_config import BatchConfig
from batchlab.control.limiter import Limiter
from batchlab.control.measurements import ARCHIVE_SHARE, Measurements
from batchlab.control.policies import Policy
from batchlab.control.route_choice import (
    INCLINED,
    Allowance,
    Outlook,
    beside_archives,
    prefers_archive,
    prefers_queries,
    seconds_by_queries,
    seconds_by_single_files,
)
from batchlab.control.sample import Sample
from batchlab.control.trace import Trace
from batchlab.engine.governor import POINTS_A_MINUTE, SERVICE_SECONDS_A_MINUTE, Account, Governor
from batchlab.routes import WantedFile

EXPECTED_SLOTS = 32  # calls in flight that a run hopes for before it has learned better
REVIEW_EVERY = 1.0  # seconds
ARCHIVES = "tarball"  # their route


@dataclass(frozen=True, slots=True)
class Planned:
    """Repositories that were planned alike, their wanted files together, and the bytes of all their files."""

    repositories: int = 0
    files: int = 0
    size: int = 0

    def __add__(self, other: Planned) -> Planned:
        return Planned(self.repositories + other.repositories, self.files + other.files, self.size + other.size)

    @property
    def mean(self) -> tuple[int, int]:
        """Wanted files and bytes of one repository."""
        return max(1, round(self.files / self.repositories)), round(self.size / self.repositories)


class Planner:
    """Predicts the rest of the run both ways and takes the better one; tells when its mind changes.

    Parameters
    ----------
    policy, config, governor, trace
        The strategy, the live settings, what holds calls back, and where changes of mind are written.
    measured
        What the calls have shown.
    limiter
        Has the concurrency limit in force.
    wanted
        Returns files still wanted, the repositories they are in, and trees not read yet.
    archives_waiting, files_waiting
        Return the archives, and the other files, that wait to be sent for.
    files_a_query
        Returns the files that one query carries now.
    file_size
        Returns the mean bytes of a file.
    """

    def __init__(
        self,
        policy: Policy,
        config: BatchConfig,
        governor: Governor,
        trace: Trace,
        measured: Measurements,
        *,
        limiter: Limiter,
        wanted: Callable[[], tuple[int, int, int]],
        archives_waiting: Callable[[], int],
        files_waiting: Callable[[], int],
        files_a_query: Callable[[], int],
        file_size: Callable[[], float],
    ) -> None:
        self._policy, self._config, self._governor, self._trace = policy, config, governor, trace
        self._measured, self._limiter, self._wanted = measured, limiter, wanted
        self._archives_waiting, self._files_waiting = archives_waiting, files_waiting
        self._files_a_query, self._file_size = files_a_query, file_size
        self._by_queries = True
        self._next_review = -math.inf
        self._files_a_repository = Sample()
        self._whole, self._in_parts = Planned(), Planned()
        self._doubted = False
        self._has_queries = True
        self._beside = 0
        self._on_trial, self._tried = math.inf, 0.0

    def several(self, files: Sequence[WantedFile]) -> bool:
        """Return whether files of one repository had better travel many a call.

        Reviewed once a second; with each tree while repositories differ too much to tell of those not read yet.
        """
        self._files_a_repository.note(len(files))
        if self._begin_review() or not self._files_a_repository.tells:
            self._reconsider(len(files))
        return self._by_queries

    def to_plan_anew(self) -> float:
        """Predict anew, at most once a second; return how many archives that wait had better go another way by now.

        Infinite where everything that waits had better be planned anew.
        """
        begun = self._begin_review()
        changed = (begun and self._reconsider(1)) or self._leaves_resting_host()
        doubted, self._doubted = self._doubted, False
        self._beside = self._beside_archives() if begun and not (changed or doubted) else 0
        return math.inf if changed or doubted else self._beside

    def _leaves_resting_host(self) -> bool:
        """Give archives up while their host answers none."""
        if not self._whole.repositories or not self._governor.rests(ARCHIVES, clock.now()):
            return False
        self._whole = Planned()
        self._note_archives("repositories whole", "file by file", "their host rests for a limit of its own")
        return True

    def _beside_archives(self) -> int:
        """Return how many archives that wait an API that has nothing else to do can take over until the next review."""
        if not self._archives_waiting() or not self._whole.repositories:
            return 0
        if self._files_waiting() or not self._limiter.free:
            return 0
        files, size = self._whole.mean
        return beside_archives(files, size, self.outlook(files), self._measured, self._several, REVIEW_EVERY)

    def _begin_review(self) -> bool:
        """Begin with the archives, unless the last review was less than a second ago; return whether it has begun."""
        now = clock.now()
        if now < self._next_review or not self._wanted()[0]:
            return False
        self._next_review = now + REVIEW_EVERY
        self._review_archives()
        return True

    def _review_archives(self) -> None:
        """See whether repositories like those that were to be archives had better not be, and the other way round."""
        if self._whole.repositories and not self._is_archive(self._whole, INCLINED, chosen=1):
            self._whole, self._doubted = Planned(), True
            self._note_archives("repositories whole", "file by file", "archives take too long")
        elif self._in_parts.repositories and self._may_be_archives and self._had_better_be_whole:
            self._in_parts, self._doubted = Planned(), True
            self._on_trial, self._tried = self._measured.streams.limit, self._measured.streams.capacity
            self._note_archives("file by file", "repositories whole", "archives are quicker by now")

    @property
    def _had_better_be_whole(self) -> bool:
        """Whether archives are the better way by now: at the rate that they came at, or at one that none has tried."""
        hopeful = self._measured.streams.capacity > self._tried
        return self._is_archive(self._in_parts, 1.0 / INCLINED, hopeful=hopeful)

    @property
    def _several(self) -> bool:
        """Whether files that no archive brings travel many a call."""
        return self._by_queries and self._has_queries

    @property
    def _may_be_archives(self) -> bool:
        """Whether archives were measured, and their host answers."""
        return self._measured.streams.capacity < math.inf and not self._governor.rests(ARCHIVES, clock.now())

    def _is_archive(self, planned: Planned, inclined: float, chosen: int = 0, *, hopeful: bool = True) -> bool:
        """Whether repositories had better be archives; one of those that wait may be ``chosen`` among them."""
        files, size = planned.mean
        outlook = self.outlook(files)
        outlook = replace(outlook, archives=outlook.archives - chosen)
        return prefers_archive(files, size, outlook, self._measured, self._several, inclined=inclined, hopeful=hopeful)

    def _note_archives(self, old: str, new: str, why: str) -> None:
        self._trace.decide(clock.now(), "planner", "archives", old, new, why)

    def _reconsider(self, files: int) -> bool:
        outlook, before = self.outlook(files), self._by_queries
        self._by_queries = prefers_queries(outlook, self._measured, by_queries=before)
        if self._by_queries == before:
            return False
        names = {True: "many files a call", False: "one file a call"}
        self._trace.decide(
            clock.now(), "planner", "route", names[before], names[self._by_queries], self._because(outlook)
        )
        return True

    def _because(self, outlook: Outlook) -> str:
        queries = seconds_by_queries(outlook, self._measured)
        single = seconds_by_single_files(outlook, self._measured)
        return f"{outlook.files} files take {queries:.1f} s by queries, {single:.1f} s one by one"

    def archive(self, files: Sequence[WantedFile], several: bool) -> bool:
        """Return whether these files of one repository had better travel as a whole archive."""
        if self._by_queries:
            self._has_queries = several
        if self._beside:
            self._beside -= 1
            return False
        chosen, planned = self._chooses_archive(files, several), Planned(1, len(files), files[0].repo_size)
        if chosen:
            self._whole += planned
            self._measured.streams.expect(ARCHIVE_SHARE * planned.size)
        else:
            self._in_parts += planned
        return chosen

    def _chooses_archive(self, files: Sequence[WantedFile], several: bool) -> bool:
        """Choose by the rate that is hoped of archives; once back from files, for a round of them, which tries it."""
        if self._governor.rests(ARCHIVES, clock.now()):
            return False
        size, outlook = files[0].repo_size, self.outlook(len(files))
        chosen = prefers_archive(len(files), size, outlook, self._measured, several, hopeful=self._on_trial > 0)
        self._on_trial = max(0, self._on_trial - chosen)
        return chosen

    def outlook(self, files: int) -> Outlook:
        """Return what is still wanted, at least these files, and what may be sent for it."""
        waiting, repositories, trees = self._wanted()
        known, in_known = max(waiting, files), max(repositories, 1)
        core, graphql = self._governor.account("core"), self._governor.account("graphql")
        ruled = not core.silent
        share = self._policy.minute_share(self._config)
        slots = self._measured.slots(self._limiter.limit, self._hoped_for)
        return Outlook(
            files=round(known + trees * known / in_known),
            repositories=in_known + trees,
            trees=trees,
            slots=slots,
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
            files_a_query=self._files_a_query(),
            file_size=self._file_size(),
            archives=self._archives_waiting(),
        )

    @property
    def _hoped_for(self) -> int:
        """Calls in flight that the run hopes for: no more than it has, once they were found to be too many."""
        if self._limiter.has_shrunk:
            return self._limiter.limit
        return min(self._policy.ceiling(self._config), EXPECTED_SLOTS)


def _allowance(account: Account) -> Allowance:
    return Allowance(account.usable, account.seconds_to_reset, account.window)

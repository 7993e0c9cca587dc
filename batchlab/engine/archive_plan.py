"""Which repositories ADAPTIVE reads whole, as archives, and when it changes its mind about those that wait."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from batchlab import clock
from batchlab.control.host_sharing import taken_over_by_api, taken_over_by_archives
from batchlab.control.measurements import ARCHIVE_SHARE, Measurements
from batchlab.control.route_choice import INCLINED, prefers_archive
from batchlab.control.trace import Trace
from batchlab.engine.governor import Governor
from batchlab.engine.lookout import Lookout
from batchlab.engine.work_queue import Recall
from batchlab.routes import WantedFile

ROUTE = "tarball"
WHOLE, SOME_WHOLE, IN_PARTS = "repositories whole", "some repositories whole", "file by file"


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


class ArchivePlan:
    """Chooses archives, and doubts the choice as the run goes on.

    ``several``, where it is asked for, is whether files that no archive brings travel many a call.

    Parameters
    ----------
    lookout
        Looks ahead over the rest of the run.
    governor, measured, trace
        What holds calls back, what the calls have shown, and where changes of mind are written.
    """

    def __init__(self, lookout: Lookout, governor: Governor, measured: Measurements, trace: Trace) -> None:
        self._lookout, self._governor, self._measured, self._trace = lookout, governor, measured, trace
        self._whole, self._in_parts = Planned(), Planned()
        self._taken_over, self._by_archives, self._shared = 0, False, False
        self._on_trial, self._tried = math.inf, 0.0

    def chooses(self, files: Sequence[WantedFile], *, several: bool) -> bool:
        """Return whether these files of one repository had better travel as a whole archive."""
        if self._taken_over:
            self._taken_over -= 1
            return self._by_archives
        chosen, planned = self._is_better(files, several), Planned(1, len(files), files[0].repo_size)
        if chosen:
            self._whole += planned
            self._measured.streams.expect(ARCHIVE_SHARE * planned.size)
        else:
            self._in_parts += planned
        return chosen

    def _is_better(self, files: Sequence[WantedFile], several: bool) -> bool:
        """Choose by the rate that is hoped of archives; once back from files, for a round of them, which tries it."""
        if self._host_rests:
            return False
        size, outlook = files[0].repo_size, self._lookout.outlook(len(files))
        chosen = prefers_archive(len(files), size, outlook, self._measured, several, hopeful=self._on_trial > 0)
        self._on_trial = max(0, self._on_trial - chosen)
        return chosen

    @property
    def _host_rests(self) -> bool:
        return self._governor.rests(ROUTE, clock.now())

    def changes_mind(self, *, several: bool) -> bool:
        """Tell whether repositories like those planned so far had better go the other way by now."""
        if self._whole.repositories and not self._is_archive(self._whole, several, INCLINED, chosen=1):
            self._whole = Planned()
            self._note(WHOLE, IN_PARTS, "archives take too long")
            return True
        if self._in_parts.repositories and self._may_be_archives and self._had_better_be_whole(several):
            self._in_parts = Planned()
            streams = self._measured.streams
            # Archives that wait are planned anew with the others, and are none of those that try a hope.
            self._on_trial, self._tried = streams.limit + self._lookout.archives_waiting, streams.capacity
            self._note(IN_PARTS, WHOLE, "archives are quicker by now")
            return True
        return False

    def _had_better_be_whole(self, several: bool) -> bool:
        """Whether archives are the better way by now: at the rate that they came at, or at one that none has tried."""
        hopeful = self._measured.streams.capacity > self._tried
        return self._is_archive(self._in_parts, several, 1.0 / INCLINED, hopeful=hopeful)

    @property
    def _may_be_archives(self) -> bool:
        """Whether archives were measured, and their host answers."""
        return self._measured.streams.capacity < math.inf and not self._host_rests

    def _is_archive(
        self, planned: Planned, several: bool, inclined: float, chosen: int = 0, *, hopeful: bool = True
    ) -> bool:
        """Whether repositories had better be archives; one of those that wait may be ``chosen`` among them."""
        files, size = planned.mean
        outlook = self._lookout.outlook(files)
        outlook = replace(outlook, archives=outlook.archives - chosen)
        return prefers_archive(files, size, outlook, self._measured, several, inclined=inclined, hopeful=hopeful)

    def leaves_resting_host(self) -> bool:
        """Give archives up while their host answers none; tell whether there were any."""
        if not (self._whole.repositories or self._shared) or not self._host_rests:
            return False
        self._whole, self._shared = Planned(), False
        self._note(WHOLE, IN_PARTS, "their host rests for a limit of its own")
        return True

    def share(self, seconds: float, *, several: bool) -> Recall:
        """Return what waits for one host and the other can take over, the API in so many seconds.

        So many of the next choices go to that other, until `end_sharing`.
        """
        self._by_archives = not self._lookout.archives_waiting
        if self._by_archives:
            self._taken_over = self._for_archives(several)
            return Recall(repositories=self._taken_over)
        self._taken_over = self._for_api(seconds, several)
        return Recall(archives=self._taken_over)

    def end_sharing(self) -> None:
        """Take note that what was to be taken over has been planned."""
        self._taken_over = 0

    def _for_api(self, seconds: float, several: bool) -> int:
        if not self._whole.repositories or not self._lookout.api_is_idle:
            return 0
        files, size = self._whole.mean
        outlook = self._lookout.outlook(files)
        # By the calls that it has, not by those that are hoped for: what it takes over is sent at once.
        outlook = replace(outlook, slots=min(outlook.slots, self._lookout.limit))
        return taken_over_by_api(files, size, outlook, self._measured, several, seconds)

    def _for_archives(self, several: bool) -> int:
        if not self._in_parts.repositories or self._host_rests:
            return 0
        (files, size), coming = self._in_parts.mean, self._lookout.archives_under_way
        number = taken_over_by_archives(files, size, self._lookout.outlook(files), self._measured, several, coming)
        if number and not self._shared:
            self._shared = True
            self._note(IN_PARTS, SOME_WHOLE, "the host of archives is idle, and brings them before the API could")
        return number

    def _note(self, old: str, new: str, why: str) -> None:
        self._trace.decide(clock.now(), "planner", "archives", old, new, why)

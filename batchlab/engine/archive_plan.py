"""Which repositories ADAPTIVE reads whole, as archives, and when it changes its mind about those that wait."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from batchlab import clock
from batchlab.control.measurements import ARCHIVE_SHARE, Measurements
from batchlab.control.route_choice import INCLINED, prefers_archive
from batchlab.control.trace import Trace
from batchlab.engine.governor import Governor
from batchlab.engine.lookout import Lookout
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

    Attributes
    ----------
    whole, in_parts
        What was planned either way since the last change of mind.
    """

    def __init__(self, lookout: Lookout, governor: Governor, measured: Measurements, trace: Trace) -> None:
        self._lookout, self._governor, self._measured, self._trace = lookout, governor, measured, trace
        self.whole, self.in_parts = Planned(), Planned()
        self._helps = False
        self._on_trial, self._tried = math.inf, 0.0

    def chooses(self, files: Sequence[WantedFile], *, several: bool) -> bool:
        """Return whether these files of one repository had better travel as a whole archive."""
        chosen, planned = self._is_better(files, several), Planned(1, len(files), files[0].repo_size)
        if chosen:
            self.whole += planned
            self._measured.streams.expect(ARCHIVE_SHARE * planned.size)
        else:
            self.in_parts += planned
        return chosen

    def _is_better(self, files: Sequence[WantedFile], several: bool) -> bool:
        """Choose by the rate that is hoped of archives; once back from files, for a round of them, which tries it."""
        if self.host_rests:
            return False
        size, outlook = files[0].repo_size, self._lookout.outlook(len(files))
        chosen = prefers_archive(len(files), size, outlook, self._measured, several, hopeful=self._on_trial > 0)
        self._on_trial = max(0, self._on_trial - chosen)
        return chosen

    @property
    def host_rests(self) -> bool:
        """Whether the host of archives answers none for a while."""
        return self._governor.rests(ROUTE, clock.now())

    def changes_mind(self, *, several: bool) -> bool:
        """Tell whether repositories like those planned so far had better go the other way by now."""
        if self.whole.repositories and not self._is_archive(self.whole, several, INCLINED, chosen=1):
            self.whole = Planned()
            self._note(WHOLE, IN_PARTS, "archives take too long")
            return True
        if self.in_parts.repositories and self._may_be_archives and self._had_better_be_whole(several):
            self.in_parts = Planned()
            streams = self._measured.streams
            # Archives that wait are planned anew with the others, and are none of those that try a hope.
            self._on_trial, self._tried = streams.limit + self._lookout.archives_waiting, streams.capacity
            self._note(IN_PARTS, WHOLE, "archives are quicker by now")
            return True
        return False

    def _had_better_be_whole(self, several: bool) -> bool:
        """Whether archives are the better way by now: at the rate that they came at, or at one that none has tried."""
        hopeful = self._measured.streams.capacity > self._tried
        return self._is_archive(self.in_parts, several, 1.0 / INCLINED, hopeful=hopeful)

    @property
    def _may_be_archives(self) -> bool:
        """Whether archives were measured, and their host answers."""
        return self._measured.streams.capacity < math.inf and not self.host_rests

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
        if not (self.whole.repositories or self._helps) or not self.host_rests:
            return False
        self.whole, self._helps = Planned(), False
        self._note(WHOLE, IN_PARTS, "their host rests for a limit of its own")
        return True

    def note_some(self) -> None:
        """Take note that some of the repositories that go file by file go whole, since the host of archives is idle."""
        if not self._helps:
            self._helps = True
            self._note(IN_PARTS, SOME_WHOLE, "the host of archives is idle, and brings them before the API could")

    def _note(self, old: str, new: str, why: str) -> None:
        self._trace.decide(clock.now(), "planner", "archives", old, new, why)

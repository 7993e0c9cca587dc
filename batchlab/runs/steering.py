"""Carry live edits of a run from any thread to the loop on which it takes place, and make logged ones again.

On a virtual loop each edit takes effect at an instant of its own, a nanosecond after what was going on: so its time in
the decisions tells exactly what it came after, and the run can be repeated from them.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from batchlab import clock
from batchlab.batch_config import FIELDS, BatchConfig
from batchlab.batch_coordinator import BatchCoordinator
from batchlab.config_files import value_of
from batchlab.errors import InputError
from batchlab.twin import VirtualTimeLoop

NANOSECOND = 1e-9
CONTROL = "control"
APPLIED = "opportunity"


@dataclass(frozen=True)
class Note:
    """An edit's own line in the decisions, where its settings alone would not say what it was."""

    setting: str
    new: str
    why: str


@dataclass(frozen=True)
class Edit:
    """What changed by hand at one instant of a run; ``paused`` is None where that did not."""

    time: float
    settings: dict[str, Any] = field(default_factory=dict)
    paused: bool | None = None
    notes: tuple[Note, ...] = ()


def edits_of(decisions: pd.DataFrame) -> list[Edit]:
    """Return the live edits that a run's decisions tell of, in the order of time.

    Parameters
    ----------
    decisions
        Columns of `batchlab.frames.DECISIONS`.
    """
    by_hand = decisions[decisions["loop"].isin(["configuration", CONTROL])]
    return [_edit(float(str(time)), rows) for time, rows in by_hand.groupby("time", sort=True)]


def _edit(time: float, rows: pd.DataFrame) -> Edit:
    lines = list(zip(rows["setting"], rows["new"], rows["why"], strict=True))
    settings = {name: value_of(name, new) for name, new, _ in lines if name in FIELDS}
    pauses = [new == "True" for name, new, _ in lines if name == "paused"]
    notes = tuple(Note(*line) for line in lines if line[0] == APPLIED)
    return Edit(time, settings, pauses[-1] if pauses else None, notes)


class Steering:
    """What a run is to obey, changed from any thread, and its way to the run.

    Parameters
    ----------
    wanted
        The settings that hands and eyes see; the run obeys a copy, ``obeyed``, which changes on its own loop only.
    speed
        Virtual seconds per second of wall time.
    """

    def __init__(self, wanted: BatchConfig, speed: float) -> None:
        self.wanted = wanted
        self.obeyed = BatchConfig(**wanted.to_dict())
        self.paused = self.interrupted = False
        self.speed = speed
        self._notes: deque[Note] = deque()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._coordinator: BatchCoordinator | None = None

    @contextmanager
    def of(self, coordinator: BatchCoordinator, edits: Sequence[Edit] = ()) -> Iterator[None]:
        """Steer the run that takes place inside, on the running loop.

        Parameters
        ----------
        coordinator
            Carries the run out, with the settings ``obeyed``.
        edits
            Made again, each at its time on this loop's clock.
        """
        self._coordinator, self._loop = coordinator, asyncio.get_running_loop()
        timers = [self._loop.call_at(edit.time, self._repeat, edit) for edit in edits]
        self.pace(self.speed)
        unsubscribe = self.wanted.subscribe(lambda changes: self._soon())
        self._soon()  # for what was asked before there was a loop
        try:
            yield
        finally:
            unsubscribe()
            self._loop = None
            for timer in timers:
                timer.cancel()

    def pause(self, paused: bool) -> None:
        """Let the run send nothing more, or let it go on."""
        self.paused = paused
        self._soon()

    def note(self, note: Note) -> None:
        """Write a line into the decisions, before those of the change that follows."""
        self._notes.append(note)

    def pace(self, speed: float) -> None:
        """Let virtual time pass at another speed from now on."""
        self.speed, loop = speed, self._loop
        if isinstance(loop, VirtualTimeLoop):
            loop.speed = speed

    def _soon(self) -> None:
        loop = self._loop
        if loop is not None:
            with contextlib.suppress(RuntimeError):  # it has just closed: there is nothing left to steer
                loop.call_soon_threadsafe(self._at_an_instant_of_its_own)

    def _at_an_instant_of_its_own(self) -> None:
        if clock.is_virtual():
            asyncio.get_running_loop().call_later(NANOSECOND, self._obey)
        else:
            self._obey()

    def _obey(self) -> None:
        assert self._coordinator is not None
        while self._notes:
            note = self._notes.popleft()
            self._coordinator.trace.decide(clock.now(), CONTROL, note.setting, "", note.new, note.why)
        self.obeyed.update(**self.wanted.to_dict())
        # After the dispatcher has followed the settings, which it does on the loop's next turn.
        follow = self._coordinator.pause if self.paused else self._coordinator.resume
        asyncio.get_running_loop().call_soon(follow)

    def _repeat(self, edit: Edit) -> None:
        self._notes.extend(edit.notes)
        self.wanted.update(**edit.settings)
        self.paused = self.paused if edit.paused is None else edit.paused
        self._obey()


def checked_speed(speed: object) -> float:
    """Return a speed as a number.

    Raises
    ------
    InputError
        It is not above 0.
    """
    if isinstance(speed, (int, float)) and speed > 0:
        return float(speed)
    raise InputError(
        f"speed={speed!r}; accepted: virtual seconds per second of wall time, above 0; inf waits for nothing"
    )

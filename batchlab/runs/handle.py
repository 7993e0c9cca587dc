"""`RunHandle`: a run under way, watched and steered from any thread."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Generator, Mapping
from concurrent.futures import Future, wait
from typing import Any

import pandas as pd

from batchlab.batch_config import BatchConfig
from batchlab.batch_coordinator import BatchCoordinator
from batchlab.cards import card, table
from batchlab.control.trace import Trace
from batchlab.errors import InputError
from batchlab.frames import CALLS, DECISIONS, TIMELINE
from batchlab.runs.background import result_of
from batchlab.runs.run import Run
from batchlab.runs.steering import APPLIED, Note, Steering, checked_speed


class RunHandle:
    """A run under way: awaitable, and steered from any thread.

    Made by `start`.
    """

    def __init__(self, coordinator: BatchCoordinator, steering: Steering, future: Future[Run]) -> None:
        self._coordinator = coordinator
        self._steering = steering
        self._future = future

    def __await__(self) -> Generator[Any, None, Run]:
        return asyncio.wrap_future(self._future).__await__()

    def result(self, timeout: float | None = None) -> Run:
        """Wait for the end and return the run.

        Parameters
        ----------
        timeout
            Seconds of wall time to wait at most; None waits for the end.

        Raises
        ------
        TimeoutError
            It has not ended; it goes on.
        AuthenticationError
            The token was refused; ``partial`` is the run with what was read before.
        """
        return result_of(self._future) if timeout is None else self._future.result(timeout)

    def wait(self, timeout: float) -> bool:
        """Wait at most ``timeout`` seconds of wall time; return whether the run has ended."""
        return bool(wait([self._future], timeout).done)

    def done(self) -> bool:
        """Return whether the run has ended."""
        return self._future.done()

    def cancel(self) -> None:
        """End the run: ``result()`` then returns what there is, marked as interrupted."""
        self._steering.interrupted = True
        self._coordinator.stop()

    @property
    def interrupted(self) -> bool:
        """Whether the run was cancelled."""
        return self._steering.interrupted

    def configure(self, **changes: Any) -> None:
        """Change settings of the run under way, all or none; obeyed before the next call is sent.

        Raises
        ------
        ConfigError
            A value was refused; nothing has changed.
        """
        self.config.update(**changes)

    def apply(self, opportunity: Mapping[str, Any] | pd.Series[Any]) -> None:
        """Change the settings of the run under way as an opportunity says; the decisions name it.

        Parameters
        ----------
        opportunity
            A row of what ``bl.opportunities`` returned, such as ``table.iloc[0]``; ``config``, ``id`` and ``change``
            are read.

        Raises
        ------
        InputError
            It changes no setting, or the strategy, which a run keeps to its end.
        ConfigError
            A value was refused; nothing has changed.
        """
        changes = settings_of(opportunity)
        if "strategy" in changes:
            raise InputError(
                f"the opportunity asks for the strategy {changes['strategy']!r}, and a run under way keeps its own; "
                "start another with strategy="
            )
        BatchConfig(**(self.config.to_dict() | changes))
        self._steering.note(Note(APPLIED, str(opportunity["id"]), str(opportunity["change"])))
        self.configure(**changes)

    def pause(self) -> None:
        """Send nothing more until `resume`; calls in flight end as usual, and files wait in the queue.

        Time goes on meanwhile, but for a virtual hub at infinite speed, whose clock stands still.
        """
        self._steering.pause(True)

    def resume(self) -> None:
        """Go on after a `pause`."""
        self._steering.pause(False)

    @property
    def paused(self) -> bool:
        """Whether the run is to send nothing."""
        return self._steering.paused

    def pace(self, speed: float) -> None:
        """Let virtual time pass at another speed from now on; of no effect where time is real.

        Parameters
        ----------
        speed
            Virtual seconds per second of wall time, above 0; ``inf`` waits for nothing.

        Raises
        ------
        InputError
            It is not above 0.
        """
        self._steering.pace(checked_speed(speed))

    @property
    def config(self) -> BatchConfig:
        """The live settings of the run."""
        return self._steering.wanted

    @property
    def results(self) -> pd.DataFrame:
        """The rows so far."""
        return self._coordinator.results

    @property
    def trace(self) -> Trace:
        """The records behind `calls`, `decisions` and `timeline`, growing: to be read only."""
        return self._coordinator.trace

    @property
    def calls(self) -> pd.DataFrame:
        """The calls so far, as `batchlab.frames.CALLS`; those in flight have no end yet."""
        return CALLS.from_records(list(self.trace.calls))

    @property
    def decisions(self) -> pd.DataFrame:
        """The decisions so far, as `batchlab.frames.DECISIONS`; every live edit is among them."""
        return DECISIONS.from_records(list(self.trace.decisions))

    @property
    def timeline(self) -> pd.DataFrame:
        """The samples so far, as `batchlab.frames.TIMELINE`."""
        return TIMELINE.from_records(list(self.trace.timeline))

    @property
    def progress(self) -> tuple[int, int]:
        """Files delivered or failed, and files asked for so far; those that `cancel` left unread are asked for only."""
        return self._coordinator.progress

    @property
    def _state(self) -> str:
        return "ended" if self.done() else "paused" if self.paused else "running"

    def _repr_html_(self) -> str:
        done, asked = self.progress
        facts = {"files": f"{done:,} of {asked:,}", "calls": f"{len(self.trace.calls):,}"}
        return card(f"RunHandle: {self._state}", facts, {"Settings": table(self.config.to_dict())})

    def __repr__(self) -> str:
        done, asked = self.progress
        return f"<RunHandle {self._state}: {done} of {asked} files>"


def settings_of(opportunity: Mapping[str, Any] | pd.Series[Any]) -> dict[str, Any]:
    """Return the fields of `BatchConfig` that an opportunity changes, ``strategy`` among them if it names one.

    Raises
    ------
    InputError
        It changes none.
    """
    text = opportunity["config"]
    changes = json.loads(text) if isinstance(text, str) else {}
    if not changes:
        raise InputError(
            f"the opportunity {opportunity['change']!r} changes no setting; those of kind 'config' can be applied"
        )
    return dict(changes)

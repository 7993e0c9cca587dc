"""The two ways in which virtual time comes to a halt, as errors that say where and why."""

from __future__ import annotations

from batchlab.errors import BatchLabError


class Deadlock(BatchLabError, RuntimeError):  # noqa: N818  # the field's word
    """Nothing is ready, nothing is scheduled, and nobody outside is expected to change that.

    Parameters
    ----------
    time
        The virtual instant, in seconds.
    tasks
        The tasks that wait, each as ``name (coroutine)``.
    """

    def __init__(self, time: float, tasks: tuple[str, ...]) -> None:
        super().__init__(time, tasks)
        self.time = time
        self.tasks = tasks

    def __str__(self) -> str:
        return (
            f"deadlock at {self.time:.9f} s of virtual time: nothing is ready and nothing is scheduled, but "
            f"these tasks wait: {_listed(self.tasks)}. Let something set what they await; when another "
            "thread will, await it inside `with loop.external_wait():`."
        )


class Livelock(BatchLabError, RuntimeError):  # noqa: N818  # the field's word
    """The loop turned again and again without a timer to move its clock.

    Parameters
    ----------
    time
        The virtual instant, in seconds.
    turns
        Turns of the loop made at that instant.
    """

    def __init__(self, time: float, turns: int) -> None:
        super().__init__(time, turns)
        self.time = time
        self.turns = turns

    def __str__(self) -> str:
        return (
            f"livelock at {self.time:.9f} s of virtual time: {self.turns} turns of the loop at this one "
            "instant. Look for a loop around `sleep(0)` or a timer set again for the present; await an event "
            "or a later time, or allow more turns with `livelock_after`."
        )


def _listed(names: tuple[str, ...], shown: int = 10) -> str:
    rest = len(names) - shown
    return (", ".join(names[:shown]) or "none") + (f" and {rest} more" if rest > 0 else "")

"""The twin: the engine in virtual time, where an hour of waiting takes no time at all."""

from __future__ import annotations

from batchlab.twin.loop import DEFAULT_EPOCH_OFFSET, VirtualTimeLoop
from batchlab.twin.outside import OutsideWorldError
from batchlab.twin.runner import run_virtual
from batchlab.twin.stalls import Deadlock, Livelock

__all__ = [
    "DEFAULT_EPOCH_OFFSET",
    "Deadlock",
    "Livelock",
    "OutsideWorldError",
    "VirtualTimeLoop",
    "run_virtual",
]

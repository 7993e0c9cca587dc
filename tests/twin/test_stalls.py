"""Errors that cross a process boundary as they are."""

from __future__ import annotations

import pickle

import pytest

from batchlab.twin import Deadlock, Livelock


@pytest.mark.parametrize("error", [Deadlock(1.5, ("Task-1 (main)",)), Livelock(2.5, 10)])
def test_stalls_can_be_pickled(error: Deadlock | Livelock) -> None:
    copy = pickle.loads(pickle.dumps(error))
    assert str(copy) == str(error)
    assert copy.time == error.time

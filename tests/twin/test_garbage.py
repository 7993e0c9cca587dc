"""The garbage collector looks seldom while runs last, and as before afterwards."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from batchlab.twin.garbage import SELDOM, collected_seldom


@pytest.fixture(autouse=True)
def usual_threshold() -> Iterator[tuple[int, int, int]]:
    before = gc.get_threshold()
    yield before
    gc.set_threshold(*before)


def test_the_collector_is_as_before_when_the_last_run_has_ended(usual_threshold: tuple[int, int, int]) -> None:
    with collected_seldom():
        with collected_seldom():
            pass
        assert gc.get_threshold() == SELDOM
    assert gc.get_threshold() == usual_threshold


def test_a_run_that_fails_gives_the_collector_back(usual_threshold: tuple[int, int, int]) -> None:
    with pytest.raises(ZeroDivisionError), collected_seldom():
        raise ZeroDivisionError
    assert gc.get_threshold() == usual_threshold


def test_a_collector_that_was_switched_off_stays_off() -> None:
    gc.disable()
    try:
        with collected_seldom():
            assert not gc.isenabled()
        assert not gc.isenabled()
    finally:
        gc.enable()

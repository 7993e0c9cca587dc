"""What a run still has to read, and what its calls have shown, as choices are made from them."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest

from batchlab.control.archive_streams import ArchiveStreams
from batchlab.control.measurements import Measurements
from batchlab.control.outlook import Allowance, Outlook

Seconds = Callable[..., Measurements]


@pytest.fixture
def unlimited() -> Outlook:
    """1,600 files of 40 repositories, on a server without limits."""
    return Outlook(
        files=1600,
        repositories=40,
        trees=0,
        slots=32,
        archive_slots=32,
        rest_rate=math.inf,
        core=Allowance(),
        graphql=Allowance(),
        service_share=math.inf,
        files_a_query=20,
    )


@pytest.fixture
def single_took() -> Seconds:
    """Return what is known after ten calls for single files that took so many seconds each."""

    def known(seconds: float) -> Measurements:
        measured = Measurements()
        for _ in range(10):
            measured.rest(seconds)
        return measured

    return known


@pytest.fixture
def archives_took(single_took: Seconds) -> Seconds:
    """Return what is known after two rounds of archives of so many bytes, each so many seconds after the one before."""

    def known(size: float, seconds: float) -> Measurements:
        measured = single_took(0.05)
        for number in range(ArchiveStreams.FIRST * 3):
            measured.archive(round(size), sent=0.0, answered=0.5, now=0.5 + seconds * (number + 1))
        return measured

    return known

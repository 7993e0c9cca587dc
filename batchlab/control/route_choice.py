"""Choose between one file a call, many files a call, and an archive, by how long the rest of a run takes with each."""

from __future__ import annotations

import math

from batchlab.control.measurements import Measurements
from batchlab.control.outlook import ARCHIVE_POINTS, HOUR, Outlook
from batchlab.control.route_seconds import (
    crowding,
    idle_query_seconds,
    seconds_by_archives,
    seconds_by_calls,
    seconds_by_queries,
    seconds_by_single_files,
    seconds_on_the_link,
    single_seconds,
    waits_for_minutes,
)

ARCHIVE_CALLS = 2  # the redirect and the archive itself
ALIKE = 1.1  # plans within a tenth of the best are alike; the one with fewest points is taken
INCLINED = 1.1  # times as good as the other way: what has been chosen
UNTRIED = 1.25  # times as good as what has been chosen must promise to be what no call of this run has shown


def prefers_queries(outlook: Outlook, measured: Measurements, *, by_queries: bool = True) -> bool:
    """Return whether many files a call are the better plan: as fast within a tenth, since they cost fewer points.

    Parameters
    ----------
    outlook, measured
        What is still wanted, and what was measured.
    by_queries
        What has been chosen so far: who has chosen does not change for a trifle, nor for a mere prior.
    """
    if outlook.files == 0:
        return True
    margin = INCLINED if by_queries else 1.0 / (INCLINED if measured.knows_queries else UNTRIED)
    return seconds_by_queries(outlook, measured) <= ALIKE * margin * seconds_by_single_files(outlook, measured)


def prefers_archive(
    files: int,
    repo_size: int,
    outlook: Outlook,
    measured: Measurements,
    by_queries: bool,
    *,
    inclined: float = 1.0,
    hopeful: bool = True,
) -> bool:
    """Return whether a whole archive is the better way to these files of one repository.

    Parameters
    ----------
    files
        Files wanted there, at least 1.
    repo_size
        Bytes of all its files.
    outlook, measured
        What is still wanted, and what was measured.
    by_queries
        Whether the files would otherwise travel many a call.
    inclined
        Above 1 speaks for the archive: who has chosen does not change for a trifle.
    hopeful
        Whether archives are taken to come at the rate that is hoped for, not at the best one so far. They are in any
        case where others wait for a minute or a budget meanwhile: to be wrong costs nothing then.
    """
    streams = measured.streams
    archive = seconds_by_archives(files, repo_size, outlook, measured, streams.capacity) / inclined
    others = seconds_by_calls(outlook, measured, by_queries)
    budget = outlook.core.wait(outlook.repositories + outlook.trees)
    has_spare = budget == 0.0 or outlook.spare >= ARCHIVE_POINTS
    all_in_the_next_hour = others >= HOUR / 4 and others > budget
    if has_spare and not all_in_the_next_hour and waits_for_minutes(outlook, measured, by_queries):
        # A minute rule is what is short: an archive spends little of it, and others wait meanwhile anyway.
        return files > ARCHIVE_POINTS and archive <= others
    if budget > 0.0 or others >= HOUR / 4:
        return budget < others and archive <= others
    if not hopeful:
        archive = seconds_by_archives(files, repo_size, outlook, measured, streams.proven) / inclined
    return archive <= _worth_an_archive(files, outlook, measured, by_queries)


def _worth_an_archive(files: int, outlook: Outlook, measured: Measurements, by_queries: bool) -> float:
    """Return the seconds within which an archive has to come to be as good as the other way to these files."""
    one, calls = single_seconds(outlook, measured), files
    if by_queries:
        one = idle_query_seconds(min(files, outlook.files_a_query), 1, outlook, measured)
        calls = math.ceil(files / outlook.files_a_query)
    rounds = math.ceil(calls / max(1.0, outlook.slots / max(1, outlook.repositories)))
    alike = ALIKE if calls > ARCHIVE_CALLS else 1.0 / ALIKE
    queueing = rounds * one * crowding(files, outlook, outlook.slots)
    return alike * max(queueing, seconds_on_the_link(outlook, measured))

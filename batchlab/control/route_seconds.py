"""Predict how long the rest of a run takes by one file a call, by many files a call, or by archives.

Pure arithmetic over what has been measured and what is still wanted. The numbers that GitHub does not publish are
priors, replaced by what the run's own calls show.

References
----------
https://docs.github.com/en/graphql/overview/rate-limits-and-query-limits-for-the-graphql-api
"""

from __future__ import annotations

import math

from batchlab.control.measurements import ARCHIVE_SHARE, Measurements, archive_seconds, query_seconds
from batchlab.control.outlook import Outlook


def seconds_by_single_files(outlook: Outlook, measured: Measurements) -> float:
    """Predict the seconds that one file a call needs for everything still wanted."""
    calls = outlook.files + outlook.trees
    busy = single_seconds(outlook, measured) * max(1.0, outlook.files / outlook.slots)
    return max(busy, seconds_on_the_link(outlook, measured), outlook.by_minutes(calls), outlook.core.wait(calls))


def seconds_by_queries(outlook: Outlook, measured: Measurements) -> float:
    """Predict the seconds that many files a call need for everything still wanted."""
    calls, one = queries_needed(outlook, measured)
    busy = one * max(1.0, calls / outlook.slots)
    return max(
        busy, seconds_on_the_link(outlook, measured), outlook.by_service(calls * one), outlook.graphql.wait(calls)
    )


def seconds_by_calls(outlook: Outlook, measured: Measurements, by_queries: bool) -> float:
    """Predict the seconds that all files still wanted need, many or one a call."""
    return (seconds_by_queries if by_queries else seconds_by_single_files)(outlook, measured)


def waits_for_minutes(outlook: Outlook, measured: Measurements, by_queries: bool) -> bool:
    """Return whether a rule of minutes holds the last of these calls back."""
    if not by_queries:
        return outlook.by_minutes(outlook.files + outlook.trees) > 0.0
    calls, one = queries_needed(outlook, measured)
    return outlook.by_service(calls * one) > 0.0


def single_seconds(outlook: Outlook, measured: Measurements) -> float:
    """Return the seconds of a call for a single file on an idle server."""
    return measured.idle_rest_seconds + outlook.file_size / measured.connection_rate


def queries_needed(outlook: Outlook, measured: Measurements) -> tuple[int, float]:
    """Return how many queries it takes, and the seconds of one on an idle server."""
    calls = math.ceil(outlook.files / outlook.files_a_query)
    in_each = min(outlook.files, outlook.files_a_query)
    repositories = max(1, min(in_each, round(outlook.repositories / max(1, calls))))
    return calls, idle_query_seconds(in_each, repositories, outlook, measured)


def idle_query_seconds(files: int, repositories: int, outlook: Outlook, measured: Measurements) -> float:
    """Return the seconds of one query on an idle server."""
    size = files * outlook.file_size
    served = query_seconds(files, repositories, size) * measured.idle_query_factor
    return served + size / measured.connection_rate


def seconds_on_the_link(outlook: Outlook, measured: Measurements) -> float:
    """Return the seconds that the bytes still wanted take at least, where the link's rate is known."""
    return outlook.files * outlook.file_size / measured.link_rate


def seconds_by_archives(files: int, repo_size: int, outlook: Outlook, measured: Measurements, rate: float) -> float:
    """Return the seconds until an archive has come, behind those that are like it, through the link that they share."""
    streams, one = measured.streams, archive_seconds(repo_size, measured, measured.idle_rest_seconds)
    together = ARCHIVE_SHARE * repo_size * _alike(files, outlook) / rate
    # Where the link is full, one would come sooner if others did not.
    queueing = 0.0 if streams.full else one * crowding(files, outlook, outlook.archive_slots)
    come = max(queueing, together) + _behind_trees(outlook, measured)
    return max(come, outlook.by_minutes(outlook.repositories + outlook.trees))


def seconds_until_archives_have_come(repo_size: int, outlook: Outlook, measured: Measurements) -> float:
    """Return the seconds until the archives that wait have come: through their slots, after the trees, and the link."""
    one = archive_seconds(repo_size, measured, measured.idle_rest_seconds)
    together = ARCHIVE_SHARE * repo_size * outlook.archives / measured.streams.capacity
    return max(outlook.archives * one / outlook.archive_slots, together) + _behind_trees(outlook, measured)


def _behind_trees(outlook: Outlook, measured: Measurements) -> float:
    """Return the seconds for which trees hold the slots that they share with archives, and leave others to the API."""
    return outlook.trees * measured.idle_rest_seconds * max(0.0, 1.0 / outlook.archive_slots - 1.0 / outlook.slots)


def _alike(files: int, outlook: Outlook) -> float:
    """Return how many repositories are like one: where it has many of the files that are wanted, few others can."""
    return min(outlook.repositories, outlook.files / files)


def crowding(files: int, outlook: Outlook, slots: float) -> float:
    """Return how many times as long a repository takes because those that are like it want the same slots."""
    return max(1.0, _alike(files, outlook) / slots)

"""Decide what REST, GraphQL and the host of archives take over from one another: none is idle while files wait."""

from __future__ import annotations

from batchlab.control.measurements import ARCHIVE_SHARE, Measurements, archive_seconds
from batchlab.control.outlook import ARCHIVE_POINTS, HOUR, Outlook
from batchlab.control.route_seconds import (
    queries_needed,
    seconds_by_calls,
    seconds_on_the_link,
    seconds_until_archives_have_come,
    single_seconds,
    waits_for_minutes,
)

WORTHWHILE = 0.1  # of the API's files a second is what archives beside it have to add
WIRE_BOUND = 0.25  # of the API's time on the link, from which archives beside it would take it away


def taken_over_by_api(
    files: int, repo_size: int, outlook: Outlook, measured: Measurements, by_queries: bool, seconds: float
) -> int:
    """Return how many of the archives that wait the API can take over within so many seconds, and be done before them.

    None where a budget or a minute rule is short: an archive spends little of it. Parameters as in `prefers_archive`.
    """
    others = seconds_by_calls(outlook, measured, by_queries)
    if _points_are_short(others, outlook, measured, by_queries):
        return 0
    one = others * files / outlook.files
    call = queries_needed(outlook, measured)[1] if by_queries else single_seconds(outlook, measured)
    is_done_before = max(one, call, seconds) < seconds_until_archives_have_come(repo_size, outlook, measured)
    return min(outlook.archives, max(round(seconds / one), 1)) if is_done_before else 0


def taken_over_by_queries(files: int, outlook: Outlook, measured: Measurements) -> int:
    """Return how many of the archives that wait for points GraphQL, which has its own, can read meanwhile by one query.

    Parameters as in `prefers_archive`.
    """
    points = outlook.archives * ARCHIVE_POINTS + outlook.trees
    wait = max(outlook.core.wait(points), outlook.by_minutes(points))
    in_one = max(1, outlook.files_a_query // files)
    fills_up_later = outlook.trees > 0 and outlook.archives < in_one
    if fills_up_later or wait <= queries_needed(outlook, measured)[1]:
        return 0
    return min(outlook.archives, in_one)


def taken_over_by_single_files(outlook: Outlook, measured: Measurements, seconds: float) -> int:
    """Return how many repositories that wait for GraphQL's rule can be read by single files within so many seconds.

    So many as points suffice for that nothing else needs, of the hour's and the minute's. Parameters as in
    `prefers_archive`.
    """
    in_time = seconds * outlook.slots / single_seconds(outlook, measured)
    this_minute = 60.0 * outlook.rest_rate - outlook.rest_used - outlook.trees
    return max(0, int(min(in_time, this_minute, outlook.spare) * outlook.repositories / outlook.files))


def taken_over_by_archives(
    files: int, repo_size: int, outlook: Outlook, measured: Measurements, by_queries: bool, coming: int
) -> int:
    """Return how many repositories that wait archives can take over from the API, and be done before it.

    None where archives add little, where they would take the link from the API's answers, and where a budget or a
    minute rule is short. Parameters as in `prefers_archive`; ``coming`` are the archives under way.
    """
    at_once = min(measured.streams.limit, int(outlook.archive_slots))
    others = seconds_by_calls(outlook, measured, by_queries)
    on_the_wire = seconds_on_the_link(outlook, measured) > WIRE_BOUND * others
    if coming >= at_once or on_the_wire or _points_are_short(others, outlook, measured, by_queries):
        return 0
    together = ARCHIVE_SHARE * repo_size * at_once / measured.streams.proven
    seconds = max(archive_seconds(repo_size, measured, measured.idle_rest_seconds), together)
    added = files * at_once / seconds
    is_worthwhile = seconds <= others and added >= WORTHWHILE * outlook.files / others
    return at_once - coming if is_worthwhile else 0


def _points_are_short(seconds: float, outlook: Outlook, measured: Measurements, by_queries: bool) -> bool:
    """Return whether a budget or a minute rule is what calls wait for that take so many seconds."""
    budget = outlook.core.wait(outlook.files + outlook.trees)
    return budget > 0.0 or seconds >= HOUR / 4 or waits_for_minutes(outlook, measured, by_queries)

"""How long a route takes to bring some files, from what was measured."""

from __future__ import annotations

from collections.abc import Sequence

from batchlab.control.measurements import Measurements, archive_seconds, query_seconds
from batchlab.routes import Route, WantedFile


def call_seconds(route: Route, files: Sequence[WantedFile], measured: Measurements) -> float:
    """Return the seconds that a route needs for files that travel together, at the server's present load."""
    if route.whole_repository:
        return archive_seconds(files[0].repo_size, measured, measured.rest_seconds)
    if route.most_files == 1:
        return measured.rest_seconds
    size = sum(file.size for file in files)
    return query_seconds(len(files), len({file.repo for file in files}), size) * measured.query_factor

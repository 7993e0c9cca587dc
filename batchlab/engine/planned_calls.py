"""From jobs that were planned and not sent: the calls they would make, and what those cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from batchlab.control.measurements import ARCHIVE_SHARE, Measurements
from batchlab.engine.call_seconds import call_seconds
from batchlab.engine.file_job import FileJob
from batchlab.engine.work_queue import Job
from batchlab.routes import ROUTES


@dataclass(frozen=True)
class PlannedCall:
    """One batch as it would be sent.

    Parameters
    ----------
    route, pool
        What brings it, and the rate-limit resource that it spends.
    repositories, files
        Names of the repositories, and number of files.
    calls, points
        Its price.
    bytes
        Size of the answer: files as their tree lists them, archives as they usually compress.
    seconds
        Predicted from what was measured.
    """

    route: str
    pool: str
    repositories: frozenset[str]
    files: int
    calls: int
    points: int
    bytes: int
    seconds: float

    @classmethod
    def of(cls, job: FileJob, measured: Measurements) -> PlannedCall:
        """Return what a job would cost."""
        route, files = ROUTES[job.route], [ask.file for ask in job.asks]
        price = route.price(files)
        size = sum(file.size for file in files)
        return cls(
            route.name,
            route.pool,
            frozenset(file.repo.full_name for file in files),
            len(files),
            price.calls,
            price.points,
            round(ARCHIVE_SHARE * files[0].repo_size) if route.whole_repository else size,
            call_seconds(route, files, measured),
        )


def planned_calls(jobs: Sequence[Job], measured: Measurements) -> list[PlannedCall]:
    """Return the calls that jobs would make, the most wanted first, each filled up as it would be when sent."""
    full: dict[str, list[FileJob]] = {}
    for job in sorted(jobs, key=lambda job: -job.priority):
        assert isinstance(job, FileJob)
        lane = full.setdefault(job.route, [])
        if not lane or not lane[-1].absorb(job):
            lane.append(job)
    return [PlannedCall.of(job, measured) for lane in full.values() for job in lane]

"""Find what several repositories can share: blobs that are equal, and calls that carry files of several of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from batchlab.batch_models import CrossRepoBatch, Repository
from batchlab.engine.batching import MOST_BYTES
from batchlab.routes import Route, WantedFile

ASSUMED_FILES = ("package.json", "package-lock.json", "pyproject.toml", "requirements.txt", "go.mod")


def assumed_files(repo: Repository) -> list[WantedFile]:
    """Return what a repository is taken to hold before its tree was seen: usual manifests of unknown content."""
    return [WantedFile(repo, path, f"{repo}/{path}", 0) for path in ASSUMED_FILES]


def shared_blobs(files: Iterable[WantedFile]) -> list[CrossRepoBatch]:
    """Return the blobs that several repositories hold, together where the same repositories do.

    Examples
    --------
    >>> files = [WantedFile(Repository(name), "LICENSE", "0" * 40, 9) for name in ("a/x", "b/y", "b/z")]
    >>> [(batch.repositories, batch.calls_before, batch.calls_after) for batch in shared_blobs(files)]
    [(['a/x', 'b/y', 'b/z'], 3, 1)]
    """
    by_sha: dict[str, list[WantedFile]] = {}
    for file in files:
        by_sha.setdefault(file.sha, []).append(file)
    alike: dict[tuple[str, ...], list[list[WantedFile]]] = {}
    for equal in by_sha.values():
        repositories = tuple(dict.fromkeys(str(file.repo) for file in equal))
        if len(repositories) > 1:
            alike.setdefault(repositories, []).append(equal)
    return [_of_equal(groups, len(repositories)) for repositories, groups in alike.items()]


def _of_equal(groups: Sequence[Sequence[WantedFile]], repositories: int) -> CrossRepoBatch:
    files = [file for equal in groups for file in equal]
    blobs = "blob is" if len(groups) == 1 else "blobs are"
    reason = f"{len(groups)} {blobs} the same in {repositories} repositories: read once, they serve {len(files)} files"
    return CrossRepoBatch(_by_repository(files), len(files), len(groups), estimated=False, reason=reason)


def shared_calls(
    files: Iterable[WantedFile], route: Route, most_files: int, *, estimated: bool = False
) -> list[CrossRepoBatch]:
    """Return the calls of a route, filled up in order, that carry files of several repositories.

    Parameters
    ----------
    files
        Files of several repositories; equal blobs are counted once.
    route
        Carries them.
    most_files
        Files a call, where that is less than the route's own bound.
    estimated
        Whether the files are assumed.
    """
    once = {file.sha: file for file in files if route.takes(file)}
    calls = _filled(once.values(), route, min(most_files, route.most_files))
    return [_of_call(call, route, estimated) for call in calls if len({file.repo for file in call}) > 1]


def _filled(files: Iterable[WantedFile], route: Route, most_files: int) -> Iterator[list[WantedFile]]:
    call: list[WantedFile] = []
    for file in files:
        together = [*call, file]
        full = len(call) == most_files or len({other.repo for other in together}) > route.most_repositories
        if call and (full or sum(other.size for other in together) > MOST_BYTES):
            yield call
            together = [file]
        call = together
    yield call


def _of_call(files: Sequence[WantedFile], route: Route, estimated: bool) -> CrossRepoBatch:
    paths = _by_repository(files)
    reason = f"one call by {route.name} carries {len(files)} files of {len(paths)} repositories"
    return CrossRepoBatch(paths, len(files), 1, estimated, f"{reason}, as far as usual" if estimated else reason)


def _by_repository(files: Iterable[WantedFile]) -> dict[str, list[str]]:
    paths: dict[str, list[str]] = {}
    for file in files:
        paths.setdefault(str(file.repo), []).append(file.path)
    return paths

"""Route ``raw``: a call a file, by its path, from the host of plain downloads; public files only, without the token."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

from batchlab.errors import GitHubError
from batchlab.github_api import ApiRequest
from batchlab.routes.protocol import Outcome, Price, Send, UnsuitableError, WantedFile


class Raw:
    """Fetch by ``https://raw.githubusercontent.com/{owner}/{repo}/{ref}/{path}``.

    It spends no budget of the API, but is no API either: its limits are unpublished, and a branch may be five minutes
    old. Hence it is used only where `BatchConfig.allow_raw` says so.
    """

    name = "raw"
    pool = "raw"
    most_files = 1
    most_repositories = 1
    whole_repository = False
    by_sha = False

    def takes(self, file: WantedFile) -> bool:
        """Return True: any size."""
        return True

    def price(self, files: Sequence[WantedFile]) -> Price:
        """Return one call a file, counted as a point of this host's own."""
        return Price(len(files), len(files))

    async def fetch(self, files: Sequence[WantedFile], send: Send) -> list[Outcome]:
        """Fetch them one after another; what this host does not show is left to the API to judge."""
        return [await _fetch(file, send) for file in files]


async def _fetch(file: WantedFile, send: Send) -> Outcome:
    path = f"/{file.repo.full_name}/{quote(file.repo.ref or 'HEAD')}/{quote(file.path, errors='surrogatepass')}"
    request = ApiRequest(
        "raw", path, file.repo.full_name, "*/*", pool="raw", files=1, expected_bytes=file.size, host="raw"
    )
    try:
        return (await send(request)).body
    except GitHubError as error:
        if error.retryable:
            raise
        return UnsuitableError(f"{file.repo.full_name}: {file.path} is no public file: {error}")

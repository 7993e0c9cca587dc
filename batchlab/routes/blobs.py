"""Route ``blobs``: a call a file, by its sha; exact, immutable, up to 100 MB."""

from __future__ import annotations

from collections.abc import Sequence

from batchlab.github_api import blob_request
from batchlab.routes.protocol import Outcome, Price, Send, WantedFile


class Blobs:
    """Fetch by ``GET /repos/{owner}/{repo}/git/blobs/{sha}`` as raw bytes."""

    name = "blobs"
    pool = "core"
    most_files = 1
    most_repositories = 1
    whole_repository = False
    by_sha = True

    def takes(self, file: WantedFile) -> bool:
        """Return True: any size that the API serves."""
        return True

    def price(self, files: Sequence[WantedFile]) -> Price:
        """Return one call and one point a file."""
        return Price(len(files), len(files))

    async def fetch(self, files: Sequence[WantedFile], send: Send) -> list[Outcome]:
        """Fetch them one after another."""
        return [(await send(blob_request(f.repo, f.sha, f.size))).body for f in files]

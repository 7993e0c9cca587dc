"""Route ``tarball``: a whole repository as an archive, in two calls and one point, however many files are wanted."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

from batchlab.control.measurements import ARCHIVE_SHARE
from batchlab.errors import NetworkError
from batchlab.github_api import ApiRequest
from batchlab.routes.archive import ArchiveReader
from batchlab.routes.protocol import Outcome, Price, Send, UnsuitableError, WantedFile
from batchlab.routes.tar_headers import ArchiveError


class Tarball:
    """Fetch by ``GET /repos/{owner}/{repo}/tarball/{ref}``, which leads to the archive host.

    Archives leave out what the repository's ``.gitattributes`` mark ``export-ignore``, and change what they mark
    ``export-subst``: such files are for another route.

    References
    ----------
    https://docs.github.com/en/rest/repos/contents#download-a-repository-archive-tar
    """

    name = "tarball"
    pool = "core"
    most_files = 100_000
    most_repositories = 1
    whole_repository = True
    by_sha = False

    def takes(self, file: WantedFile) -> bool:
        """Return True: any size."""
        return True

    def price(self, files: Sequence[WantedFile]) -> Price:
        """Return two calls and one point: the archive host is outside the API's budget."""
        return Price(2, 1)

    async def fetch(self, files: Sequence[WantedFile], send: Send) -> list[Outcome]:
        """Fetch those files, which must be of one repository, out of its archive as it arrives."""
        reader = ArchiveReader({file.path: file.size for file in files})
        refused = "it is not in the archive (export-ignore?)"
        try:
            reply = await send(_request(files), reader.read)
        except ArchiveError as error:
            refused = str(error)
        else:
            if reply.status != 200:
                raise NetworkError(f"status {reply.status} instead of an archive")
        return [_outcome(file, reader, refused) for file in files]


def _request(files: Sequence[WantedFile]) -> ApiRequest:
    repo = files[0].repo
    path = f"/repos/{repo.full_name}/tarball/{quote(repo.ref or 'HEAD', safe='')}"
    expected = round(ARCHIVE_SHARE * files[0].repo_size)
    return ApiRequest("tarball", path, repo.full_name, files=len(files), expected_bytes=expected)


def _outcome(file: WantedFile, reader: ArchiveReader, refused: str) -> Outcome:
    content = reader.contents.get(file.path)
    if content is not None:
        return content
    reason = reader.altered.get(file.path, refused)
    return UnsuitableError(f"{file.repo.full_name}: {file.path}: {reason}")

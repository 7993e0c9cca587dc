"""Route ``graphql``: many text files of many repositories in one call, by sha, for one point."""

from __future__ import annotations

from collections.abc import Sequence

from batchlab.github_api import ApiRequest
from batchlab.routes.graphql_query import Query, query_for, read_answer
from batchlab.routes.protocol import Outcome, Price, Send, WantedFile

LARGEST_TEXT = 500_000  # bytes; GitHub cuts a text at 512,000
BINARY = frozenset({
    "7z", "a", "avi", "bin", "bmp", "bz2", "class", "db", "deb", "dll", "dmg", "dylib", "ear", "egg", "eot", "exe",
    "flac", "gem", "gif", "gz", "h5", "ico", "iso", "jar", "jks", "jpeg", "jpg", "keystore", "lib", "lockb", "m4a",
    "mkv", "mov", "mp3", "mp4", "npy", "npz", "nupkg", "o", "odt", "ogg", "otf", "p12", "parquet", "pdf", "pkl", "png",
    "pptx", "psd", "pyc", "rar", "rpm", "so", "sqlite", "sqlite3", "tar", "tgz", "tif", "tiff", "ttf", "war", "wasm",
    "wav", "webm", "webp", "whl", "woff", "woff2", "xls", "xlsx", "xz", "zip", "zst",
})  # fmt: skip


class GraphQL:
    """Fetch by ``repository{object(oid:){... on Blob{text}}}``, aliased.

    A query takes about 0.16 s a repository, and GitHub ends it after 10 s: 25 repositories are what it answers
    reliably. What it cannot bring exactly, being binary, cut or no UTF-8, is for another route.

    References
    ----------
    https://docs.github.com/en/graphql/overview/rate-limits-and-query-limits-for-the-graphql-api#timeouts
    """

    name = "graphql"
    pool = "graphql"
    most_files = 100
    most_repositories = 25
    whole_repository = False
    by_sha = True

    def takes(self, file: WantedFile) -> bool:
        """Return whether it is small, and text by its name."""
        return file.size <= LARGEST_TEXT and file.path.rpartition(".")[2].lower() not in BINARY

    def price(self, files: Sequence[WantedFile]) -> Price:
        """Return one call and one point: without connections, a query costs the least there is."""
        return Price(1, 1)

    async def fetch(self, files: Sequence[WantedFile], send: Send) -> list[Outcome]:
        """Fetch all of them in one query."""
        query = query_for(files)
        reply = await send(_request(files, query))
        return read_answer(reply.json(), files, query)


def _request(files: Sequence[WantedFile], query: Query) -> ApiRequest:
    repositories = list({file.repo.full_name for file in files})
    return ApiRequest(
        "graphql",
        "/graphql",
        repositories[0] if len(repositories) == 1 else "",
        pool="graphql",
        files=len(files),
        repositories=len(repositories),
        expected_bytes=sum(file.size for file in files),
        document=query.document,
        host="graphql",
    )

"""The asynchronous client: what there is to read at GitHub, for those who read it without the engine."""

from __future__ import annotations

import math
from collections.abc import AsyncGenerator, Iterable, Mapping
from contextlib import aclosing
from datetime import date
from typing import Any

from batchlab.batch_models import FileContent, Repository
from batchlab.errors import GitHubError
from batchlab.file_contents import FileContents, read_all
from batchlab.file_stream import BlobCheck, EvenChunks, expected_blob
from batchlab.git_objects import blob_sha
from batchlab.github_api import (
    ApiRequest,
    TreeListing,
    contents_request,
    listing_request,
    rate_limit_request,
    read_repository,
    read_tree,
    repository_request,
    tree_request,
)
from batchlab.github_connection import PATIENCE, GitHubConnection, NetworkErrors, next_page
from batchlab.repository_filter import RepositoryFilter


class AsyncGitHubClient(GitHubConnection):
    """A client of GitHub's API, or of any server that speaks it.

    May be built outside an event loop and used from successive loops: each has its own connections. Proxies and
    certificate authorities are taken from the environment, as httpx does.

    Parameters
    ----------
    token
        Credential; from ``GITHUB_TOKEN`` unless given. Empty reads anonymously.
    base_url
        Address of the API; from ``GITHUB_API_URL``, else ``https://api.github.com``.
    graphql_url
        Address of GraphQL; from ``GITHUB_GRAPHQL_URL``, else derived from ``base_url``.
    raw_url, archive_url
        Addresses of the hosts of plain files and of archives; derived from ``base_url`` unless given.
    transport
        What carries the calls, such as the embedded GitHub's; the network unless given.

    Examples
    --------
    >>> AsyncGitHubClient(token="ghp_secret", base_url="https://github.example.com/api/v3")
    AsyncGitHubClient('https://github.example.com/api/v3', <classic personal access token>)
    """

    async def get_repository(self, repo: Repository | str) -> Repository:
        """Return a repository as GitHub describes it: default branch, archived, last update."""
        reply = await self.call(repository_request(Repository.parse(repo)))
        return read_repository(reply.json())

    async def get_tree(self, repo: Repository | str, ref: str | None = None) -> TreeListing:
        """Return the recursive tree of a repository at a ref (``HEAD`` unless given)."""
        repo = Repository.parse(repo)
        return read_tree(await self.call(tree_request(repo, ref or repo.ref or "HEAD")))

    async def get_file_content(self, repo: Repository | str, file_path: str) -> FileContent:
        """Return one file by path."""
        reply = await self.call(contents_request(Repository.parse(repo), file_path))
        return FileContent(reply.body, blob_sha(reply.body), len(reply.body))

    async def get_multiple_file_contents_parallel(
        self, repo: Repository | str, file_paths: Iterable[str], max_concurrent: int = 5
    ) -> FileContents:
        """Return files of one repository by path; one that fails does not hold up the others.

        Parameters
        ----------
        repo
            The repository, at its ref.
        file_paths
            Paths from the root.
        max_concurrent
            Ceiling on calls in flight, at least 1.

        Returns
        -------
        FileContents
            A dict from path to content, in the order of asking; ``errors`` is a dict from path to what prevented it.

        Raises
        ------
        AuthenticationError
            The token was refused.
        """
        repo = Repository.parse(repo)
        return (await self.get_file_contents_across_repositories({repo: file_paths}, max_concurrent))[str(repo)]

    async def get_file_contents_across_repositories(
        self, file_paths: Mapping[Repository, Iterable[str]] | Mapping[str, Iterable[str]], max_concurrent: int = 5
    ) -> dict[str, FileContents]:
        """Return files of several repositories; `BatchCoordinator` does it in far fewer calls.

        Parameters
        ----------
        file_paths
            Paths from the root, by repository.
        max_concurrent
            Ceiling on calls in flight, over all repositories.

        Returns
        -------
        dict
            As for `get_multiple_file_contents_parallel`, by ``owner/name``, with ``@ref`` where one was asked for.

        Raises
        ------
        AuthenticationError
            The token was refused.
        """
        contents = {str(repo): FileContents() for repo in file_paths}
        keys = [(str(repo), path) for repo, paths in file_paths.items() for path in paths]
        outcomes = await read_all(keys, lambda key: self.get_file_content(*key), max_concurrent)
        for (repo, path), outcome in outcomes.items():
            contents[repo].add(path, outcome)
        return contents

    async def stream_large_file_content(
        self, repo: Repository | str, file_path: str, chunk_size: int = 8192
    ) -> AsyncGenerator[bytes, None]:
        """Yield a file of up to 100 MB in chunks of ``chunk_size`` bytes, the last one smaller, never holding it whole.

        Limits are waited for and failures retried until the first byte. At the end the bytes are checked against the
        git sha that the server announced, where it did.

        Raises
        ------
        IntegrityError
            The bytes are not those of the sha announced: discard them.
        NetworkError
            The connection broke in the middle: begin again.
        """
        chunks = EvenChunks(chunk_size)
        request = contents_request(Repository.parse(repo), file_path)
        response = await self.open(request)
        check = BlobCheck(expected_blob(response.headers))
        try:
            with NetworkErrors(request, PATIENCE):
                async for piece in response.aiter_bytes():
                    check.update(piece)
                    for chunk in chunks.cut(piece):
                        yield chunk
            for chunk in chunks.rest():
                yield chunk
            check.finish(f"{repo}: {file_path}")
        finally:
            await response.aclose()

    async def get_rate_limit(self) -> dict[str, dict[str, int]]:
        """Return ``{resource: {limit, used, remaining, reset}}``; the call is free."""
        resources: dict[str, dict[str, int]] = (await self.call(rate_limit_request())).json()["resources"]
        return resources

    async def list_repositories(
        self,
        owner: str,
        *,
        forks: bool = True,
        archived: bool = True,
        language: str | None = None,
        pushed_since: str | date | None = None,
        limit: int | None = None,
    ) -> AsyncGenerator[Repository, None]:
        """Yield the repositories of an organisation, or of a user of that name, in the server's order.

        Parameters
        ----------
        owner
            Name of the organisation or user.
        forks, archived, language, pushed_since
            What is wanted, as for `batchlab.repository_filter.RepositoryFilter`.
        limit
            Most repositories to yield; pages beyond are not asked for.
        """
        wanted = RepositoryFilter(forks, archived, language, pushed_since)
        left = math.inf if limit is None else limit
        async with aclosing(self._listed(owner)) as documents:
            while left > 0 and (document := await anext(documents, None)) is not None:
                if wanted(document):
                    yield read_repository(document)
                    left -= 1

    async def _listed(self, owner: str) -> AsyncGenerator[Mapping[str, Any], None]:
        request: ApiRequest | None = listing_request(owner, "orgs")
        try:
            reply = await self.call(listing_request(owner, "orgs"))
        except GitHubError as error:
            if error.status != 404:
                raise
            request = listing_request(owner, "users")
            reply = await self.call(request)
        while request is not None:
            for document in reply.json():
                yield document
            address = next_page(reply)
            request = self.addresses.redirected(request, address) if address else None
            if request is not None:
                reply = await self.call(request)

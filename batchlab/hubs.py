"""Hubs: what can be read from. `GitHub` is the real one, or any server that speaks its API."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Protocol

from batchlab.async_github_client import AsyncGitHubClient
from batchlab.batch_models import Repository
from batchlab.cache_manager import CacheManager
from batchlab.cards import card
from batchlab.credentials import Token
from batchlab.errors import InputError
from batchlab.github_connection import DEFAULT_BASE_URL


class Hub(Protocol):
    """A GitHub to read from. The engine sees nothing of it but a client over its transport.

    ``virtual`` tells whether runs against it take virtual time, ``repositories`` what there is to read, and ``held``
    the blobs, by sha, that the cache of a run holds at its start unless a cache is given.
    """

    name: str
    virtual: bool
    base_url: str

    @property
    def held(self) -> Mapping[str, bytes]:
        """What the cache of a run holds at its start."""
        ...

    @property
    def token(self) -> str | None:
        """Credential; None takes it from the environment."""
        ...

    @property
    def repositories(self) -> Sequence[Repository]:
        """What is read where no repositories are named."""
        ...

    def connect(self, seed: int | None = None) -> Any:
        """Return a fresh transport for one run; None where the network carries the calls."""
        ...


class GitHub:
    """The real GitHub, or a server that speaks its API.

    Parameters
    ----------
    token
        Credential; from ``GITHUB_TOKEN`` unless given. Empty reads anonymously, 60 calls an hour.
    base_url
        Address of the API; from ``GITHUB_API_URL``, else ``https://api.github.com``.
    repositories
        What is read where no repositories are named.

    Examples
    --------
    >>> GitHub(token="ghp_secret", base_url="https://github.example.com/api/v3")
    GitHub('https://github.example.com/api/v3', <classic personal access token>)
    """

    virtual = False
    held: Mapping[str, bytes] = MappingProxyType({})

    def __init__(
        self,
        token: str | None = None,
        base_url: str | None = None,
        repositories: Iterable[Repository | str] = (),
    ) -> None:
        self._token = Token(os.environ.get("GITHUB_TOKEN") if token is None else token)
        self.base_url = (base_url or os.environ.get("GITHUB_API_URL") or DEFAULT_BASE_URL).rstrip("/")
        self.repositories = tuple(Repository.parse(repo) for repo in repositories)
        self.name = self.base_url

    @property
    def token(self) -> str:
        """The credential itself: for the client, not for showing."""
        return self._token.reveal()

    def connect(self, seed: int | None = None) -> None:
        """Return None: the network carries the calls, and chance is not ours to seed."""

    def _repr_html_(self) -> str:
        facts = {"token": repr(self._token), "repositories": f"{len(self.repositories):,} named"}
        return card(f"GitHub at {self.base_url}", facts)

    def __repr__(self) -> str:
        return f"GitHub({self.base_url!r}, {self._token!r})"


def client_of(hub: Hub, seed: int | None = None) -> AsyncGitHubClient:
    """Return a client over a fresh connection to a hub."""
    return AsyncGitHubClient(hub.token, hub.base_url, transport=hub.connect(seed))


def default_cache(hub: Hub) -> CacheManager:
    """Return the cache that a run uses unless one is given: on disk for the real GitHub, else `fresh_cache`."""
    return CacheManager() if isinstance(hub, GitHub) else fresh_cache(hub)


def fresh_cache(hub: Hub) -> CacheManager:
    """Return a cache in memory, with what the hub says is held already: nothing, as a rule."""
    cache = CacheManager(":memory:")
    for sha, content in hub.held.items():
        cache.put_blob(sha, content)
    return cache


def repositories_of(given: Iterable[Repository | str] | Repository | str | None, hub: Hub) -> tuple[Repository, ...]:
    """Return the repositories to read: those given, or else the hub's own.

    Raises
    ------
    InputError
        One is no such thing, or there is nothing to read.
    """
    if given is None:
        given = hub.repositories
        if not given:
            raise InputError("name the repositories to read, such as ['pallets/flask', 'encode/httpx@master']")
    if isinstance(given, (str, Repository)):
        given = [given]
    return tuple(Repository.parse(repo) for repo in given)

"""List what an organisation or user has, before it is read."""

from __future__ import annotations

from datetime import date
from typing import Any

from batchlab.batch_models import Repository
from batchlab.errors import GitHubError, InputError
from batchlab.hubs import GitHub, Hub, client_of
from batchlab.runs.background import run_apart


def list_repositories(
    owner: str,
    hub: Hub | None = None,
    *,
    forks: bool = True,
    archived: bool = True,
    language: str | None = None,
    pushed_since: str | date | None = None,
    limit: int | None = None,
) -> list[Repository]:
    """Return the repositories of an organisation, or of a user of that name.

    Parameters
    ----------
    owner
        Name of the organisation or user.
    hub
        Where to look; the real GitHub unless given.
    forks, archived, language, pushed_since
        What is wanted, as for `batchlab.repository_filter.RepositoryFilter`.
    limit
        Most repositories to return; pages beyond are not asked for.

    Returns
    -------
    list of Repository
        Those wanted that the token can see, in the server's order.

    Raises
    ------
    InputError
        There is no such owner, it has no such repository that the token can see, or ``pushed_since`` is no time.

    Examples
    --------
    >>> from batchlab.hub.sim import SimHub
    >>> from batchlab.hub.world import World
    >>> hub = SimHub(World.build({"acme/app": {"go.mod": b"module acme"}, "other/lib": {}}))
    >>> [repository.full_name for repository in list_repositories("acme", hub)]
    ['acme/app']
    """
    hub = hub if hub is not None else GitHub()
    client = client_of(hub)
    wanted: dict[str, Any] = {"forks": forks, "archived": archived, "language": language, "pushed_since": pushed_since}

    async def read() -> list[Repository]:
        async with client:
            return [repository async for repository in client.list_repositories(owner, **wanted, limit=limit)]

    try:
        listed = run_apart(read, virtual=hub.virtual)
    except GitHubError as error:
        if error.status != 404:
            raise
        raise InputError(f"there is no organisation or user {owner!r} on {hub.name}; check the spelling") from None
    if not listed:
        raise InputError(f"{owner!r} has no repository on {hub.name} that is wanted and that this token can see")
    return listed

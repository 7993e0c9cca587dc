"""List what an organisation or user has, before it is read."""

from __future__ import annotations

from batchlab.batch_models import Repository
from batchlab.errors import GitHubError, InputError
from batchlab.hubs import GitHub, Hub, client_of
from batchlab.runs.background import on_private_loop, on_virtual_loop


def list_repositories(owner: str, hub: Hub | None = None) -> list[Repository]:
    """Return the repositories of an organisation, or of a user of that name.

    Parameters
    ----------
    owner
        Name of the organisation or user.
    hub
        Where to look; the real GitHub unless given.

    Returns
    -------
    list of Repository
        Those that the token can see, in the server's order.

    Raises
    ------
    InputError
        There is no such owner, or it has no repository that the token can see.

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

    async def read() -> list[Repository]:
        async with client:
            return [repository async for repository in client.list_repositories(owner)]

    try:
        listed = (on_virtual_loop if hub.virtual else on_private_loop)(read).result()
    except GitHubError as error:
        if error.status != 404:
            raise
        raise InputError(f"there is no organisation or user {owner!r} on {hub.name}; check the spelling") from None
    if not listed:
        raise InputError(f"{owner!r} has no repository that this token can see on {hub.name}")
    return listed

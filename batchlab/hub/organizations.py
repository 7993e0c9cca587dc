"""An organisation as GitHub describes it.

References
----------
https://docs.github.com/en/rest/orgs/orgs#get-an-organization
"""

from __future__ import annotations

from batchlab.hub import media, refusals, rest_bodies
from batchlab.hub.conditional import entity_tag
from batchlab.hub.messages import Answer, HubRequest
from batchlab.hub.world import World

_LINKS = {
    "repos_url": "/repos",
    "events_url": "/events",
    "hooks_url": "/hooks",
    "issues_url": "/issues",
    "members_url": "/members{/member}",
    "public_members_url": "/public_members{/member}",
}


def answer(world: World, request: HubRequest, login: str, root: str) -> Answer:
    """Return an owner of repositories; every owner in a world is an organisation.

    Parameters
    ----------
    world, request
        Whose owner, and what was asked.
    login
        The owner's name.
    root
        The API's address.
    """
    owned = world.owned_by(login)
    if not owned:
        return refusals.not_found("organization", "/orgs/orgs#get-an-organization")
    owner = rest_bodies.owner(owned[0].owner, root)
    url = f"{root}/orgs/{owner['login']}"
    body = rest_bodies.encoded(
        {
            **{name: owner[name] for name in ("login", "id", "node_id", "avatar_url", "html_url", "type")},
            "url": url,
            **{name: url + suffix for name, suffix in _LINKS.items()},
            "description": None,
            "has_organization_projects": False,
            "has_repository_projects": False,
            "public_repos": sum(one.visibility == "public" for one in owned),
            "public_gists": 0,
            "followers": 0,
            "following": 0,
            "created_at": min(one.created_at for one in owned),
            "updated_at": max(one.updated_at for one in owned),
            "archived_at": None,
        }
    )
    headers = {"content-type": media.JSON, "etag": entity_tag(request.headers, body)}
    return Answer(200, body, headers, "organization")

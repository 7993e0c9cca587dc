"""The repositories of an owner, page by page.

References
----------
https://docs.github.com/en/rest/using-the-rest-api/using-pagination-in-the-rest-api
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from urllib.parse import urlencode

from batchlab.hub import media, refusals, rest_bodies
from batchlab.hub.conditional import entity_tag
from batchlab.hub.messages import Answer, HubRequest
from batchlab.hub.world import World, WorldRepository, identifier

DEFAULT_PAGE = 30
LARGEST_PAGE = 100
_SORT: Mapping[str, Callable[[WorldRepository], str]] = {
    "created": lambda repository: repository.created_at,
    "updated": lambda repository: repository.updated_at,
    "pushed": lambda repository: repository.pushed_at,
    "full_name": lambda repository: repository.full_name.lower(),
}
_TYPES: Mapping[str, Callable[[WorldRepository], bool]] = {
    "forks": lambda repository: repository.fork,
    "sources": lambda repository: not repository.fork,
    "public": lambda repository: repository.visibility == "public",
    "private": lambda repository: repository.visibility == "private",
}


def answer(world: World, request: HubRequest, family: str, login: str, root: str, authorized: bool) -> Answer:
    """Return one page of an owner's repositories.

    Parameters
    ----------
    world, request
        Whose repositories, and what was asked.
    family
        ``"orgs"`` or ``"users"``, or ``"organizations"`` or ``"user"`` with the owner's number for a login.
    login
        The owner's name, or number.
    root
        The API's address.
    authorized
        Whether the caller sees private repositories.
    """
    numbered = family in ("organizations", "user")
    owner = _owner(world, login, numbered)
    if owner is None:
        return refusals.not_found("listing", "/repos/repos#list-organization-repositories")
    by_organization = family in ("orgs", "organizations")
    parameters = request.parameters
    visible = _visible(world, owner, authorized and by_organization)
    chosen = _sorted(visible, parameters, "created" if by_organization else "full_name")
    size = _whole(parameters.get("per_page"), DEFAULT_PAGE, LARGEST_PAGE)
    page = _whole(parameters.get("page"), 1, None)
    rows = [rest_bodies.repository(one, root) for one in chosen[(page - 1) * size : page * size]]
    body = rest_bodies.encoded(rows)
    headers = {"content-type": media.JSON, "etag": entity_tag(request.headers, body)}
    if authorized and any(one.visibility == "sso" for one in world.owned_by(owner)):
        headers["x-github-sso"] = f"partial-results; organizations={identifier(owner)}"
    address = f"{root}/{'organizations' if by_organization else 'user'}/{identifier(owner)}/repos"
    if link := _link(address, parameters, page, -(-len(chosen) // size)):
        headers["link"] = link
    return Answer(200, body, headers, "listing")


def _owner(world: World, login: str, numbered: bool) -> str | None:
    for repository in world:
        if (str(identifier(repository.owner)) if numbered else repository.owner.lower()) == login.lower():
            return repository.owner
    return None


def _visible(world: World, owner: str, with_private: bool) -> list[WorldRepository]:
    seen = ("public", "private") if with_private else ("public",)
    return [repository for repository in world.owned_by(owner) if repository.visibility in seen]


def _sorted(repositories: list[WorldRepository], parameters: Mapping[str, str], default: str) -> list[WorldRepository]:
    wanted = _TYPES.get(parameters.get("type", "all"), lambda repository: True)
    sort = parameters.get("sort", default)
    sort = sort if sort in _SORT else default
    # Names run from a to z, times from the newest, unless the direction says otherwise.
    direction = parameters.get("direction", "asc" if sort == "full_name" else "desc")
    return sorted(filter(wanted, repositories), key=_SORT[sort], reverse=direction == "desc")


def _whole(text: str | None, default: int, most: int | None) -> int:
    number = int(text) if text is not None and text.isdecimal() and int(text) > 0 else default
    return number if most is None else min(number, most)


def _link(address: str, parameters: Mapping[str, str], page: int, last: int) -> str:
    """Return the Link header: relations in the order in which GitHub sends them, none for a single page."""
    relations: dict[str, int] = {}
    if page > 1:
        relations["prev"] = min(page - 1, last)
    if page < last:
        relations |= {"next": page + 1, "last": last}
    if page > 1:
        relations["first"] = 1
    return ", ".join(
        f'<{address}?{urlencode({**parameters, "page": number})}>; rel="{relation}"'
        for relation, number in relations.items()
        if last > 1
    )

"""GitHub's REST API over a world: a request in, the world's answer out.

Answers depend on the request and the world only. Limits, faults and time are none of its business, and every
answer is kept, so that serving the same call again costs a look-up.

References
----------
https://docs.github.com/en/rest
"""

from __future__ import annotations

from urllib.parse import unquote

from batchlab.hub import archives, contents, git_database, listing, organizations, refusals, rest_bodies
from batchlab.hub.addresses import Addresses
from batchlab.hub.kept import Kept
from batchlab.hub.messages import Answer, HubRequest
from batchlab.hub.repository_request import RepositoryRequest
from batchlab.hub.world import World, WorldRepository

_KEPT_BYTES = 256 * 1024 * 1024
# What an entry of the cache takes beside its body, roughly.
_OVERHEAD = 1024
_IDENTIFYING = ("accept", "authorization", "cookie", "x-github-api-version")
_LISTINGS = ("orgs", "users", "organizations", "user")


class RestApi:
    """The REST endpoints.

    Parameters
    ----------
    world
        What there is to read.
    addresses
        Where GitHub's hosts are reached; they go into bodies and links.
    kept_bytes
        Memory for answers already given, in bytes; the oldest go first.
    """

    def __init__(self, world: World, addresses: Addresses | None = None, kept_bytes: int = _KEPT_BYTES) -> None:
        self.world = world
        self.addresses = addresses or Addresses()
        self._kept: Kept[tuple[str | None, ...], Answer] = Kept(kept_bytes, lambda one: len(one.body) + _OVERHEAD)

    def answer(self, request: HubRequest, authorized: bool) -> Answer:
        """Return the answer to a request.

        Parameters
        ----------
        request
            GET or HEAD; other methods find nothing.
        authorized
            Whether the caller's token is good: then private repositories are visible.
        """
        headers = request.headers
        key = (request.method, request.path, request.query, *(headers.get(name) for name in _IDENTIFYING))
        answer = self._kept.get(key)
        if answer is None:
            answer = self._kept[key] = self._route(request, authorized)
        return answer

    def _route(self, request: HubRequest, authorized: bool) -> Answer:
        if request.method not in ("GET", "HEAD"):
            return refusals.not_found()
        match request.path.split("/")[1:]:
            case [family, login, "repos"] if family in _LISTINGS:
                return listing.answer(self.world, request, family, unquote(login), self.addresses.api, authorized)
            case ["orgs", login]:
                return organizations.answer(self.world, request, unquote(login), self.addresses.api)
            case ["repos", owner, name, *tail]:
                return self._named(request, f"{unquote(owner)}/{unquote(name)}", tail, authorized)
            case ["repositories", number, *tail] if number.isdecimal():
                found = self.world.by_id(int(number))
                return self._repository(request, found, tail, authorized)
        return refusals.not_found()

    def _named(self, request: HubRequest, name: str, tail: list[str], authorized: bool) -> Answer:
        found = self.world.get(name)
        renamed = None if found else self.world.renamed(name)
        if renamed and renamed.is_visible(authorized):
            query = f"?{request.query}" if request.query else ""
            return refusals.moved("/".join([self.addresses.api, "repositories", str(renamed.id), *tail]) + query)
        return self._repository(request, found, tail, authorized)

    def _repository(
        self, request: HubRequest, found: WorldRepository | None, tail: list[str], authorized: bool
    ) -> Answer:
        if found is not None and found.visibility == "sso" and authorized:
            return refusals.single_sign_on(found.owner)
        if found is None or not found.is_visible(authorized):
            return refusals.not_found("repository", "/repos/repos#get-a-repository")
        if found.blocked:
            return refusals.blocked(found.full_name, found.updated_at)
        return _endpoint(RepositoryRequest(found, request, self.addresses), tail)


def _endpoint(asked: RepositoryRequest, tail: list[str]) -> Answer:
    match tail:
        case []:
            return asked.json("repository", rest_bodies.full_repository(asked.repository, asked.root))
        case ["git", "blobs", sha]:
            return git_database.blob(asked, unquote(sha))
        case ["git", "trees", ref]:
            return git_database.tree(asked, unquote(ref))
        case ["contents", *parts]:
            return contents.answer(asked, unquote("/".join(parts)))
        case ["commits", ref]:
            return git_database.commit(asked, unquote(ref))
        case ["tarball", *parts]:
            return archives.redirect(asked, unquote("/".join(parts)))
    return refusals.not_found()

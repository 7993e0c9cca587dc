"""How each field of the schema is answered from a world.

A field that stands for itself is a line of a table; what looks something up is a function.
"""

from __future__ import annotations

import binascii
from base64 import b64decode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from graphql import GraphQLObjectType, GraphQLResolveInfo, GraphQLSchema

from batchlab.hub import rest_bodies
from batchlab.hub.graphql import errors
from batchlab.hub.graphql.connections import Connection
from batchlab.hub.graphql.objects import BlobObject, GitObject, RefObject, find_object
from batchlab.hub.graphql.schema import served_schema
from batchlab.hub.world import World, WorldRepository, identifier

_WEB = "https://github.com"


@dataclass
class Reading:
    """One execution: the world, the bound on look-ups, and a count of what was read.

    Parameters
    ----------
    world
        What there is to read.
    most_objects
        Git objects that one query may look up, None for no bound.
    repositories
        Names of those met.
    objects
        Git objects looked up.
    text_length
        Characters of text handed out.
    """

    world: World
    most_objects: int | None = None
    repositories: set[str] = field(default_factory=set)
    objects: int = 0
    text_length: int = 0

    def repository(self, full_name: str, *, follow_renames: bool = True) -> WorldRepository:
        """Return a repository that the caller may see, or raise GitHub's error."""
        found = self.world.get(full_name) or (self.world.renamed(full_name) if follow_renames else None)
        if found is None or found.visibility == "hidden":
            raise errors.no_repository(full_name)
        if found.visibility == "sso":
            raise errors.single_sign_on()
        if found.blocked:
            raise errors.access_blocked()
        self.repositories.add(found.full_name)
        return found

    def object(self, repository: WorldRepository, oid: str | None, expression: str | None) -> GitObject | None:
        """Return a git object, or raise once the query has had its share."""
        self.objects += 1
        if self.most_objects is not None and self.objects > self.most_objects:
            raise errors.resource_limits()
        return find_object(repository, oid, expression)


@dataclass(frozen=True)
class _Owner:
    login: str
    kind = "Organization"


@dataclass(frozen=True)
class _Language:
    name: str
    kind = "Language"


def _repository(_: None, info: GraphQLResolveInfo[Reading], owner: str, name: str, **options: bool) -> WorldRepository:
    return info.context.repository(f"{owner}/{name}", follow_renames=options.get("followRenames", True))


def _owner(_: None, info: GraphQLResolveInfo[Reading], login: str) -> _Owner | None:
    reading = info.context
    owned = reading.world.owned_by(login)
    return _Owner(owned[0].owner) if owned else None


def _organization(_: None, info: GraphQLResolveInfo[Reading], login: str) -> _Owner:
    found = _owner(None, info, login)
    if found is None:
        raise errors.no_owner(login, "an Organization")
    return found


def _repositories(owner: _Owner, info: GraphQLResolveInfo[Reading], **asked: Any) -> Connection:
    reading = info.context
    wanted = {name: asked[name] for name in ("isArchived", "isFork") if asked.get(name) is not None}
    shown = [
        one
        for one in reading.world.owned_by(owner.login)
        if one.visibility in ("public", "private")
        and wanted.get("isArchived", one.archived) == one.archived
        and wanted.get("isFork", one.fork) == one.fork
    ]
    return _page(sorted(shown, key=lambda one: one.full_name.lower()), asked)


def _refs(repository: WorldRepository, _: GraphQLResolveInfo[Reading], **asked: Any) -> Connection:
    branches = asked["refPrefix"].rstrip("/") == "refs/heads"
    names = sorted(repository.refs) if branches else []
    return _page([RefObject(repository, name) for name in names], asked)


def _page(items: list[Any], asked: Mapping[str, Any]) -> Connection:
    return Connection.of(items, *(asked.get(name) for name in ("first", "last", "after", "before")))


def _ref(repository: WorldRepository, _: GraphQLResolveInfo[Reading], **asked: str) -> RefObject | None:
    name = asked["qualifiedName"].removeprefix("refs/heads/")
    return RefObject(repository, name) if name in repository.refs else None


def _default_branch(repository: WorldRepository, info: GraphQLResolveInfo[Reading]) -> RefObject | None:
    return _ref(repository, info, qualifiedName=repository.default_branch)


def _object(
    repository: WorldRepository,
    info: GraphQLResolveInfo[Reading],
    oid: str | None = None,
    expression: str | None = None,
) -> GitObject | None:
    return info.context.object(repository, oid, expression)


def _text(blob: BlobObject, info: GraphQLResolveInfo[Reading]) -> str | None:
    reading = info.context
    text = blob.text
    reading.text_length += len(text or "")
    return text


def _node(_: None, info: GraphQLResolveInfo[Reading], **asked: str) -> Any:
    found = _by_node_id(info.context, asked["id"])
    if found is None:
        raise errors.no_node(asked["id"])
    return found


def _nodes(_: None, info: GraphQLResolveInfo[Reading], ids: list[str]) -> list[Any]:
    return [_by_node_id(info.context, one) or errors.no_node(one) for one in ids]


def _by_node_id(reading: Reading, text: str) -> Any:
    """Return what an id stands for: a repository, or a git object in one."""
    try:
        length, _, rest = b64decode(text, validate=True).decode().partition(":")
        number, _, oid = rest[int(length) :].partition(":")
    except (binascii.Error, ValueError):
        return None
    repository = reading.world.by_id(int(number)) if number.isdecimal() else None
    if repository is None or repository.visibility == "hidden":
        return None
    found = reading.repository(repository.full_name)
    return reading.object(found, oid, None) if oid else found


def _id(value: Any, _: GraphQLResolveInfo[Reading]) -> str:
    match value:
        case WorldRepository():
            return rest_bodies.node_id("Repository", value.id)
        case _Owner():
            return rest_bodies.node_id("Organization", identifier(value.login))
        case _Language():
            return rest_bodies.node_id("Language", identifier(value.name))
        case RefObject():
            return rest_bodies.node_id("Ref", f"{value.repository.id}:{value.prefix}{value.name}")
    return rest_bodies.node_id(value.kind, f"{value.repository.id}:{value.oid}")


_Plain = Mapping[str, Callable[[Any], Any]]
_GIT_OBJECT: _Plain = {"abbreviatedOid": lambda one: one.oid[:7]}
_PLAIN: Mapping[str, _Plain] = {
    "Query": {"rateLimit": lambda _: None},
    "Organization": {
        "databaseId": lambda one: None if identifier(one.login) >= 2**31 else identifier(one.login),
        "url": lambda one: f"{_WEB}/{one.login}",
    },
    "RepositoryConnection": {"pageInfo": lambda page: page, "totalCount": lambda page: len(page.items)},
    "RefConnection": {"pageInfo": lambda page: page, "totalCount": lambda page: len(page.items)},
    "PageInfo": {
        "endCursor": lambda page: page.end_cursor,
        "hasNextPage": lambda page: page.end < len(page.items),
        "hasPreviousPage": lambda page: page.start > 0,
        "startCursor": lambda page: page.start_cursor,
    },
    "Repository": {
        "createdAt": lambda one: one.created_at,
        "databaseId": lambda one: None if one.id >= 2**31 else one.id,
        "diskUsage": rest_bodies.kilobytes,
        "isArchived": lambda one: one.archived,
        "isEmpty": lambda one: not one.snapshots,
        "isFork": lambda one: one.fork,
        "isPrivate": lambda one: one.visibility != "public",
        "nameWithOwner": lambda one: one.full_name,
        "owner": lambda one: _Owner(one.owner),
        "primaryLanguage": lambda one: _Language(one.language) if one.language else None,
        "pushedAt": lambda one: one.pushed_at,
        "updatedAt": lambda one: one.updated_at,
        "url": lambda one: f"{_WEB}/{one.full_name}",
    },
    "Commit": {**_GIT_OBJECT, "committedDate": lambda one: one.repository.pushed_at},
    "Tree": _GIT_OBJECT,
    "Blob": {
        **_GIT_OBJECT,
        "byteSize": lambda one: one.byte_size,
        "isBinary": lambda one: one.is_binary,
        "isTruncated": lambda one: one.is_truncated,
    },
    "TreeEntry": {
        "mode": lambda one: int(one.entry.mode, 8),
        "name": lambda one: one.entry.name,
        "oid": lambda one: one.entry.sha,
        "path": lambda one: one.entry.path,
        "size": lambda one: one.entry.size or 0,
        "type": lambda one: one.entry.type,
    },
}
_LOOKED_UP: Mapping[str, Mapping[str, Callable[..., Any]]] = {
    "Query": {
        "node": _node,
        "nodes": _nodes,
        "organization": _organization,
        "repository": _repository,
        "repositoryOwner": _owner,
    },
    "Organization": {"repositories": _repositories},
    "Repository": {"defaultBranchRef": _default_branch, "object": _object, "ref": _ref, "refs": _refs},
    "Blob": {"text": _text},
}


def _ignoring_info(plain: Callable[[Any], Any]) -> Callable[[Any, GraphQLResolveInfo[Reading]], Any]:
    return lambda source, _: plain(source)


def kind_of(value: Any, *_: Any) -> str:
    """Return the name of a value's type, where the schema says no more than an interface."""
    kind: str = "Repository" if isinstance(value, WorldRepository) else value.kind
    return kind


@cache
def executable_schema() -> GraphQLSchema:
    """Return the schema with its resolvers, made once."""
    schema = served_schema()
    for name, kind in schema.type_map.items():
        if isinstance(kind, GraphQLObjectType) and not name.startswith("__"):
            for key, plain in _PLAIN.get(name, {}).items():
                kind.fields[key].resolve = _ignoring_info(plain)
            for key, answer in _LOOKED_UP.get(name, {}).items():
                kind.fields[key].resolve = answer
            if "id" in kind.fields:
                kind.fields["id"].resolve = _id
    return schema

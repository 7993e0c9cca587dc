"""The host of raw files: a repository, a ref and a path in, the bytes out.

What it answers is seen from outside only; GitHub documents neither its error bodies nor its headers.
"""

from __future__ import annotations

from urllib.parse import unquote

from batchlab.hub import refusals
from batchlab.hub.blobs import AbsentBlobError
from batchlab.hub.messages import Answer, HubRequest
from batchlab.hub.world import World, WorldRepository

ENDPOINT = "raw"
_HEADERS = {"content-type": "text/plain; charset=utf-8", "cache-control": "max-age=300"}


def answer(world: World, request: HubRequest, authorized: bool) -> Answer:
    """Return the file at a path such as ``/owner/name/main/src/go.mod``.

    Parameters
    ----------
    world
        What there is to read.
    request
        GET or HEAD.
    authorized
        Whether the caller's token is good: then private repositories are visible.
    """
    owner, name, *parts = [*unquote(request.path).split("/")[1:], "", ""][: request.path.count("/") + 2]
    found = world.get(f"{owner}/{name}")
    if found and found.is_visible(authorized) and not found.blocked and request.method in ("GET", "HEAD"):
        return _file(found, [part for part in parts if part])
    return _not_found()


def _file(repository: WorldRepository, parts: list[str]) -> Answer:
    for length in range(1, len(parts)):
        # A ref may hold slashes, so it ends where the first known one does.
        snapshot = repository.snapshot("/".join(parts[:length]))
        if snapshot is not None:
            entry = snapshot.by_path.get("/".join(parts[length:]))
            try:
                content = repository.blobs.read(entry.sha) if entry and entry.type == "blob" else None
            except AbsentBlobError:
                content = None
            if entry and content is not None:
                return Answer(200, content, _HEADERS | {"etag": f'"{entry.sha}"'}, ENDPOINT)
    return _not_found()


def _not_found() -> Answer:
    return refusals.plain(404, "404: Not Found", ENDPOINT)

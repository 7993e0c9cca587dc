"""The contents endpoint: a path to a file, directory, symlink or submodule.

References
----------
https://docs.github.com/en/rest/repos/contents
"""

from __future__ import annotations

import posixpath
from configparser import ConfigParser
from configparser import Error as ConfigParserError

from batchlab.hub import media, refusals, rest_bodies
from batchlab.hub.blobs import AbsentBlobError
from batchlab.hub.messages import Answer
from batchlab.hub.repository_request import LARGEST_BLOB, RepositoryRequest
from batchlab.hub.snapshot import SUBMODULE, SYMLINK, Snapshot, TreeEntry

LARGEST_INLINE = 1024 * 1024
LARGEST_LISTING = 1000
_ANCHOR = "/repos/contents#get-repository-content"
_FIRST_VERSION_WITH_TYPED_SUBMODULES = "2026-03-10"


def answer(asked: RepositoryRequest, path: str) -> Answer:
    """Return what lies at a path; the root's is empty."""
    subject = asked.repository
    if not subject.snapshots:
        return refusals.error(404, "This repository is empty.", "contents", docs=refusals.DOCS + _ANCHOR)
    ref = asked.request.parameters.get("ref") or subject.default_branch
    snapshot = subject.snapshot(ref)
    if snapshot is None:
        docs = "https://docs.github.com/v3/repos/contents/"
        return refusals.error(404, f"No commit found for the ref {ref}", "contents", docs=docs)
    entry = snapshot.by_path.get(path)
    if path == "" or (entry is not None and entry.type == "tree"):
        return _directory(asked, snapshot, path, ref)
    if entry is None or path.endswith("/"):
        return refusals.not_found("contents", _ANCHOR)
    if entry.mode == SUBMODULE:
        return _submodule(asked, snapshot, entry, ref)
    return _symlink(asked, snapshot, entry, ref) if entry.mode == SYMLINK else _file(asked, entry, ref)


def _directory(asked: RepositoryRequest, snapshot: Snapshot, path: str, ref: str) -> Answer:
    items = [
        rest_bodies.content_item(asked.repository, entry, _listed_kind(asked, entry), ref, asked.addresses)
        for entry in snapshot.children(path)[:LARGEST_LISTING]
    ]
    sha = snapshot.by_path[path].sha if path else snapshot.tree
    if asked.media != "object":
        return asked.json("contents", items, etag=sha)
    directory = TreeEntry(path, "040000", "tree", sha)
    item = rest_bodies.content_item(asked.repository, directory, "dir", ref, asked.addresses)
    return asked.json("contents", item | {"entries": items}, etag=sha)


def _listed_kind(asked: RepositoryRequest, entry: TreeEntry) -> str:
    if entry.mode == SUBMODULE:
        return "submodule" if asked.version >= _FIRST_VERSION_WITH_TYPED_SUBMODULES else "file"
    return {"tree": "dir"}.get(entry.type) or ("symlink" if entry.mode == SYMLINK else "file")


def _file(asked: RepositoryRequest, entry: TreeEntry, ref: str) -> Answer:
    size = entry.size
    if size is not None and size > LARGEST_BLOB:
        return asked.too_large("contents")
    try:
        if asked.media == "raw":
            content = asked.repository.blobs.read(entry.sha)
            return asked.raw("contents", content, media.raw_type(asked.accept), etag=entry.sha)
        return asked.json("contents", _file_body(asked, entry, ref), etag=entry.sha)
    except AbsentBlobError as absent:
        return asked.absent("contents", absent)


def _file_body(asked: RepositoryRequest, entry: TreeEntry, ref: str) -> rest_bodies.Body:
    size = entry.size
    if size is not None and size > LARGEST_INLINE:
        carried = {"content": "", "encoding": "none"}
    else:
        content = asked.repository.blobs.read(entry.sha)
        size = len(content)
        carried = {"content": rest_bodies.wrapped_base64(content), "encoding": "base64"}
    return rest_bodies.content_item(asked.repository, entry, "file", ref, asked.addresses, size) | carried


def _symlink(asked: RepositoryRequest, snapshot: Snapshot, entry: TreeEntry, ref: str) -> Answer:
    try:
        text = asked.repository.blobs.read(entry.sha)
    except AbsentBlobError as absent:
        return asked.absent("contents", absent)
    target = text.decode(errors="replace")
    place = posixpath.normpath(posixpath.join(posixpath.dirname(entry.path), target))
    pointed = snapshot.by_path.get(place)
    if pointed is not None and pointed.type == "blob" and pointed.mode != SYMLINK:
        return _file(asked, pointed._replace(path=entry.path), ref)
    if asked.media == "raw":
        return asked.raw("contents", text, media.raw_type(asked.accept), etag=entry.sha)
    item = rest_bodies.content_item(asked.repository, entry, "symlink", ref, asked.addresses)
    return asked.json("contents", item | {"target": target}, etag=entry.sha)


def _submodule(asked: RepositoryRequest, snapshot: Snapshot, entry: TreeEntry, ref: str) -> Answer:
    item = rest_bodies.content_item(asked.repository, entry, "submodule", ref, asked.addresses)
    url = _submodule_url(asked, snapshot, entry.path)
    return asked.json("contents", item | {"submodule_git_url": url}, etag=entry.sha)


def _submodule_url(asked: RepositoryRequest, snapshot: Snapshot, path: str) -> str | None:
    """Return the address that ``.gitmodules`` gives, None where it does not or cannot be read."""
    listed = snapshot.by_path.get(".gitmodules")
    modules = ConfigParser(interpolation=None, strict=False)
    try:
        if listed is not None:
            modules.read_string(asked.repository.blobs.read(listed.sha).decode(errors="replace"))
    except (AbsentBlobError, ConfigParserError):
        return None
    sections = (modules[name] for name in modules.sections())
    return next((section.get("url") for section in sections if section.get("path") == path), None)

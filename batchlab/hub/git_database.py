"""The git database endpoints: trees, blobs, and what commit a ref means.

References
----------
https://docs.github.com/en/rest/git
"""

from __future__ import annotations

import re

from batchlab.hub import media, refusals, rest_bodies
from batchlab.hub.blobs import AbsentBlobError
from batchlab.hub.messages import Answer
from batchlab.hub.repository_request import LARGEST_BLOB, RepositoryRequest
from batchlab.hub.snapshot import Snapshot

LARGEST_TREE_ENTRIES = 100_000
LARGEST_TREE_BYTES = 7 * 1000 * 1000
_SHA = re.compile(r"[0-9a-f]{40}")
_RAW_TEXT = "text/plain; charset=utf-8"


def tree(asked: RepositoryRequest, ref: str) -> Answer:
    """Return a tree by its sha, or by a branch, tag or commit."""
    subject = asked.repository
    if not subject.snapshots:
        return asked.empty("tree")
    snapshot = subject.snapshot(ref)
    found = (snapshot, "") if snapshot else subject.tree(ref)
    if found is None:
        return refusals.not_found("tree", "/git/trees#get-a-tree")
    body = _tree_body(asked, *found, recursive="recursive" in asked.request.parameters)
    return asked.raw("tree", body, media.JSON)


def _tree_body(asked: RepositoryRequest, snapshot: Snapshot, directory: str, *, recursive: bool) -> bytes:
    """Return a tree's JSON, cut where GitHub cuts it."""
    git_url = f"{asked.root}/repos/{asked.repository.full_name}/git"
    entries = snapshot.below(directory) if recursive else snapshot.children(directory)
    prefix = len(directory) + 1 if directory else 0
    sha = snapshot.by_path[directory].sha if directory else snapshot.tree
    rows, room = [], LARGEST_TREE_BYTES if recursive else float("inf")
    for entry in entries[:LARGEST_TREE_ENTRIES]:
        row = rest_bodies.encoded(rest_bodies.tree_entry(entry, entry.path[prefix:], git_url))
        room -= len(row) + 1
        if room < 0:
            break
        rows.append(row)
    truncated = b"true" if len(rows) < len(entries) else b"false"
    head = f'{{"sha":"{sha}","url":"{git_url}/trees/{sha}","tree":['.encode()
    return head + b",".join(rows) + b'],"truncated":' + truncated + b"}"


def blob(asked: RepositoryRequest, sha: str) -> Answer:
    """Return a blob that a tree of this repository lists."""
    if not asked.repository.snapshots:
        return asked.empty("blob")
    if not _SHA.fullmatch(sha):
        message = "The sha parameter must be exactly 40 characters and contain only [0-9a-f]."
        return refusals.error(422, message, "blob", docs=refusals.DOCS + "/git/blobs#get-a-blob")
    if not asked.repository.has_blob(sha):
        return refusals.not_found("blob", "/git/blobs#get-a-blob")
    if (asked.repository.blob_size(sha) or 0) > LARGEST_BLOB:
        return asked.too_large("blob")
    try:
        content = asked.repository.blobs.read(sha)
    except AbsentBlobError as absent:
        return asked.absent("blob", absent)
    if asked.media == "raw":
        return asked.raw("blob", content, _RAW_TEXT, modified=False)
    return asked.json("blob", rest_bodies.blob(asked.repository, sha, content, asked.root), modified=False)


def commit(asked: RepositoryRequest, ref: str) -> Answer:
    """Return the commit that a ref means: its sha alone where the media type asks for that."""
    if not asked.repository.snapshots:
        return asked.empty("commit")
    sha = asked.repository.commit(ref)
    if sha is None:
        return refusals.not_found("commit", "/commits/commits#get-a-commit")
    if asked.media == "sha":
        return asked.raw("commit", sha.encode(), "application/vnd.github.sha; charset=utf-8", etag=sha)
    tree_sha = asked.repository.snapshots[sha].tree
    return asked.json("commit", rest_bodies.commit(asked.repository, sha, tree_sha, asked.root))

"""GitHub's JSON for repositories, owners, commits and files: values in, dictionaries out."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any
from urllib.parse import quote

from batchlab.hub.addresses import Addresses
from batchlab.hub.snapshot import TreeEntry
from batchlab.hub.world import WorldRepository, identifier

Body = dict[str, Any]
_WEB = "https://github.com"
_LINE = 60
_OWNER_LINKS = {
    "followers_url": "/followers",
    "following_url": "/following{/other_user}",
    "gists_url": "/gists{/gist_id}",
    "starred_url": "/starred{/owner}{/repo}",
    "subscriptions_url": "/subscriptions",
    "organizations_url": "/orgs",
    "repos_url": "/repos",
    "events_url": "/events{/privacy}",
    "received_events_url": "/received_events",
}
_REPOSITORY_LINKS = {
    "archive_url": "/{archive_format}{/ref}",
    "assignees_url": "/assignees{/user}",
    "blobs_url": "/git/blobs{/sha}",
    "branches_url": "/branches{/branch}",
    "collaborators_url": "/collaborators{/collaborator}",
    "comments_url": "/comments{/number}",
    "commits_url": "/commits{/sha}",
    "compare_url": "/compare/{base}...{head}",
    "contents_url": "/contents/{+path}",
    "contributors_url": "/contributors",
    "deployments_url": "/deployments",
    "downloads_url": "/downloads",
    "events_url": "/events",
    "forks_url": "/forks",
    "git_commits_url": "/git/commits{/sha}",
    "git_refs_url": "/git/refs{/sha}",
    "git_tags_url": "/git/tags{/sha}",
    "hooks_url": "/hooks",
    "issue_comment_url": "/issues/comments{/number}",
    "issue_events_url": "/issues/events{/number}",
    "issues_url": "/issues{/number}",
    "keys_url": "/keys{/key_id}",
    "labels_url": "/labels{/name}",
    "languages_url": "/languages",
    "merges_url": "/merges",
    "milestones_url": "/milestones{/number}",
    "notifications_url": "/notifications{?since,all,participating}",
    "pulls_url": "/pulls{/number}",
    "releases_url": "/releases{/id}",
    "stargazers_url": "/stargazers",
    "statuses_url": "/statuses/{sha}",
    "subscribers_url": "/subscribers",
    "subscription_url": "/subscription",
    "tags_url": "/tags",
    "teams_url": "/teams",
    "trees_url": "/git/trees{/sha}",
}
_NOBODY = {"name": "Batch Lab", "email": "batchlab@example.org", "date": "2026-01-01T00:00:00Z"}

_ENCODER = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False)


def encoded(body: Any) -> bytes:
    """Return a body's bytes: compact JSON in UTF-8, as GitHub sends it to programs."""
    return _ENCODER.encode(body).encode()


def node_id(kind: str, value: object) -> str:
    """Return a GraphQL node id in GitHub's first form.

    Examples
    --------
    >>> node_id("Repository", 1296269)
    'MDEwOlJlcG9zaXRvcnkxMjk2MjY5'
    """
    return b64encode(f"0{len(kind)}:{kind}{value}".encode()).decode()


def http_date(moment: str) -> str:
    """Return an ISO 8601 time in the form of an HTTP header.

    Examples
    --------
    >>> http_date("2026-01-01T00:00:00Z")
    'Thu, 01 Jan 2026 00:00:00 GMT'
    """
    return format_datetime(datetime.fromisoformat(moment).astimezone(UTC), usegmt=True)


def wrapped_base64(content: bytes) -> str:
    """Return base64 with a line end after every 60 characters, as GitHub sends it."""
    text = b64encode(content).decode()
    return "".join([text[at : at + _LINE] + "\n" for at in range(0, len(text), _LINE)])


def owner(login: str, root: str) -> Body:
    """Return GitHub's ``simple-user``."""
    number, url = identifier(login), f"{root}/users/{login}"
    return {
        "login": login,
        "id": number,
        "node_id": node_id("User", number),
        "avatar_url": f"https://avatars.githubusercontent.com/u/{number}?v=4",
        "gravatar_id": "",
        "url": url,
        "html_url": f"{_WEB}/{login}",
        **{name: url + suffix for name, suffix in _OWNER_LINKS.items()},
        "type": "Organization",
        "site_admin": False,
    }


def repository(subject: WorldRepository, root: str) -> Body:
    """Return what GitHub's ``minimal-repository`` and ``full-repository`` have in common."""
    url, web = f"{root}/repos/{subject.full_name}", f"{_WEB}/{subject.full_name}"
    return {
        "id": subject.id,
        "node_id": node_id("Repository", subject.id),
        "name": subject.name,
        "full_name": subject.full_name,
        "private": subject.visibility != "public",
        "owner": owner(subject.owner, root),
        "html_url": web,
        "description": subject.description,
        "fork": subject.fork,
        "url": url,
        **{name: url + suffix for name, suffix in _REPOSITORY_LINKS.items()},
        "git_url": f"git://github.com/{subject.full_name}.git",
        "ssh_url": f"git@github.com:{subject.full_name}.git",
        "clone_url": f"{web}.git",
        "svn_url": web,
        "mirror_url": None,
        "homepage": None,
        "language": subject.language,
        "archived": subject.archived,
        "disabled": False,
        "visibility": "public" if subject.visibility == "public" else "private",
        "default_branch": subject.default_branch,
        "created_at": subject.created_at,
        "updated_at": subject.updated_at,
        "pushed_at": subject.pushed_at,
        "size": kilobytes(subject),
        **_ACTIVITY,
    }


_ACTIVITY: Body = {
    "has_issues": True,
    "has_projects": False,
    "has_downloads": True,
    "has_wiki": False,
    "has_pages": False,
    "has_discussions": False,
    "forks": 0,
    "forks_count": 0,
    "open_issues": 0,
    "open_issues_count": 0,
    "stargazers_count": 0,
    "watchers": 0,
    "watchers_count": 0,
    "license": None,
}


def full_repository(subject: WorldRepository, root: str) -> Body:
    """Return GitHub's ``full-repository``."""
    return repository(subject, root) | {"network_count": 0, "subscribers_count": 0}


def kilobytes(subject: WorldRepository) -> int:
    """Return the size of the files on the default branch, in kB."""
    snapshot = subject.snapshot("HEAD")
    return sum(entry.size or 0 for entry in snapshot.entries) // 1024 if snapshot else 0


def blob(subject: WorldRepository, sha: str, content: bytes, root: str) -> Body:
    """Return GitHub's ``blob``."""
    return {
        "sha": sha,
        "node_id": node_id("Blob", f"{subject.id}:{sha}"),
        "size": len(content),
        "url": f"{root}/repos/{subject.full_name}/git/blobs/{sha}",
        "content": wrapped_base64(content),
        "encoding": "base64",
    }


def commit(subject: WorldRepository, sha: str, tree: str, root: str) -> Body:
    """Return GitHub's ``commit`` without its files."""
    url = f"{root}/repos/{subject.full_name}"
    return {
        "sha": sha,
        "node_id": node_id("Commit", f"{subject.id}:{sha}"),
        "commit": {
            "author": _NOBODY,
            "committer": _NOBODY,
            "message": "Snapshot",
            "tree": {"sha": tree, "url": f"{url}/git/trees/{tree}"},
            "url": f"{url}/git/commits/{sha}",
            "comment_count": 0,
        },
        "url": f"{url}/commits/{sha}",
        "html_url": f"{_WEB}/{subject.full_name}/commit/{sha}",
        "comments_url": f"{url}/commits/{sha}/comments",
        "author": None,
        "committer": None,
        "parents": [],
    }


def tree_entry(entry: TreeEntry, path: str, git_url: str) -> Body:
    """Return one entry of a tree; submodules have no url."""
    body: Body = {"path": path, "mode": entry.mode, "type": entry.type, "sha": entry.sha}
    if entry.size is not None:
        body["size"] = entry.size
    if entry.type != "commit":
        body["url"] = f"{git_url}/{entry.type}s/{entry.sha}"
    return body


def content_item(
    subject: WorldRepository, entry: TreeEntry, kind: str, ref: str, addresses: Addresses, size: int | None = None
) -> Body:
    """Return what every answer of the contents endpoint says of a path.

    Parameters
    ----------
    subject, entry
        The repository and the path's entry.
    kind
        ``"file"``, ``"dir"``, ``"symlink"`` or ``"submodule"``.
    ref
        As asked for; it goes into the urls.
    addresses
        Of GitHub's hosts.
    size
        Bytes, where the entry does not tell.
    """
    path, root = quote(entry.path), addresses.api
    itself = f"{root}/repos/{subject.full_name}/contents/{path}?ref={quote(ref, safe='')}"
    links = _content_links(subject, entry, kind, f"{quote(ref)}/{path}", root)
    return {
        "type": kind,
        "name": entry.name,
        "path": entry.path,
        "sha": entry.sha,
        "size": size or entry.size or 0,
        "url": itself,
        "html_url": links["html"],
        "git_url": links["git"],
        "download_url": f"{addresses.raw}/{subject.full_name}/{quote(ref)}/{path}" if kind in _READABLE else None,
        "_links": {"self": itself, "git": links["git"], "html": links["html"]},
    }


_READABLE = ("file", "symlink")


def _content_links(
    subject: WorldRepository, entry: TreeEntry, kind: str, where: str, root: str
) -> Mapping[str, str | None]:
    if entry.type == "commit":
        # GitHub links only to submodules that it hosts itself, which no world holds.
        return {"git": None, "html": None}
    web_kind = "tree" if kind == "dir" else "blob"
    return {
        "git": f"{root}/repos/{subject.full_name}/git/{entry.type}s/{entry.sha}",
        "html": f"{_WEB}/{subject.full_name}/{web_kind}/{where}",
    }

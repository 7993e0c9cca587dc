"""Archives: the API's redirect to the archive host, and what that host answers.

References
----------
https://docs.github.com/en/rest/repos/contents#download-a-repository-archive-tar
"""

from __future__ import annotations

import re
from urllib.parse import quote, unquote

from batchlab.hub import refusals
from batchlab.hub.kept import Kept
from batchlab.hub.messages import Answer, HubRequest
from batchlab.hub.repository_request import RepositoryRequest
from batchlab.hub.tarball import Archive, archive
from batchlab.hub.world import World, WorldRepository

ENDPOINT = "archive"
REDIRECT = "tarball"
_KEPT_BYTES = 256 * 1024 * 1024
_SHA = re.compile(r"[0-9a-f]{40}")


def redirect(asked: RepositoryRequest, ref: str) -> Answer:
    """Return the 302 that leads to an archive; an unknown ref is 404, an empty repository is not noticed yet."""
    subject = asked.repository
    ref = ref or subject.default_branch
    if subject.snapshots and subject.commit(ref) is None:
        return refusals.not_found(REDIRECT, "/repos/contents#download-a-repository-archive-tar")
    whole = ref if _SHA.fullmatch(ref) or ref.startswith("refs/") or ref == "HEAD" else f"refs/heads/{ref}"
    headers = {
        "content-type": "text/html;charset=utf-8",
        "cache-control": "public, must-revalidate, max-age=0",
        "location": f"{asked.addresses.codeload}/{subject.full_name}/legacy.tar.gz/{quote(whole)}",
    }
    return Answer(302, b"", headers, REDIRECT)


class ArchiveHost:
    """Answers for codeload.github.com.

    Parameters
    ----------
    world
        What there is to archive.
    kept_bytes
        Memory for archives, in bytes; the oldest go first.
    """

    def __init__(self, world: World, kept_bytes: int = _KEPT_BYTES) -> None:
        self.world = world
        self._kept: Kept[tuple[str, str, str], Archive] = Kept(kept_bytes, lambda made: len(made.body))

    def answer(self, request: HubRequest, authorized: bool, compression: float) -> Answer:
        """Return the archive of a path such as ``/owner/name/legacy.tar.gz/refs/heads/main``.

        Parameters
        ----------
        request
            GET or HEAD.
        authorized
            Whether the caller's token is good: then private repositories are visible.
        compression
            Bytes on the wire for a byte of a file.
        """
        match unquote(request.path).split("/")[1:]:
            case [owner, name, "legacy.tar.gz" | "tar.gz" as form, *parts]:
                found = self.world.get(f"{owner}/{name}") or self.world.renamed(f"{owner}/{name}")
                ref = "/".join(parts) or "HEAD"
                commit = found.commit(ref) if found and found.is_visible(authorized) and not found.blocked else None
                if found and commit and request.method in ("GET", "HEAD"):
                    return self._archived(found, commit, _folder(found, commit, ref, form), compression)
        return refusals.plain(404, "404: Not Found", ENDPOINT)

    def _archived(self, repository: WorldRepository, commit: str, folder: str, compression: float) -> Answer:
        made = self._made(repository, commit, folder)
        headers = {
            "content-type": "application/x-gzip",
            "content-disposition": f"attachment; filename={folder}.tar.gz",
            "etag": f'W/"{commit}{repository.id:024x}"',
            "vary": "Authorization,Accept-Encoding,Origin",
        }
        return Answer(200, made.body, headers, ENDPOINT, wire=int(compression * made.unpacked))

    def _made(self, repository: WorldRepository, commit: str, folder: str) -> Archive:
        key = (repository.full_name, commit, folder)
        made = self._kept.get(key)
        if made is None:
            made = self._kept[key] = archive(repository, commit, folder)
        return made


def _folder(repository: WorldRepository, commit: str, ref: str, form: str) -> str:
    """Return the name of the folder at the top: the API's own form, or the one of a plain download."""
    if form == "tar.gz":
        return f"{repository.name}-{ref.removeprefix('refs/heads/').removeprefix('refs/tags/').replace('/', '-')}"
    return f"{repository.owner}-{repository.name}-{commit[:7]}"

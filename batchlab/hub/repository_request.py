"""A request to one repository, and the answers that all of its endpoints have in common."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from batchlab.hub import media, refusals, rest_bodies
from batchlab.hub.addresses import Addresses
from batchlab.hub.blobs import AbsentBlobError
from batchlab.hub.conditional import entity_tag
from batchlab.hub.messages import Answer, HubRequest
from batchlab.hub.world import WorldRepository

LARGEST_BLOB = 100 * 1024 * 1024
DEFAULT_VERSION = "2022-11-28"


@dataclass(frozen=True, slots=True)
class RepositoryRequest:
    """A request, the repository it is about, and the addresses of GitHub's hosts."""

    repository: WorldRepository
    request: HubRequest
    addresses: Addresses

    @property
    def root(self) -> str:
        """The API's own address."""
        return self.addresses.api

    @property
    def accept(self) -> str:
        """Value of the Accept header."""
        return self.request.headers.get("accept", "")

    @property
    def media(self) -> str:
        """GitHub's media type parameter: ``""``, ``"raw"``, ``"object"``, ``"sha"``."""
        return media.parameter(self.accept)

    @property
    def version(self) -> str:
        """The API version asked for."""
        return self.request.headers.get("x-github-api-version", DEFAULT_VERSION)

    def json(self, endpoint: str, body: Any, *, etag: str = "", modified: bool = True) -> Answer:
        """Return 200 with a JSON body; without ``etag`` the ETag is a hash of the body."""
        return self.raw(endpoint, rest_bodies.encoded(body), media.JSON, etag=etag, modified=modified)

    def raw(self, endpoint: str, body: bytes, content_type: str, *, etag: str = "", modified: bool = True) -> Answer:
        """Return 200 with these bytes; ``modified`` adds the time of the last push."""
        tag = f'"{etag}"' if etag else entity_tag(self.request.headers, body)
        headers = {"content-type": content_type, "etag": tag}
        if modified:
            headers["last-modified"] = rest_bodies.http_date(self.repository.pushed_at)
        return Answer(200, body, headers, endpoint)

    def empty(self, endpoint: str) -> Answer:
        """Return the 409 of a repository without commits."""
        return refusals.error(409, "Git Repository is empty.", endpoint, docs=refusals.DOCS + "/git")

    def absent(self, endpoint: str, absent: AbsentBlobError) -> Answer:
        """Return the 404 of a blob that is declared absent."""
        return refusals.error(404, f"Not Found: {absent}", endpoint, docs=refusals.DOCS + "/git/blobs")

    def too_large(self, endpoint: str) -> Answer:
        """Return the 403 of a blob over 100 MB.

        GitHub documents that it does not serve them and not how it says so; this is the form that it used for
        files over 1 MB.
        """
        errors = [{"resource": "Blob", "field": "data", "code": "too_large"}]
        message = "The requested blob is too large to fetch via the API, which returns blobs up to 100 MB."
        return refusals.error(403, message, endpoint, docs=refusals.DOCS + "/git/blobs", errors=errors)

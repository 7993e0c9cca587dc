"""What goes into the embedded GitHub and what comes out of it, as plain values.

No HTTP library is named here: the transport and the server translate to theirs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from batchlab.hub.addresses import Host


@dataclass(slots=True)
class HubRequest:
    """One HTTP request as the embedded GitHub sees it.

    Parameters
    ----------
    method
        ``"GET"``, ``"HEAD"``, ... in capitals.
    path
        Path of the URL, percent-encoding kept: an encoded slash is part of a name.
    query
        Query string without the question mark.
    headers
        Header values by lower-case name.
    body
        The request's bytes.
    host
        Which of GitHub's hosts it is sent to.
    """

    method: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    host: Host = "api"

    @property
    def parameters(self) -> dict[str, str]:
        """Query parameters, decoded; of a repeated one the last counts."""
        return dict(parse_qsl(self.query, keep_blank_values=True))


@dataclass(frozen=True, slots=True)
class Answer:
    """What the world says to a request: the part of a response that is the same every time.

    Parameters
    ----------
    status
        HTTP status.
    body
        The bytes of the body.
    headers
        Header values by lower-case name: the content's own, not the limits'.
    endpoint
        Name of the endpoint, for the books: ``"blob"``, ``"tree"``, ...
    free
        Whether it costs nothing of the primary limit.
    wire
        Bytes that the body is charged for on the wire, None for as many as it has.
    """

    status: int
    body: bytes
    headers: Mapping[str, str]
    endpoint: str
    free: bool = False
    wire: int | None = None


@dataclass(slots=True)
class HubResponse:
    """One HTTP response: status, header values by lower-case name, body."""

    status: int
    headers: dict[str, str]
    body: bytes

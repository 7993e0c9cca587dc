"""Where a GitHub's servers are, which of them may see the token, and where a redirect may lead.

Pure: nothing is looked up or sent here.

References
----------
https://docs.github.com/en/enterprise-server/admin/configuring-settings/hardening-security-for-your-enterprise/enabling-subdomain-isolation
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from urllib.parse import urljoin, urlsplit

from batchlab.errors import InputError, NetworkError
from batchlab.github_api import ApiRequest

GITHUB_API = "https://api.github.com"
GITHUB_RAW = "https://raw.githubusercontent.com"
_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True)
class Addresses:
    """The servers of one GitHub.

    Parameters
    ----------
    api
        Base address of REST.
    graphql
        Address of GraphQL.
    raw
        Base address of files as plain downloads.
    archives
        Origins that archives may come from.

    Examples
    --------
    >>> addresses = Addresses.of("https://github.example.com/api/v3")
    >>> addresses.graphql, addresses.raw
    ('https://github.example.com/api/graphql', 'https://github.example.com/raw')
    >>> sorted(addresses.archives)
    ['https://codeload.github.example.com', 'https://github.example.com']
    """

    api: str
    graphql: str
    raw: str
    archives: frozenset[str]
    _trusted: frozenset[str] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        trusted = {origin(self.api), origin(self.graphql), *self.archives, "api", "graphql"}
        object.__setattr__(self, "_trusted", frozenset(trusted))

    @classmethod
    def of(cls, api: str, graphql: str | None = None, raw: str | None = None, archives: str | None = None) -> Addresses:
        """Return the addresses of the GitHub whose REST API is at ``api``; what is not given is derived.

        Raises
        ------
        InputError
            An address is no http or https address.
        """
        given = {"base_url": api, "graphql_url": graphql, "raw_url": raw, "archive_url": archives}
        for name, address in given.items():
            _check(name, address)
        return cls(
            api.rstrip("/"),
            graphql or _graphql_of(api),
            (raw or _raw_of(api)).rstrip("/"),
            frozenset({origin(archives)} if archives else _archives_of(api)),
        )

    def url(self, host: str, path: str) -> str:
        """Return the address of a path on a host, named as in `ApiRequest`."""
        match host:
            case "api":
                return self.api + path
            case "graphql":
                return self.graphql
            case "raw":
                return self.raw + path
            case elsewhere:
                return elsewhere + path

    def may_see_token(self, request: ApiRequest) -> bool:
        """Return whether a call carries the token: to the API and its archive host, and nowhere else."""
        return request.host in self._trusted and request.endpoint != "raw"

    def redirected(self, request: ApiRequest, location: str) -> ApiRequest:
        """Return the call that a redirect asks for: to the same origin, or from the API to its archive host.

        Raises
        ------
        NetworkError
            The redirect has no usable address, or leads elsewhere.
        """
        here = self.url(request.host, request.path)
        try:
            target = urlsplit(urljoin(here, location))
            there = origin(target.geturl())
        except ValueError:
            raise NetworkError(f"{request.endpoint}: redirect without a usable address refused") from None
        if not location or there not in self._reachable(request, origin(here)):
            raise NetworkError(f"{request.endpoint}: redirect to another host refused: {target.hostname}")
        path = (target.path or "/") + (f"?{target.query}" if target.query else "")
        base = urlsplit(self.api).path
        if there == origin(self.api) and path.startswith(f"{base}/"):
            request = replace(request, host="api", path=path.removeprefix(base))
        else:
            request = replace(request, host=there, path=path)
        return _archive_hop(request) if request.endpoint == "tarball" else request

    def _reachable(self, request: ApiRequest, here: str) -> frozenset[str]:
        return self.archives | {here} if request.endpoint == "tarball" else frozenset({here})


def _archive_hop(request: ApiRequest) -> ApiRequest:
    # A renamed repository is still the API's own business; anything else has left its budget behind.
    if request.host == "api" and request.path.startswith(("/repos/", "/repositories/")):
        return request
    return replace(request, endpoint="archive", pool="codeload", points=0)


def origin(address: str) -> str:
    """Return scheme, host and port of an address, in the one form that compares equal.

    Raises
    ------
    ValueError
        The address has no http or https origin.

    Examples
    --------
    >>> origin("https://user@Example.com:443/path?query")
    'https://example.com'
    """
    parts = urlsplit(address)
    if parts.scheme not in _PORTS or not parts.hostname:
        raise ValueError("no http or https address")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    port = "" if parts.port in (None, _PORTS[parts.scheme]) else f":{parts.port}"
    return f"{parts.scheme}://{host}{port}"


def _check(name: str, address: str | None) -> None:
    try:
        origin(address or GITHUB_API)
    except ValueError:
        raise InputError(f"{name} {address!r} must start with http:// or https://, and name a host") from None


def _graphql_of(api: str) -> str:
    # Enterprise Server has REST at /api/v3 and GraphQL at /api/graphql.
    return api.rstrip("/").removesuffix("/v3") + "/graphql"


def _raw_of(api: str) -> str:
    return GITHUB_RAW if origin(api) == GITHUB_API else origin(api) + "/raw"


def _archives_of(api: str) -> set[str]:
    scheme, _, host = origin(api).partition("://")
    beside = f"{scheme}://codeload.{host.removeprefix('api.')}"
    # Enterprise Server without subdomain isolation has everything on one host.
    return {beside} if host.startswith("api.") else {beside, origin(api)}

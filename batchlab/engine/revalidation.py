"""Ask only whether an answer that is held has changed: an answer "not modified" is free with a token.

References
----------
https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api#use-conditional-requests-if-appropriate
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from batchlab.cache_manager import CacheManager, Validator
from batchlab.github_api import ApiRequest, Reply
from batchlab.routes import Send

T = TypeVar("T")


class Revalidation:
    """Conditional requests for answers that were read before.

    Parameters
    ----------
    cache
        Where answers are kept with their validators; None asks as if for the first time.
    base_url, credential
        Server and fingerprint of the token, by which answers are told apart.
    """

    def __init__(self, cache: CacheManager | None, base_url: str, credential: str) -> None:
        self.cache = cache
        self._base_url, self._credential = base_url, credential

    async def read(self, request: ApiRequest, send: Send, parse: Callable[[Reply], T]) -> T:
        """Make a call, or use the answer that is held if it is still true; return what ``parse`` makes of it.

        Parameters
        ----------
        request, send
            The call, and what makes it.
        parse
            Reads an answer with status 200. What it raises comes out, and such an answer is not kept.
        """
        cache, url = self.cache, self._base_url + request.path
        if cache is None:
            return parse(await send(request))
        held = cache.get_validator(url, self._credential)
        reply = await send(request if held is None else replace(request, etag=held.etag))
        if held is not None and reply.status == 304:
            return parse(Reply(200, reply.headers, held.body))
        parsed = parse(reply)
        if etag := reply.headers.get("etag"):
            cache.put_validator(url, self._credential, Validator(etag, reply.headers.get("last-modified"), reply.body))
        return parsed

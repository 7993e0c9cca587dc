"""The route ``raw``: addresses, no token, and no judgement of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from batchlab.batch_models import Repository
from batchlab.errors import RateLimitError, ServerError
from batchlab.git_objects import blob_sha
from batchlab.routes import ROUTES, Price, UnsuitableError, WantedFile

Wanted = Callable[..., WantedFile]


def test_a_file_is_a_plain_download_without_the_token(fetch: Any) -> None:
    sent: list[httpx.Request] = []
    file = WantedFile(Repository("acme/app@feature/x"), "src/a b#c.txt", blob_sha(b"x"), 1)
    assert fetch("raw", [file], lambda _: httpx.Response(200, content=b"x"), sent=sent) == [b"x"]
    assert str(sent[0].url) == "https://raw.githubusercontent.com/acme/app/feature/x/src/a%20b%23c.txt"
    assert "authorization" not in sent[0].headers


def test_it_costs_a_call_and_a_point_of_its_own_pool_a_file(wanted: Wanted) -> None:
    assert ROUTES["raw"].pool == "raw"
    assert ROUTES["raw"].price([wanted("a", b"1"), wanted("b", b"2")]) == Price(2, 2)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 451])
def test_what_it_does_not_show_is_left_to_the_api_to_judge(status: int, fetch: Any, wanted: Wanted) -> None:
    (outcome,) = fetch("raw", [wanted("a", b"1")], lambda _: httpx.Response(status, text="404: Not Found"))
    assert isinstance(outcome, UnsuitableError)


def test_its_throttle_is_its_own(fetch: Any, wanted: Wanted) -> None:
    with pytest.raises(RateLimitError, match="raw host") as caught:
        fetch("raw", [wanted("a", b"1")], lambda _: httpx.Response(429, headers={"retry-after": "7"}))
    assert (caught.value.kind, caught.value.wait) == ("primary", 7.0)


def test_a_failing_host_may_be_tried_again(fetch: Any, wanted: Wanted) -> None:
    with pytest.raises(ServerError):
        fetch("raw", [wanted("a", b"1")], lambda _: httpx.Response(503))

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchlab.control.rate_limits import CLOCK_SKEW, FIRST_WAIT, LONGEST_WAIT, pause, recognise
from batchlab.errors import RateLimitError

NOW = 1_800_000_000.0
DOCS = "https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api"
SECONDARY = {
    "present wording": "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.",
    "content creation": "You have exceeded a secondary rate limit and have been temporarily blocked from content"
    " creation. Please retry your request again later.",
    "wording before 2021": "You have triggered an abuse detection mechanism. Please wait a few minutes before you"
    " try again.",
}
PRIMARY = {
    "anonymous": "API rate limit exceeded for 203.0.113.9. (But here's the good news: Authenticated requests get a"
    " higher rate limit. Check out the documentation for more details.)",
    "user": "API rate limit exceeded for user ID 1.",
    "installation": "API rate limit exceeded for installation ID 1.",
}
OTHER = {
    "app permission": "Resource not accessible by integration",
    "token permission": "Resource not accessible by personal access token",
    "single sign-on": "Resource protected by organization SAML enforcement. You must grant your Personal Access"
    " token access to this organization.",
    "no user agent": "Request forbidden by administrative rules. Please make sure your request has a User-Agent header",
    "failed logins": "Max number of login attempt exceeded",
    "not found": "Not Found",
}


def _body(message: str, anchor: str = "") -> str:
    return json.dumps({"message": message, "documentation_url": DOCS + anchor, "status": "403"})


@pytest.mark.parametrize("status", [403, 429])
@pytest.mark.parametrize("message", SECONDARY.values(), ids=SECONDARY.keys())
def test_a_secondary_limit_is_known_by_its_message_alone(message: str, status: int) -> None:
    """As reported: no ``retry-after``, no marker header, and most of the primary budget left."""
    error = recognise(status, {"x-ratelimit-remaining": "4321"}, _body(message), NOW)
    assert error is not None
    assert (error.kind, error.wait, error.status) == ("secondary", None, status)


@pytest.mark.parametrize("anchor", ["#secondary-rate-limits", "#about-secondary-rate-limits", "#abuse-rate-limits"])
def test_a_secondary_limit_is_known_by_the_page_it_points_to(anchor: str) -> None:
    error = recognise(403, {}, _body("Slow down", anchor), NOW)
    assert error is not None
    assert error.kind == "secondary"


@pytest.mark.parametrize("status", [403, 429])
@pytest.mark.parametrize("message", PRIMARY.values(), ids=PRIMARY.keys())
def test_a_primary_limit_waits_for_its_reset(message: str, status: int) -> None:
    headers = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(int(NOW) + 600)}
    error = recognise(status, headers, _body(message), NOW)
    assert error is not None
    assert (error.kind, error.wait) == ("primary", 600 + CLOCK_SKEW)


@pytest.mark.parametrize("message", PRIMARY.values(), ids=PRIMARY.keys())
def test_a_limit_whose_headers_were_lost_on_the_way_is_still_one(message: str) -> None:
    error = recognise(403, {}, _body(message), NOW)
    assert error is not None
    assert error.wait is None


@pytest.mark.parametrize("message", OTHER.values(), ids=OTHER.keys())
def test_a_refusal_for_another_reason_is_no_rate_limit(message: str) -> None:
    assert recognise(403, {"x-ratelimit-remaining": "4321"}, _body(message), NOW) is None


def test_too_many_requests_needs_no_words() -> None:
    error = recognise(429, {}, "<html>", NOW)
    assert error is not None
    assert error.kind == "secondary"


@pytest.mark.parametrize("status", [200, 304, 301, 404, 422, 502])
def test_an_answer_that_took_the_last_point_is_not_a_refusal(status: int) -> None:
    text = "how we handle a secondary rate limit"
    assert recognise(status, {"x-ratelimit-remaining": "0", "retry-after": "60"}, text, NOW) is None


@pytest.mark.parametrize(
    ("value", "wait"),
    [
        ("60", 60.0),
        (" 60 ", 60.0),
        ("0", 0.0),
        ("-5", 0.0),
        ("Fri, 15 Jan 2027 08:01:30 GMT", 90.0),
        ("Fri, 15 Jan 2027 08:01:30 -0000", 90.0),
        ("Fri, 15 Jan 2027 07:00:00 GMT", 0.0),
    ],
)
def test_retry_after_is_seconds_or_a_date(value: str, wait: float) -> None:
    error = recognise(403, {"retry-after": value}, _body(SECONDARY["present wording"]), NOW)
    assert error is not None
    assert error.wait == wait


@pytest.mark.parametrize("value", ["", " ", "soon", "nan", "inf"])
def test_a_blank_or_unreadable_retry_after_is_none(value: str) -> None:
    error = recognise(403, {"retry-after": value}, _body(SECONDARY["present wording"]), NOW)
    assert error is not None
    assert error.wait is None


def test_retry_after_goes_before_the_reset() -> None:
    headers = {"retry-after": "30", "x-ratelimit-remaining": "0", "x-ratelimit-reset": str(NOW + 600)}
    error = recognise(403, headers, _body(SECONDARY["present wording"]), NOW)
    assert error is not None
    assert error.wait == 30.0


@given(st.text(max_size=30), st.text(max_size=30), st.text(max_size=60), st.sampled_from([403, 429]))
def test_no_header_or_body_however_odd_breaks_the_reading(retry_after: str, reset: str, body: str, status: int) -> None:
    headers = {"retry-after": retry_after, "x-ratelimit-remaining": "0", "x-ratelimit-reset": reset}
    error = recognise(status, headers, body, NOW)
    assert error is not None
    assert error.wait is None or (error.wait >= 0 and math.isfinite(error.wait))


@pytest.mark.parametrize("kind", ["primary", "secondary"])
@pytest.mark.parametrize(("asked", "rest"), [(60.0, 60.0), (0.0, CLOCK_SKEW), (7200.0, 7200.0)])
def test_the_server_is_given_the_rest_that_it_asks_for(kind: str, asked: float, rest: float) -> None:
    error = RateLimitError("wait", kind=kind, wait=asked)
    assert pause(error, 1) == pause(error, 5) == rest


def test_without_a_named_wait_a_minute_doubles_with_each_hit_in_a_row_up_to_an_hour() -> None:
    error = RateLimitError("wait", kind="secondary")
    waits = [pause(error, hits) for hits in range(1, 10)]
    assert waits[0] == FIRST_WAIT == 60.0
    assert waits == [min(LONGEST_WAIT, 60.0 * 2**hits) for hits in range(9)]


def test_the_message_says_which_limit_how_long_and_what_to_change() -> None:
    error = recognise(403, {"retry-after": "60"}, _body(SECONDARY["present wording"]), NOW)
    assert str(error) == (
        "secondary rate limit met: the server asks to wait 60 s; "
        "lower max_concurrent_requests or rate_limit_buffer to stay under it"
    )

"""What a server can do to a client, row by row, and the five error categories: the right outcome for each."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from batchlab import clock
from batchlab.git_objects import blob_sha
from batchlab.hub.books import Books
from batchlab.hub.scenario import Faults, Latency, Limits, Scenario
from batchlab.hub.sim import SimHub
from batchlab.hub.world import World
from batchlab.resource_manager import MEGABYTE
from batchlab.twin.loop import DEFAULT_EPOCH_OFFSET

Read = Callable[..., Any]
Answer = Callable[[httpx.Request, int], httpx.Response | Exception | None]

ROUND_TRIP = 0.1
CONTENTS = {f"{n:02}/go.mod": b"module acme/%d\n" % n for n in range(60)}
NEW_TEXT = (
    "You have exceeded a secondary rate limit. Please wait a few minutes before you try again. If you reach out to "
    "GitHub Support for help, please include the request ID."
)
OLD_TEXT = "You have triggered an abuse detection mechanism. Please wait a few minutes before you try again."
SPENT = "API rate limit exceeded for user ID 1."


class ScriptedHub:
    """A GitHub of one repository that answers as a script says, and properly where the script says nothing.

    The script is given each request for a file, and how often that file was asked for before.
    """

    token, base_url, repositories = "ghp_of_the_test", "https://api.github.com", ("acme/app",)

    def __init__(self, script: Answer, contents: dict[str, bytes]) -> None:
        self.script, self.contents = script, contents
        self.by_sha = {blob_sha(text): text for text in contents.values()}
        self.asked: Counter[str] = Counter()
        self.sent: list[float] = []
        self.books = Books()

    def connect(self, seed: int) -> httpx.MockTransport:
        return httpx.MockTransport(self.answer)

    async def answer(self, request: httpx.Request) -> httpx.Response:
        await clock.sleep(ROUND_TRIP)
        name = request.url.path.rpartition("/")[2]
        if name == "HEAD":
            return httpx.Response(200, json=self.tree())
        self.asked[name] += 1
        self.sent.append(clock.now() - ROUND_TRIP)
        answer = self.script(request, self.asked[name])
        if isinstance(answer, Exception):
            raise answer
        path = request.url.path.rpartition("/contents/")[2]
        return answer or httpx.Response(200, content=self.by_sha.get(name) or self.contents[path])

    def tree(self) -> dict[str, Any]:
        entries = [
            {"path": path, "mode": "100644", "type": "blob", "sha": blob_sha(text), "size": len(text)}
            for path, text in self.contents.items()
        ]
        return {"sha": "1" * 40, "truncated": False, "tree": entries}


def refusing(status: int, message: str, times: int = 1, **headers: str) -> Answer:
    """Refuse the first file of all, so often."""
    first = blob_sha(CONTENTS["00/go.mod"])
    named = {name.replace("_", "-"): value for name, value in headers.items()}

    def script(request: httpx.Request, nth: int) -> httpx.Response | None:
        refused = request.url.path.endswith(first) and nth <= times
        return httpx.Response(status, json={"message": message}, headers=named) if refused else None

    return script


ALWAYS = 10**9
GONE = refusing(404, "Not Found", ALWAYS)
RESET_IN = 90.0
NO_POINTS = {"x_ratelimit_limit": "5000", "x_ratelimit_remaining": "0"}

# What the server says of the first of 60 files; status, attempts and calls of that file, and seconds that all rest.
FAULT_TABLE: dict[str, tuple[Answer, str, int, int, float]] = {
    "403, today's text, retry-after 60": (refusing(403, NEW_TEXT, retry_after="60"), "delivered", 1, 2, 60.0),
    "403, today's text, no retry-after": (refusing(403, NEW_TEXT), "delivered", 1, 2, 60.0),
    "403, older text, retry-after 45": (refusing(403, OLD_TEXT, retry_after="45"), "delivered", 1, 2, 45.0),
    "429, retry-after 30": (refusing(429, "Too many requests", retry_after="30"), "delivered", 1, 2, 30.0),
    "429, twice without a word": (refusing(429, "", 2), "delivered", 1, 3, 120.0),
    "404": (GONE, "failed", 1, 1, 0.0),
    "451": (refusing(451, "Blocked", ALWAYS), "failed", 1, 1, 0.0),
    "502 once": (refusing(502, "Server Error"), "delivered", 2, 2, 0.0),
}


@pytest.mark.parametrize("fault", FAULT_TABLE)
def test_the_fault_table(fault: str, read: Read) -> None:
    script, status, attempts, calls, rest = FAULT_TABLE[fault]
    hub = ScriptedHub(script, CONTENTS)
    reading = read(hub, strategy="parallel", paths=list(CONTENTS))
    row, others = reading.row("00/go.mod"), reading.results[reading.results.path != "00/go.mod"]
    assert (row.status, hub.asked[blob_sha(CONTENTS["00/go.mod"])]) == (status, calls)
    tried = reading.calls[reading.calls.files == 1].groupby("attempt").size()
    assert max(tried.index) == attempts
    assert set(others.status) == {"delivered"}
    assert sum(hub.asked.values()) == calls + len(others)
    assert reading.results.limit_wait.max() == pytest.approx(rest, abs=0.2)
    assert rest <= reading.seconds < rest + 10.0


@pytest.mark.parametrize("status", [500, 502])
def test_a_blob_that_always_fails_comes_another_way_after_its_attempts(status: int, read: Read) -> None:
    hub = ScriptedHub(refusing(status, "Server Error", ALWAYS), CONTENTS)
    reading = read(hub, strategy="parallel", paths=list(CONTENTS))
    row = reading.row("00/go.mod")
    assert (row.status, row.route, row.attempts) == ("delivered", "contents", 5)
    assert hub.asked[blob_sha(CONTENTS["00/go.mod"])] == 4
    assert hub.asked["go.mod"] == 1
    assert reading.seconds < 10.0


def test_what_fails_on_every_way_fails_once_all_were_tried(read: Read) -> None:
    def fails(request: httpx.Request, nth: int) -> httpx.Response | None:
        return httpx.Response(502, json={"message": "Server Error"}) if first(request) else None

    def first(request: httpx.Request) -> bool:
        return request.url.path.endswith((blob_sha(CONTENTS["00/go.mod"]), "/contents/00/go.mod"))

    hub = ScriptedHub(fails, CONTENTS)
    reading = read(hub, strategy="parallel", paths=list(CONTENTS))
    assert (reading.row("00/go.mod").status, hub.asked["go.mod"]) == ("failed", 4)
    assert (reading.results.status == "delivered").sum() == len(CONTENTS) - 1


def test_a_spent_budget_rests_until_its_reset_and_loses_nothing(read: Read) -> None:
    reset = str(int(DEFAULT_EPOCH_OFFSET + RESET_IN))
    hub = ScriptedHub(refusing(403, SPENT, x_ratelimit_reset=reset, **NO_POINTS), CONTENTS)
    reading = read(hub, strategy="parallel", paths=list(CONTENTS))
    assert set(reading.results.status) == {"delivered"}
    assert reading.seconds == pytest.approx(RESET_IN + 1.0, abs=2.0)


def test_answers_without_limit_headers_name_no_limit(read: Read) -> None:
    hub = ScriptedHub(lambda request, nth: None, CONTENTS)
    reading = read(hub, strategy="parallel", paths=list(CONTENTS), max_concurrent_requests=30)
    assert set(reading.results.status) == {"delivered"}
    assert reading.results.pacing_wait.max() == 0.0
    assert reading.seconds == pytest.approx(3 * ROUND_TRIP)  # the tree, then twice thirty files


def test_a_budget_mostly_spent_is_a_pace_and_not_a_common_pause(read: Read, build_town: Callable[..., World]) -> None:
    limits = Limits(core=5000, remaining=1000, reset_in=3000.0)
    hub = SimHub(build_town(10, 120), Scenario("spent", latency=Latency(median=0.1), limits=limits), keep_log=True)
    reading = read(hub, strategy="parallel")
    assert len(reading.delivered) == 1200
    times = sorted(call.arrived for call in hub.books.log)
    paced = [time for time in times if 10.0 < time < 3000.0]
    assert len([time for time in times if time < 3000.0]) <= 0.8 * 1000
    gaps = [later - earlier for earlier, later in itertools.pairwise(paced)]
    assert min(gaps) > 0.0  # no two wait for the same instant
    assert max(gaps) < 2.0 * sum(gaps) / len(gaps)


def test_a_file_of_more_than_a_megabyte_comes_whole(read: Read) -> None:
    large = bytes(range(256)) * 4 * 1024 * 5
    reading = read(ScriptedHub(lambda request, nth: None, CONTENTS | {"big.lock": large}), paths=["big.lock"])
    row = reading.row("big.lock")
    assert (row.status, row["size"], bytes(row.content)) == ("delivered", 5 * MEGABYTE, large)


def test_scarce_memory_drops_no_request(read: Read) -> None:
    contents = {f"{n}.lock": bytes([n]) * 300_000 for n in range(56)}
    reading = read(ScriptedHub(lambda request, nth: None, contents), paths=list(contents), max_memory_usage_mb=1)
    assert {row.path: bytes(row.content) for row in reading.results.itertuples()} == contents


# --- the five categories --------------------------------------------------------------------------------------------


def breaker_states(reading: Any) -> list[str]:
    decisions = reading.decisions
    return list(decisions[decisions.setting == "circuit breaker"].new)


def down_until(seconds: float) -> Answer:
    return lambda request, nth: httpx.ConnectError("connection refused") if clock.now() < seconds else None


def test_network_errors_are_retried_with_growing_and_scattered_pauses(read: Read) -> None:
    hub = ScriptedHub(lambda request, nth: httpx.ReadError("reset") if nth < 3 else None, dict([*CONTENTS.items()][:5]))
    reading = read(hub, strategy="parallel", paths=list(hub.contents), retry_delay_base=4.0)
    assert set(reading.results.status) == {"delivered"}
    waited = reading.results.backoff_wait
    assert waited.between(2.0 + 4.0, 4.0 + 8.0).all()  # half to all of 4 s, then of 8 s
    assert waited.nunique() == 5


def test_the_breaker_opens_on_persistent_failure_tries_now_and_then_and_closes(read: Read) -> None:
    hub = ScriptedHub(down_until(25.0), CONTENTS)
    reading = read(hub, strategy="parallel", paths=list(CONTENTS), retry_attempts=20)
    assert set(reading.results.status) == {"delivered"}
    assert breaker_states(reading) == ["open", *["half_open", "open"] * 3, "half_open", "closed"]
    in_vain = [time for time in hub.sent if time < 25.0]
    assert len(in_vain) == 10 + 3  # ten to open it, then one trial for each cool-down
    assert reading.results.backoff_wait.max() > 25.0
    assert reading.seconds < 40.0


@pytest.mark.parametrize(("max_wait", "given_up_after"), [(None, 250.0), (20.0, 20.0)])
def test_an_outage_ends_the_files_with_an_honest_message_after_a_while(
    max_wait: float | None, given_up_after: float, read: Read
) -> None:
    hub = ScriptedHub(down_until(1e9), CONTENTS)
    reading = read(hub, strategy="parallel", paths=list(CONTENTS), retry_attempts=20, max_wait=max_wait)
    assert set(reading.results.error_category) == {"network"}
    assert reading.results.error.str.contains(
        r"no call got through for \d+ s, the last one with: .*refused; check the connection", regex=True
    ).any()
    assert reading.seconds < given_up_after
    assert len(hub.sent) < len(CONTENTS)
    assert reading.leaked == ()


def test_an_outage_of_one_host_leaves_its_files_to_the_others(read: Read, town: World) -> None:
    faults = Faults(by_family={"graphql": {"reset": 1.0}})
    hub = SimHub(town, Scenario("half down", latency=Latency(median=0.1), faults=faults))
    batches = {"routes": ("blobs", "graphql"), "default_batch_size": 2, "max_batch_size": 2}
    reading = read(hub, strategy="aggressive", retry_attempts=20, **batches)
    assert set(reading.results.status) == {"delivered"}
    assert set(reading.results.route.dropna()) == {"blobs"}
    assert "open" in breaker_states(reading)


def test_a_rate_limit_pauses_lowers_the_concurrency_and_lets_it_grow_back(read: Read, town: World) -> None:
    hub = SimHub(town, Scenario("limited", latency=Latency(median=0.1), limits=Limits(in_flight=8, lockout=30.0)))
    reading = read(hub, strategy="parallel")
    assert set(reading.results.status) == {"delivered"}
    changes = reading.decisions[reading.decisions.setting == "concurrency limit"]
    halved, regrown = changes.why.str.contains("halved"), changes.why.str.contains("regrows")
    assert halved.any()
    assert regrown.any()
    assert reading.results.limit_wait.max() == pytest.approx(30.0, abs=0.2)


def test_a_refused_token_ends_everything_at_once_without_a_retry(read: Read, town: World) -> None:
    reading = read(SimHub(town, Scenario("calm"), token="ghp_right"), strategy="parallel", token="ghp_wrong")
    assert set(reading.results.error_category) == {"authentication"}
    assert reading.results.error.str.contains("classic personal access token").all()
    assert not reading.results.error.str.contains("wrong").any()
    assert (reading.calls.attempt == 1).all()
    assert len(reading.calls) <= 3  # trees that were under way


def test_a_missing_file_ends_alone(read: Read) -> None:
    reading = read(ScriptedHub(GONE, CONTENTS), paths=[*CONTENTS, "absent.lock"])
    failed = reading.results[reading.results.status == "failed"]
    assert list(failed.path) == ["00/go.mod", "absent.lock"]
    assert set(failed.error_category) == {"file"}
    assert len(reading.delivered) == len(CONTENTS) - 1


def test_repositories_without_access_are_skipped_and_reported(read: Read, town: World) -> None:
    reading = read(SimHub(town, Scenario("calm")), ["town/house-01", "town/nowhere", "town/house-02"])
    whole = reading.results[reading.results.path.isna()]
    assert list(whole.repo) == ["town/nowhere"]
    assert list(whole.error_category) == ["repository_access"]
    assert len(reading.delivered) == 10


@pytest.mark.parametrize("kind", ["502", "503", "reset", "truncated", "html", "slow", "429", "secondary"])
def test_each_kind_of_fault_costs_time_and_no_file(kind: str, read: Read, town: World) -> None:
    hub = SimHub(town, Scenario("faulty", latency=Latency(median=0.1), faults=Faults({kind: 0.2}, retry_after=5.0)))
    reading = read(hub, strategy="parallel", retry_attempts=20, seed=1)
    assert len(reading.delivered) == 60
    assert all(blob_sha(row.content) == row.sha for row in reading.delivered.itertuples())

"""The cache: what it keeps, what it forgets first, and what it survives."""

from __future__ import annotations

import logging
import subprocess
import sys
import threading
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from sqlite3 import connect
from tempfile import TemporaryDirectory

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from batchlab.cache_manager import CacheManager, Validator, default_path, fingerprint
from batchlab.cache_store import SHARE_LEFT_BY_EVICTION
from batchlab.errors import InputError
from batchlab.git_objects import blob_sha

CHECKOUT = Path(__file__).resolve().parents[1]
URL = "https://api.github.com/repos/pallets/flask/git/trees/main?recursive=1"
WRITER = """
import sys
from batchlab.cache_manager import CacheManager
from batchlab.git_objects import blob_sha
cache = CacheManager(sys.argv[1])
for number in range(int(sys.argv[3])):
    content = f"{sys.argv[2]} {number} ".encode() * 100
    cache.put_blob(blob_sha(content), content)
    print(number, flush=True)
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "cache.sqlite3"


@pytest.fixture(params=["on disk", "in memory"])
def cache(request: pytest.FixtureRequest, path: Path) -> Iterator[CacheManager]:
    with CacheManager(path if request.param == "on disk" else ":memory:", max_bytes=1000) as cache:
        yield cache


def start_writer(path: Path, name: str, puts: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", WRITER, str(path), name, str(puts)]
    return subprocess.Popen(command, cwd=CHECKOUT, stdout=subprocess.PIPE, text=True)


def written(name: str, number: int) -> bytes:
    return f"{name} {number} ".encode() * 100


def put(cache: CacheManager, content: bytes) -> str:
    sha = blob_sha(content)
    cache.put_blob(sha, content)
    return sha


def damage(path: Path, key: str) -> None:
    with closing(connect(path)) as database, database:
        query = "UPDATE contents SET body = 'damaged' WHERE id = (SELECT id FROM entries WHERE key = ?)"
        database.execute(query, (key,))


def test_a_blob_comes_back_as_it_was_put(cache: CacheManager) -> None:
    content = bytes(range(256))
    sha = put(cache, content)
    assert cache.get_blob(sha) == content
    assert cache.size_bytes == 256


def test_an_empty_blob_is_held_and_not_absent(cache: CacheManager) -> None:
    assert cache.get_blob(put(cache, b"")) == b""


def test_what_was_never_put_is_absent(cache: CacheManager) -> None:
    assert cache.get_blob(blob_sha(b"other")) is None
    assert cache.get_validator(URL, "anonymous") is None


def test_putting_a_blob_twice_keeps_it_once(cache: CacheManager) -> None:
    put(cache, b"content")
    sha = put(cache, b"content")
    assert cache.get_blob(sha) == b"content"
    assert cache.size_bytes == 7


def test_held_tells_which_of_many_shas_are_there(cache: CacheManager) -> None:
    shas = {put(cache, b"%d" % number) for number in range(100)}
    absent = {blob_sha(b"absent %d" % number) for number in range(50_000)}
    assert cache.held(shas | absent) == shas
    assert cache.held([]) == set()


def test_a_validator_comes_back_for_its_url_and_credential_only(cache: CacheManager) -> None:
    validator = Validator('W/"abc"', None, b"{}")
    cache.put_validator(URL, fingerprint("ghp_one"), validator)
    assert cache.get_validator(URL, fingerprint("ghp_one")) == validator
    assert cache.get_validator(URL, fingerprint("ghp_two")) is None
    assert cache.get_validator(URL + "&page=2", fingerprint("ghp_one")) is None


def test_a_newer_validator_takes_the_place_of_the_older(cache: CacheManager) -> None:
    cache.put_validator(URL, "anonymous", Validator('"1"', None, b"older body"))
    newer = Validator('"2"', "Mon, 01 Jan 2024 00:00:00 GMT", b"newer")
    cache.put_validator(URL, "anonymous", newer)
    assert cache.get_validator(URL, "anonymous") == newer
    assert cache.size_bytes == len(b"newer")


def test_clear_forgets_everything_and_leaves_a_cache_that_works(cache: CacheManager) -> None:
    sha = put(cache, b"content")
    cache.put_validator(URL, "anonymous", Validator('"1"', None, b"body"))
    cache.clear()
    assert (cache.size_bytes, cache.get_blob(sha)) == (0, None)
    assert cache.get_blob(put(cache, b"content")) == b"content"


def test_clear_gives_the_disk_space_back(path: Path) -> None:
    with CacheManager(path) as cache:
        for number in range(100):
            put(cache, b"%d" % number * 10_000)
        cache.clear()
    assert path.stat().st_size < 100_000


def test_what_was_put_outlives_the_manager(path: Path) -> None:
    with CacheManager(path) as cache:
        sha = put(cache, b"content")
    with CacheManager(path) as cache:
        assert cache.get_blob(sha) == b"content"


def test_two_caches_in_memory_share_nothing() -> None:
    with CacheManager(":memory:") as one, CacheManager(":memory:") as other:
        assert other.get_blob(put(one, b"content")) is None


def test_a_path_may_be_of_any_script_and_its_folders_are_made(tmp_path: Path) -> None:
    path = tmp_path / "кэш ☃ #1?%20" / "缓存.sqlite3"
    with CacheManager(str(path)) as cache:
        put(cache, b"content")
    assert path.is_file()


def test_the_folder_comes_from_the_environment_else_from_the_platform(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BATCHLAB_CACHE_DIR", str(tmp_path))
    with CacheManager() as cache:
        assert Path(cache.path).parent == tmp_path
    monkeypatch.delenv("BATCHLAB_CACHE_DIR")
    assert "batchlab" in default_path().parts


def test_a_cap_below_one_byte_is_refused() -> None:
    with pytest.raises(InputError, match="max_bytes=0 is no cap"):
        CacheManager(":memory:", max_bytes=0)


def test_the_repr_names_the_path_the_sizes_and_the_state() -> None:
    cache = CacheManager(":memory:", max_bytes=100)
    put(cache, b"content")
    assert repr(cache) == "CacheManager(':memory:', max_bytes=100, size_bytes=7)"
    cache.close()
    cache.close()
    assert repr(cache) == "CacheManager(':memory:', max_bytes=100, closed)"


def test_a_fingerprint_is_stable_and_holds_nothing_of_the_token() -> None:
    token = "ghp_" + "a1b2" * 9
    assert fingerprint(token) == fingerprint(token) != fingerprint(token[:-1])
    assert not any(token[start : start + 6] in fingerprint(token) for start in range(len(token) - 5))


def test_a_damaged_blob_counts_as_absent_until_it_is_put_again(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with CacheManager(path) as cache:
        sha, sound = put(cache, b"content"), put(cache, b"sound")
        for _ in range(2):  # the second damage replaces the first one set aside
            damage(path, sha)
            with caplog.at_level(logging.WARNING, "batchlab.cache"):
                assert cache.get_blob(sha) is None
            assert sha in caplog.text
            assert cache.held([sha, sound]) == {sound}
            put(cache, b"content")
            assert cache.get_blob(sha) == b"content"


def test_a_damaged_body_of_a_validator_counts_as_absent(path: Path) -> None:
    with CacheManager(path) as cache:
        cache.put_validator(URL, "anonymous", Validator('"1"', None, b"body"))
        damage(path, f"anonymous {URL}")
        assert cache.get_validator(URL, "anonymous") is None


def test_a_killed_process_loses_no_put_that_had_returned(path: Path) -> None:
    for round_number in range(3):
        writer = start_writer(path, f"round {round_number}", puts=1_000_000)
        assert writer.stdout is not None
        for _ in range(40 * (round_number + 1)):
            writer.stdout.readline()
        writer.kill()
        last = [line for line in writer.stdout.read().splitlines(keepends=True) if line.endswith("\n")]
        writer.stdout.close()
        writer.wait()
        returned = 40 * (round_number + 1) + len(last)
        with CacheManager(path) as cache:
            for number in range(returned):
                content = written(f"round {round_number}", number)
                assert cache.get_blob(blob_sha(content)) == content
    assert not list(path.parent.glob("*.corrupt-*"))


def test_two_processes_write_one_cache(path: Path) -> None:
    writers = [start_writer(path, name, puts=300) for name in ("one", "two")]
    for writer in writers:
        writer.communicate()
    assert [writer.returncode for writer in writers] == [0, 0]
    shas = {blob_sha(written(name, number)) for name in ("one", "two") for number in range(300)}
    with CacheManager(path) as cache:
        assert cache.held(shas) == shas


def test_threads_share_one_cache(cache: CacheManager) -> None:
    failures: list[bytes] = []

    def use(name: int) -> None:
        for number in range(200):
            content = b"%d %d" % (name, number)
            if cache.get_blob(put(cache, content)) not in (content, None):  # None: evicted by another thread
                failures.append(content)

    threads = [threading.Thread(target=use, args=(name,)) for name in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert cache.size_bytes <= cache.max_bytes


def test_recency_outlives_the_manager(path: Path) -> None:
    contents = [b"%d" % number * 30 for number in range(3)]
    with CacheManager(path, max_bytes=100) as cache:
        shas = [put(cache, content) for content in contents]
        cache.get_blob(shas[0])
    with CacheManager(path, max_bytes=100) as cache:
        newest = put(cache, b"n" * 30)
        assert cache.held([*shas, newest]) == {shas[0], shas[2], newest}


def test_a_body_near_the_cap_is_not_kept_and_evicts_nothing(cache: CacheManager) -> None:
    small = put(cache, b"small")
    large = put(cache, b"x" * 901)
    assert cache.held([small, large]) == {small}


class LeastRecentlyUsed(RuleBasedStateMachine):
    """The cache beside a dictionary in order of use, trimmed from its old end."""

    CAP = 100
    left_by_eviction = CAP  # bytes

    def __init__(self) -> None:
        super().__init__()
        self.cache = self.opened()
        self.model: OrderedDict[str, bytes] = OrderedDict()

    def opened(self) -> CacheManager:
        return CacheManager(":memory:", max_bytes=self.CAP)

    def keep(self, name: str, body: bytes) -> None:
        if len(body) > self.CAP * SHARE_LEFT_BY_EVICTION:
            return
        self.model[name] = body
        self.model.move_to_end(name)
        if self.size() > self.CAP:
            while self.size() > self.left_by_eviction:
                self.model.popitem(last=False)

    def size(self) -> int:
        return sum(len(body) for body in self.model.values())

    @rule(number=st.integers(0, 9), size=st.integers(0, 95))
    def put_blob(self, number: int, size: int) -> None:
        content = (b"%d" % number) * size
        self.keep(put(self.cache, content), content)

    @rule(number=st.integers(0, 3), size=st.integers(0, 95))
    def put_validator(self, number: int, size: int) -> None:
        body = b"v" * size
        if size <= self.CAP * SHARE_LEFT_BY_EVICTION:
            self.model.pop(str(number), None)
        self.cache.put_validator(str(number), "anonymous", Validator('"e"', None, body))
        self.keep(str(number), body)

    @rule(number=st.integers(0, 9), size=st.integers(0, 95))
    def get_blob(self, number: int, size: int) -> None:
        content = (b"%d" % number) * size
        assert self.cache.get_blob(blob_sha(content)) == self.used(blob_sha(content))

    @rule(number=st.integers(0, 3))
    def get_validator(self, number: int) -> None:
        found = self.cache.get_validator(str(number), "anonymous")
        assert (found and found.body) == self.used(str(number))

    def used(self, name: str) -> bytes | None:
        if name in self.model:
            self.model.move_to_end(name)
        return self.model.get(name)

    @rule()
    def clear(self) -> None:
        self.cache.clear()
        self.model.clear()

    @invariant()
    def holds_the_same_within_the_cap(self) -> None:
        assert self.cache.size_bytes == self.size() <= self.CAP
        blobs = {name for name in self.model if len(name) == 40}
        assert self.cache.held(blobs) == blobs

    def teardown(self) -> None:
        self.cache.close()


class LeastRecentlyUsedOnDisk(LeastRecentlyUsed):
    """The same of a cache in a file."""

    left_by_eviction = int(LeastRecentlyUsed.CAP * SHARE_LEFT_BY_EVICTION)

    def opened(self) -> CacheManager:
        self.folder = TemporaryDirectory()
        return CacheManager(Path(self.folder.name) / "cache.sqlite3", max_bytes=self.CAP)

    def teardown(self) -> None:
        super().teardown()
        self.folder.cleanup()


TestLeastRecentlyUsedInMemory = LeastRecentlyUsed.TestCase
TestLeastRecentlyUsedOnDisk = LeastRecentlyUsedOnDisk.TestCase
TestLeastRecentlyUsedOnDisk.settings = settings(max_examples=30)  # of the file; the order itself is tried above

"""Contents on disk: read back as they were, and gone with the last reference."""

from __future__ import annotations

import asyncio
import copy
import pickle
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchlab.batch_models import FileContent
from batchlab.content_store import ContentStore, HeldContent, Spool
from batchlab.errors import BatchLabError, IntegrityError
from batchlab.git_objects import blob_sha


def held(body: bytes) -> HeldContent:
    return HeldContent(blob_sha(body), len(body), body)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder in which temporary ones are made."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return tmp_path


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


@given(body=st.binary(max_size=3000))
def test_a_content_is_the_same_in_memory_and_on_disk(body: bytes) -> None:
    store, content, plain = ContentStore(), held(body), FileContent(body, blob_sha(body), len(body))
    before = (bytes(content), content.text(), hash(content), content == plain, plain == content)
    content.move_to(store)
    assert not content.in_memory
    assert (bytes(content), content.text(), hash(content), content == plain, plain == content) == before
    content.load()
    assert content.in_memory
    assert content == plain


def test_contents_of_other_bytes_differ() -> None:
    assert held(b"one") != held(b"two")
    assert held(b"one") != b"one"


def test_a_file_goes_with_its_content_and_the_folder_with_the_store(folder: Path) -> None:
    store = ContentStore()
    assert list(folder.iterdir()) == []
    contents = [held(b"%d" % n) for n in range(3)]
    for content in contents:
        content.move_to(store)
    assert len(files(folder)) == 3
    contents.pop(0)
    del content
    assert len(files(folder)) == 2
    del store
    assert len(files(folder)) == 2  # the contents need them
    contents.clear()
    assert list(folder.iterdir()) == []


def test_loading_gives_the_disk_space_back(folder: Path) -> None:
    store, content = ContentStore(), held(b"body")
    content.move_to(store)
    content.move_to(store)
    assert len(files(folder)) == 1
    content.load()
    assert files(folder) == []


def test_what_is_copied_or_pickled_takes_its_bytes_along() -> None:
    content = held(b"body")
    content.move_to(ContentStore())
    expected = FileContent(b"body", blob_sha(b"body"), 4)
    assert pickle.loads(pickle.dumps(content)) == expected
    assert copy.deepcopy(content) == expected


def test_a_file_that_was_changed_or_removed_is_no_content(folder: Path) -> None:
    content = held(b"body")
    content.move_to(ContentStore())
    (file,) = files(folder)
    file.write_bytes(b"other")
    with pytest.raises(IntegrityError, match=f"of blob {content.sha} was changed; read the blob again"):
        bytes(content)
    file.unlink()
    with pytest.raises(BatchLabError, match="cannot be read"):
        bytes(content)


def test_a_disk_that_takes_no_more_is_said_with_what_to_do(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(folder / "absent"))
    with pytest.raises(BatchLabError, match=r"absent.*free disk space there, name another folder in TMPDIR, or raise"):
        held(b"body").move_to(ContentStore())


@given(pieces=st.lists(st.binary(max_size=500), max_size=8))
def test_a_spool_knows_the_sha_of_what_came(pieces: list[bytes]) -> None:
    async def body() -> AsyncIterator[bytes]:
        for piece in pieces:
            yield piece

    whole = b"".join(pieces)
    spool = Spool(ContentStore(), len(whole))
    asyncio.run(spool.take(body()))
    content = spool.content()
    assert (content.sha, content.size, content.in_memory) == (blob_sha(whole), len(whole), False)
    assert bytes(content) == whole


def test_a_spool_of_another_length_has_another_sha() -> None:
    async def body() -> AsyncIterator[bytes]:
        yield b"cut"

    spool = Spool(ContentStore(), 4)
    asyncio.run(spool.take(body()))
    assert spool.content().sha not in (blob_sha(b"cut"), blob_sha(b"cut off"))

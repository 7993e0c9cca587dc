"""Archives as they arrive: what git makes is read, whatever else there may be is refused."""

from __future__ import annotations

import io
import shutil
import subprocess
import tarfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchlab.errors import BatchLabError, NetworkError
from batchlab.routes.archive import PIECE, ArchiveLimits, ArchiveReader
from batchlab.routes.tar_headers import ArchiveError

TarGz = Callable[..., bytes]
FILES = {
    "go.mod": b"module acme\n",
    "src/ü.py": b"",
    "deep/" * 60 + "end.txt": b"x" * 700,
    "big": b"0123456789" * 20_000,
}
SIZES = {path: len(content) for path, content in FILES.items()}


def read(archive: bytes, wanted: dict[str, int], chunk: int = 10_000, limits: ArchiveLimits | None = None) -> Any:
    reader = ArchiveReader(wanted, limits)
    for start in range(0, len(archive), chunk):
        reader.feed(archive[start : start + chunk])
    reader.close()
    return reader


def feed_all(reader: ArchiveReader, chunks: Iterable[bytes]) -> None:
    for chunk in chunks:
        reader.feed(chunk)


def member(name: str, kind: bytes = tarfile.REGTYPE, size: int = 0, **fields: Any) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.size = kind, size
    for field, value in fields.items():
        setattr(info, field, value)
    return info


def stored(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """Return gzip without compression, so that no ratio gives it away."""
    packer = zlib.compressobj(0, zlib.DEFLATED, 31)
    for block in blocks:
        yield packer.compress(block)
    yield packer.flush()


@pytest.fixture(scope="session")
def everything(targz: TarGz) -> bytes:
    return targz(FILES.items(), format=tarfile.PAX_FORMAT, pax_headers={"comment": "1" * 40})


@pytest.mark.parametrize("form", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT])
@pytest.mark.parametrize("chunk", [1, 511, 512, 4096, 10**9])
def test_wanted_files_are_read_whatever_the_form_and_the_chunks(form: int, chunk: int, targz: TarGz) -> None:
    assert read(targz(FILES.items(), format=form), SIZES, chunk).contents == FILES


def test_only_wanted_files_are_kept(everything: bytes) -> None:
    reader = read(everything, {"go.mod": 12, "absent": 5})
    assert reader.contents == {"go.mod": FILES["go.mod"]}
    assert reader.altered == {}


def test_a_file_of_another_size_is_not_kept_and_told_of(everything: bytes) -> None:
    reader = read(everything, {"go.mod": 13, "src/ü.py": 0})
    assert reader.contents == {"src/ü.py": b""}
    assert "12 bytes" in reader.altered["go.mod"]
    assert "13" in reader.altered["go.mod"]


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_what_git_makes_is_read(tmp_path: Path) -> None:
    def git(*arguments: str) -> bytes:
        return subprocess.run(["git", *arguments], cwd=tmp_path, check=True, capture_output=True).stdout

    git("init", "-q")
    for path, content in FILES.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(content)
    (tmp_path / "left-out").write_bytes(b"x")
    (tmp_path / "substituted").write_bytes(b"$Format:%H$")
    (tmp_path / ".gitattributes").write_bytes(b"left-out export-ignore\nsubstituted export-subst\n")
    (tmp_path / "link").symlink_to("../" * 60 + "etc/passwd")
    git("add", ".")
    git("-c", "user.name=a", "-c", "user.email=a@example.org", "commit", "-qm", "all")
    archive = git("archive", "--format=tar.gz", "--prefix=acme-app-1234567/", "HEAD")
    reader = read(archive, {**SIZES, "left-out": 1, "substituted": 11, "link": 190}, chunk=777)
    assert reader.contents == FILES
    assert list(reader.altered) == ["substituted"]


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("top/../../etc/passwd", "leads elsewhere"),
        ("top/a/../b", "leads elsewhere"),
        ("/etc/passwd", "leads elsewhere"),
        ("top//b", "leads elsewhere"),
        ("./top/b", "leads elsewhere"),
        ("..", "leads elsewhere"),
        ("", "leads elsewhere"),
    ],
)
@pytest.mark.parametrize("form", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT])
@pytest.mark.parametrize("kind", [tarfile.REGTYPE, tarfile.DIRTYPE, tarfile.SYMTYPE])
def test_a_path_that_leads_elsewhere_is_refused(name: str, found: str, form: int, kind: bytes, targz: TarGz) -> None:
    with pytest.raises(ArchiveError, match=found):
        read(targz([(member(name, kind), b"")], format=form), SIZES)


def test_a_path_that_leads_elsewhere_by_a_long_name_is_refused(targz: TarGz) -> None:
    for form in (tarfile.PAX_FORMAT, tarfile.GNU_FORMAT):
        with pytest.raises(ArchiveError, match="leads elsewhere"):
            read(targz([(member("top/" + "x/" * 200 + "../" * 300), b"")], format=form), SIZES)
    header = member("top/x", pax_headers={"path": "/etc/passwd"})
    with pytest.raises(ArchiveError, match="leads elsewhere"):
        read(targz([(header, b"")], format=tarfile.PAX_FORMAT), SIZES)


@pytest.mark.parametrize(
    "kind", [tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE, tarfile.CONTTYPE]
)
def test_hard_links_and_devices_are_refused(kind: bytes, targz: TarGz) -> None:
    with pytest.raises(ArchiveError, match="git makes none of"):
        read(targz([(member("top/go.mod", kind, linkname="/etc/passwd"), b"")]), SIZES)


def test_a_symbolic_link_is_neither_followed_nor_taken_for_a_file(targz: TarGz) -> None:
    links = [(member("top/d", tarfile.SYMTYPE, linkname="/etc"), b""), (member("top/d/passwd"), b"x")]
    reader = read(targz(links), {"d": 4, "passwd": 1, "d/passwd": 1, "etc/passwd": 1})
    assert reader.contents == {"d/passwd": b"x"}


def test_what_was_read_before_the_refusal_stays(targz: TarGz) -> None:
    archive = targz([("go.mod", FILES["go.mod"]), (member("/etc/passwd"), b"")])
    reader = ArchiveReader(SIZES)
    with pytest.raises(ArchiveError):
        reader.feed(archive)
    assert reader.contents == {"go.mod": FILES["go.mod"]}


def test_a_bomb_of_ten_gigabytes_is_refused_after_few_bytes() -> None:
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    file = member("top/zeros", size=1024**2).tobuf() + bytes(1024**2)
    fed: list[int] = []

    def bomb() -> Iterator[bytes]:
        for megabytes in range(10_000):
            fed.append(megabytes)
            yield packer.compress(file)

    with pytest.raises(ArchiveError, match="like a bomb"):
        feed_all(ArchiveReader({"zeros": 1}), bomb())
    assert len(fed) < 40


def test_a_member_that_claims_to_be_huge_is_refused_at_once(targz: TarGz) -> None:
    block = member("top/huge", size=10 * 1024**3).tobuf()
    with pytest.raises(ArchiveError, match="10737418240 bytes"):
        read(b"".join(stored([block])), SIZES)


@pytest.mark.parametrize("size", [b"\x80\x01" + b"\x00" * 10, b"\xff" * 12, b"-0000000001\0", b"\x80" + b"\xff" * 11])
def test_a_size_that_is_negative_or_absurd_never_hangs(size: bytes) -> None:
    block = bytearray(member("top/go.mod").tobuf())
    block[124:136], block[148:156] = size, b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    archive = b"".join(stored([bytes(block), bytes(1024)]))
    with pytest.raises(BatchLabError):
        read(archive, SIZES)


def test_a_million_entries_are_refused() -> None:
    assert ArchiveLimits().members == 250_000
    block = member("top/x").tobuf()
    reader = ArchiveReader(SIZES, ArchiveLimits(members=25_000))
    with pytest.raises(ArchiveError, match="more than 25000 members"):
        feed_all(reader, stored(block * 1000 for _ in range(1000)))


def test_an_archive_beyond_either_size_is_refused() -> None:
    endless = (member("top/x", size=PIECE).tobuf() + bytes(PIECE) for _ in range(100))
    with pytest.raises(ArchiveError, match="inflates to more than 1000000 bytes"):
        read(b"".join(stored(endless)), SIZES, limits=ArchiveLimits(inflated=1_000_000))
    with pytest.raises(ArchiveError, match="larger than 5000 bytes"):
        read(bytes(5001), SIZES, limits=ArchiveLimits(compressed=5000), chunk=5001)


def test_bytes_after_the_end_are_counted_and_not_read(everything: bytes) -> None:
    reader = read(everything + b"\x1f\x8b" * 100_000, SIZES)
    assert reader.contents == FILES
    with pytest.raises(ArchiveError, match="larger than"):
        read(everything + bytes(10_000), SIZES, limits=ArchiveLimits(compressed=len(everything) + 9_999))


@pytest.mark.parametrize(
    "header",
    [
        b"8 path=a\n",
        b"99 path=a\n",
        b"x path=a\n",
        b"0 path=a\n",
        b"\xb2\xb2 path=a\n",
        b"9" * 5000 + b" path=a\n",
        b"7 path\n",
        b"10 path=a\n" * 100,
        b"12 size=-99\n",
        b"12 size=1e9\n",
    ],
)
def test_a_damaged_pax_header_is_refused(header: bytes) -> None:
    extended = member("x", tarfile.XHDTYPE, len(header)).tobuf() + header.ljust(-(-len(header) // 512) * 512, b"\0")
    tar = extended + member("top/go.mod").tobuf() + bytes(1024)
    with pytest.raises(ArchiveError):
        read(b"".join(stored([tar])), SIZES)


@pytest.mark.parametrize("kind", [tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK])
def test_an_extended_header_without_bounds_is_refused(kind: bytes) -> None:
    with pytest.raises(ArchiveError, match="extended header of 1000000 bytes"):
        read(b"".join(stored([member("x", kind, 1_000_000).tobuf()])), SIZES)


@pytest.mark.parametrize("body", [b"<html>not an archive</html>", zlib.compress(b"x"), b"\x1f\x8b\x08" + b"\xff" * 99])
def test_what_is_no_archive_is_refused(body: bytes) -> None:
    with pytest.raises(ArchiveError, match="no gzip"):
        read(body, SIZES)


def test_a_gzip_of_something_else_is_refused() -> None:
    with pytest.raises(ArchiveError, match="no tar"):
        read(b"".join(stored([b"not a tar" * 1000])), SIZES)


@given(share=st.floats(0, 1, exclude_max=True))
def test_an_archive_that_is_cut_off_is_worth_another_try(share: float, everything: bytes) -> None:
    with pytest.raises(NetworkError, match="ended early"):
        read(everything[: int(share * len(everything) * 0.9)], {**SIZES, "absent": 1})


@given(data=st.data())
def test_a_damaged_archive_gives_typed_errors_only(data: st.DataObject, everything: bytes) -> None:
    with io.BytesIO(everything) as packed, tarfile.open(fileobj=packed) as tar:
        assert len(tar.getnames()) == len(FILES)
    plain = bytearray(zlib.decompress(everything, 31))
    for place in data.draw(st.lists(st.integers(0, 6000), max_size=20)):
        plain[place] = data.draw(st.integers(0, 255))
    try:
        reader = read(b"".join(stored([bytes(plain)])), SIZES)
    except BatchLabError:
        return
    assert reader.contents.keys() <= SIZES.keys()
    assert all(len(content) == SIZES[path] for path, content in reader.contents.items())


@given(st.binary(max_size=2000), st.integers(1, 2000))
def test_any_bytes_give_typed_errors_only(body: bytes, chunk: int) -> None:
    for archive in (body, b"\x1f\x8b\x08\0\0\0\0\0\0\x03" + body, b"".join(stored([body]))):
        with pytest.raises(BatchLabError):
            read(archive, SIZES, chunk)

"""What the headers of a tar archive say, and which of them git would not write.

Single headers are the standard library's to read; attributes in the pax form are not, short of a file object.

References
----------
https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html#tag_20_94_13
"""

from __future__ import annotations

import tarfile

from batchlab.routes.protocol import UnsuitableError

_MOST_LINES = 64  # of a pax header; git writes three


class ArchiveError(UnsuitableError):
    """An archive that is refused: damaged, unlike what git makes, or beyond the limits."""


def read_header(block: bytes) -> tarfile.TarInfo:
    """Return what a header of 512 bytes says.

    Raises
    ------
    ArchiveError
        It is no header.
    """
    try:
        return tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
    except tarfile.HeaderError as error:
        raise ArchiveError(f"the archive is no tar, or damaged: {error}") from None


def path_inside(name: str) -> str:
    """Return a member's path below the archive's top folder.

    Raises
    ------
    ArchiveError
        It is absolute, or leads somewhere by dots.
    """
    parts = name.removesuffix("/").split("/")
    if {"", ".", ".."} & set(parts) or "\0" in name:
        raise ArchiveError(f"the archive has a member that leads elsewhere: {name[:100]!r}")
    return "/".join(parts[1:])


def pax_records(data: bytes) -> dict[str, str]:
    r"""Return the attributes in a pax header: lines of length, blank, key=value.

    Raises
    ------
    ArchiveError
        It is damaged, or has more lines than git writes.

    Examples
    --------
    >>> pax_records(b"19 path=top/go.mod\n11 size=12\n")
    {'path': 'top/go.mod', 'size': '12'}
    """
    records = {}
    if data.count(b"\n") > _MOST_LINES:
        raise ArchiveError("the archive has a pax header that git makes none of")
    while data:
        length, blank, _ = data.partition(b" ")
        end = read_size(decoded(length))
        key, equals, value = data[len(length) + 1 : end - 1].partition(b"=")
        if not (blank and equals and len(length) < end <= len(data) and data[end - 1 : end] == b"\n"):
            raise ArchiveError("the archive has a damaged pax header")
        records[decoded(key)] = decoded(value)
        data = data[end:]
    return records


def read_size(digits: str) -> int:
    """Return a size in bytes, written in decimal digits.

    Raises
    ------
    ArchiveError
        It is no number.
    """
    # Fewer digits than would take long to read, more than any limit has.
    if not (digits.isascii() and digits.isdecimal() and len(digits) <= 20):
        raise ArchiveError(f"the archive has a size that is no number: {digits[:20]!r}")
    return int(digits)


def decoded(data: bytes) -> str:
    """Return a name or value as text; bytes that are no UTF-8 survive."""
    return data.decode("utf-8", "surrogateescape")

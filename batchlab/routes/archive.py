"""Wanted files out of a gzip-compressed tar archive, as its bytes arrive.

Nothing is written, followed or trusted: an archive that git would not make, or that is too much, is refused.

The standard library reads archives from file objects only, and a body that arrives by the chunk is none without a
thread, which virtual time forbids. Packages that read tar by the chunk are at their first release, or hide a thread.
"""

from __future__ import annotations

import tarfile
import zlib
from collections.abc import AsyncIterator, Generator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from batchlab.errors import NetworkError
from batchlab.routes.tar_headers import ArchiveError, decoded, path_inside, pax_records, read_header, read_size

BLOCK = tarfile.BLOCKSIZE
PIECE = 64 * 1024  # bytes inflated, or passed over, at a time
_GZIP = 16 + zlib.MAX_WBITS
_FILES = frozenset({tarfile.REGTYPE, tarfile.AREGTYPE})
_EMPTY = frozenset({tarfile.DIRTYPE, tarfile.SYMTYPE})
_EXTENDED = frozenset({tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK})

Parser: TypeAlias = Generator[int, bytes, None]
"""Yields how many bytes it needs next, and is sent them."""


@dataclass(frozen=True, slots=True)
class ArchiveLimits:
    """What is too much.

    Parameters
    ----------
    members
        Entries of any kind.
    inflated
        Bytes of the tar.
    compressed
        Bytes of the download.
    ratio
        Bytes of the tar a byte of the download, once more than ``unsuspicious`` bytes have come; source code is
        below 20, gzip goes to about 1,000.
    extended_header
        Bytes of one long name or set of attributes.
    """

    members: int = 250_000
    inflated: int = 2 * 1024**3
    compressed: int = 1024**3
    ratio: float = 200.0
    unsuspicious: int = 16 * 1024**2
    extended_header: int = 64 * 1024


class ArchiveReader:
    """Picks wanted files out of an archive.

    Afterwards ``contents`` has the bytes of each by its path, ``altered`` why those are missing that the archive has in
    another form. Bytes are as they came: whether they have the right sha is for the caller to see.

    Parameters
    ----------
    wanted
        From path in the repository to size in bytes. A file that has another size is another file, and not kept.
    limits
        What is too much.
    """

    def __init__(self, wanted: Mapping[str, int], limits: ArchiveLimits | None = None) -> None:
        self.contents: dict[str, bytes] = {}
        self.altered: dict[str, str] = {}
        self._wanted = wanted
        self._limits = limits or ArchiveLimits()
        self._inflater = zlib.decompressobj(_GZIP)
        self._compressed = self._inflated = self._members = 0
        self._buffer = bytearray()
        self._parser = self._archive()
        self._need = next(self._parser)
        self._ended = False

    async def read(self, chunks: AsyncIterator[bytes]) -> None:
        """Take a whole download.

        Raises
        ------
        ArchiveError
            The archive is refused; what was picked before stays.
        NetworkError
            It ends before its end, and wanted files are missing.
        """
        async for chunk in chunks:
            self.feed(chunk)
        self.close()

    def feed(self, chunk: bytes) -> None:
        """Take the next bytes of the download.

        Raises
        ------
        ArchiveError
            The archive is refused.
        """
        self._compressed += len(chunk)
        if self._compressed > self._limits.compressed:
            raise ArchiveError(f"the archive is larger than {self._limits.compressed} bytes")
        # By the piece: what zlib has not consumed yet is copied each time.
        for start in range(0, len(chunk), PIECE):
            if not self._ended:
                self._inflate(chunk[start : start + PIECE])

    def close(self) -> None:
        """Take note that the download is over.

        Raises
        ------
        NetworkError
            The archive has not come to its end, and wanted files are missing.
        """
        if not self._ended and self._wanted.keys() - self.contents.keys():
            raise NetworkError(f"the archive ended early, after {self._compressed} bytes")

    def _inflate(self, piece: bytes) -> None:
        while piece and not (self._ended or self._inflater.eof):
            try:
                inflated = self._inflater.decompress(piece, PIECE)
            except zlib.error as error:
                raise ArchiveError(f"the archive is no gzip, or damaged: {error}") from None
            piece = self._inflater.unconsumed_tail
            self._inflated += len(inflated)
            self._check_size()
            self._parse(inflated)

    def _check_size(self) -> None:
        limits = self._limits
        if self._inflated > limits.inflated:
            raise ArchiveError(f"the archive inflates to more than {limits.inflated} bytes")
        if self._inflated > max(limits.unsuspicious, limits.ratio * self._compressed):
            raise ArchiveError(f"the archive inflates to more than {limits.ratio:g} times its size, like a bomb")

    def _parse(self, inflated: bytes) -> None:
        self._buffer += inflated
        taken = 0
        try:
            while len(self._buffer) - taken >= self._need:
                data = bytes(self._buffer[taken : taken + self._need])
                taken += self._need
                self._need = self._parser.send(data)
        except StopIteration:
            self._ended = True
        del self._buffer[:taken]

    # --- the tar ---------------------------------------------------------------------------------------------------

    def _archive(self) -> Parser:
        attributes: dict[str, str] = {}
        while any(block := (yield BLOCK)):
            header = read_header(block)
            self._members += 1
            if self._members > self._limits.members:
                raise ArchiveError(f"the archive has more than {self._limits.members} members")
            if header.type in _EXTENDED:
                attributes |= yield from self._extended(header)
            else:
                yield from self._member(header, attributes)
                attributes = {}

    def _extended(self, header: tarfile.TarInfo) -> Generator[int, bytes, dict[str, str]]:
        """Read what stands before a member because its header has no room for it."""
        if not 0 <= header.size <= self._limits.extended_header:
            raise ArchiveError(f"the archive has an extended header of {header.size} bytes")
        data = (yield _padded(header.size))[: header.size]
        match header.type:
            case tarfile.XHDTYPE:
                records = pax_records(data)
                return {key: records[key] for key in ("path", "size") if key in records}
            case tarfile.GNUTYPE_LONGNAME:
                return {"path": decoded(data.rstrip(b"\0"))}
            case _:  # git's note of the commit, or the target of a link
                return {}

    def _member(self, header: tarfile.TarInfo, attributes: Mapping[str, str]) -> Parser:
        size = read_size(attributes["size"]) if "size" in attributes else header.size
        path = path_inside(attributes.get("path", header.name))
        if header.type in _EMPTY and size == 0:
            return
        if header.type not in _FILES or not 0 <= size <= self._limits.inflated:
            raise ArchiveError(f"the archive has a member that git makes none of: type {header.type!r}, {size} bytes")
        if self._wanted.get(path, -1) == size:
            self.contents[path] = yield from _taken(size)
        else:
            if path in self._wanted:
                self.altered[path] = f"in the archive it has {size} bytes, in the tree {self._wanted[path]}"
            yield from _passed_over(size)


def _padded(size: int) -> int:
    return -(-size // BLOCK) * BLOCK


def _taken(size: int) -> Generator[int, bytes, bytes]:
    return (yield _padded(size))[:size]


def _passed_over(size: int) -> Parser:
    left = _padded(size)
    while left:
        step = min(left, PIECE)
        yield step
        left -= step

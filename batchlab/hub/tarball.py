"""The bytes of an archive, laid out as ``git archive`` lays them out, the same on every machine.

Blocks are stored and not compressed: how far zlib compresses differs from machine to machine. What a compressed
archive would weigh on the wire is reckoned from the sizes in the tree.

References
----------
https://git-scm.com/docs/git-archive
https://www.rfc-editor.org/rfc/rfc1951#page-11
"""

from __future__ import annotations

import tarfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from batchlab.hub.blobs import AbsentBlobError
from batchlab.hub.gitattributes import exported
from batchlab.hub.snapshot import DIRECTORY, EXECUTABLE, SUBMODULE, SYMLINK, TreeEntry
from batchlab.hub.world import WorldRepository

_RECORD = 10_240
_LARGEST_BLOCK = 65_535
_GZIP_HEADER = b"\x1f\x8b\x08\0\0\0\0\0\0\x03"
# What git makes of a mode under its default umask for archives, 002.
_PERMISSIONS = {EXECUTABLE: 0o775, SYMLINK: 0o777, DIRECTORY: 0o775, SUBMODULE: 0o775}
_TYPES = {SYMLINK: tarfile.SYMTYPE, DIRECTORY: tarfile.DIRTYPE, SUBMODULE: tarfile.DIRTYPE}


@dataclass(frozen=True, slots=True)
class Archive:
    """An archive.

    Parameters
    ----------
    body
        The bytes of a ``.tar.gz``. Files whose bytes the world does not hold are not among them.
    unpacked
        Bytes of all its files by their sizes in the tree, those that are not held included.
    """

    body: bytes
    unpacked: int


def archive(repository: WorldRepository, commit: str, folder: str) -> Archive:
    """Return the archive of a commit.

    Parameters
    ----------
    repository, commit
        What is archived.
    folder
        Name of the folder at its top.
    """
    snapshot = repository.snapshots[commit]
    entries = exported(repository, snapshot)
    moment = int(datetime.fromisoformat(repository.pushed_at).timestamp())
    parts = [_comment(commit, moment), *_folder(folder, moment)]
    for entry in entries:
        parts += _member(repository, entry, f"{folder}/{entry.path}", moment)
    return Archive(_gzip(_padded(b"".join(parts))), sum(entry.size or 0 for entry in entries))


def _padded(members: bytes) -> bytes:
    """Return members with the end of a tape archive: two empty blocks, and empty ones up to a full record."""
    length = -(-(len(members) + 2 * tarfile.BLOCKSIZE) // _RECORD) * _RECORD
    return members.ljust(length, b"\0")


def _comment(commit: str, moment: int) -> bytes:
    """Return the header that names the commit; ``git get-tar-commit-id`` reads it."""
    info = tarfile.TarInfo("pax_global_header")
    info.type, info.mode, info.mtime = tarfile.XGLTYPE, 0o666, moment
    return b"".join(_with_content(info, f"52 comment={commit}\n".encode()))


def _folder(folder: str, moment: int) -> Iterator[bytes]:
    info = tarfile.TarInfo(folder)
    info.type, info.mode, info.mtime = tarfile.DIRTYPE, _PERMISSIONS[DIRECTORY], moment
    yield from _with_content(info, b"")


def _member(repository: WorldRepository, entry: TreeEntry, name: str, moment: int) -> Iterable[bytes]:
    info = tarfile.TarInfo(name)
    info.type = _TYPES.get(entry.mode, tarfile.REGTYPE)
    info.mode, info.mtime = _PERMISSIONS.get(entry.mode, 0o664), moment
    if entry.type != "blob":
        return _with_content(info, b"")
    try:
        content = repository.blobs.read(entry.sha)
    except AbsentBlobError:
        return ()
    if entry.mode == SYMLINK:
        info.linkname = content.decode("utf-8", "surrogateescape")
        return _with_content(info, b"")
    return _with_content(info, content)


def _with_content(info: tarfile.TarInfo, content: bytes) -> Iterable[bytes]:
    info.size = len(content)
    info.uname = info.gname = "root"
    padding = b"\0" * (-len(content) % tarfile.BLOCKSIZE)
    return info.tobuf(tarfile.PAX_FORMAT, "utf-8", "surrogateescape"), content, padding


def _gzip(data: bytes) -> bytes:
    """Return data as gzip, in stored blocks."""
    parts = [_GZIP_HEADER]
    for start in range(0, len(data), _LARGEST_BLOCK):
        block = data[start : start + _LARGEST_BLOCK]
        is_last = start + _LARGEST_BLOCK >= len(data)
        parts += bytes([is_last]), len(block).to_bytes(2, "little"), (len(block) ^ 0xFFFF).to_bytes(2, "little"), block
    parts += zlib.crc32(data).to_bytes(4, "little"), (len(data) & 0xFFFFFFFF).to_bytes(4, "little")
    return b"".join(parts)

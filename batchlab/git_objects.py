"""Git object ids, the names that content is addressed by, and what git keeps in a file's place.

Computed from bytes; nothing is read or written.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

EMPTY_TREE_SHA = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
LARGEST_LFS_POINTER = 1023  # bytes
_LFS_POINTER = b"version https://git-lfs.github.com/spec/v1\n"


def blob_sha(content: bytes) -> str:
    r"""Return the git id of a blob.

    Parameters
    ----------
    content
        The file's bytes.

    Returns
    -------
    str
        40 hexadecimal digits.

    References
    ----------
    https://git-scm.com/book/en/v2/Git-Internals-Git-Objects

    Examples
    --------
    >>> blob_sha(b"hello\n")
    'ce013625030ba8dba906f756967f9e9ca394464a'
    """
    digest = hashlib.sha1(b"blob %d\0" % len(content), usedforsecurity=False)
    digest.update(content)
    return digest.hexdigest()


def is_lfs_pointer(content: bytes) -> bool:
    r"""Return whether these bytes stand for a large file that git LFS keeps elsewhere.

    References
    ----------
    https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md#the-pointer

    Examples
    --------
    >>> is_lfs_pointer(b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a21\nsize 12345\n")
    True
    """
    return len(content) <= LARGEST_LFS_POINTER and content.startswith(_LFS_POINTER)


def tree_sha(entries: Iterable[tuple[str, str, str]]) -> str:
    """Return the git id of one directory.

    Parameters
    ----------
    entries
        ``(mode, name, sha)`` of each child, in any order. Modes are git's: ``100644``, ``100755``,
        ``120000``, ``160000`` and ``040000`` (or ``40000``) for a directory.

    Returns
    -------
    str
        40 hexadecimal digits.

    Examples
    --------
    >>> tree_sha([]) == EMPTY_TREE_SHA
    True
    """
    body = b"".join(
        mode.lstrip("0").encode() + b" " + name.encode() + b"\0" + bytes.fromhex(sha)
        for mode, name, sha in sorted(entries, key=_git_order)
    )
    return hashlib.sha1(b"tree %d\0" % len(body) + body, usedforsecurity=False).hexdigest()


def _git_order(entry: tuple[str, str, str]) -> bytes:
    # Git sorts a directory as if its name ended in a slash.
    mode, name, _ = entry
    return name.encode() + (b"/" if mode.lstrip("0") == "40000" else b"")

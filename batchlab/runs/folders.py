"""Folders that are there whole or not at all, and the document in them that tells what they hold."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from batchlab import __version__
from batchlab.errors import InputError


def require_new_folder(folder: str | Path) -> Path:
    """Return the absolute path of a folder that does not exist yet, or is empty.

    Raises
    ------
    InputError
        There is something already, or nothing can be made there.
    """
    target = Path(folder).expanduser().resolve()
    if target.exists() and not target.is_dir():
        raise InputError(f"{folder} is a file; name a new folder")
    if target.is_dir() and any(target.iterdir()):
        raise InputError(f"folder {folder} is not empty; name a new one, or remove it first")
    above = next(parent for parent in target.parents if parent.exists())
    if not above.is_dir() or not os.access(above, os.W_OK):
        raise InputError(f"folder {folder} cannot be made: {above} is not a folder that can be written to")
    return target


@contextmanager
def whole_folder(folder: str | Path) -> Iterator[Path]:
    """Return a folder to write into; it gets its name when the context ends well, and is removed otherwise.

    Raises
    ------
    InputError
        As for `require_new_folder`.
    """
    target = require_new_folder(folder)
    target.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix=f".{target.name}.", dir=target.parent) as hidden:
        growing = Path(hidden) / target.name
        growing.mkdir()
        yield growing
        if target.exists():
            target.rmdir()
        growing.rename(target)


def write_whole(target: Path, content: bytes) -> None:
    """Write a file that is there whole or not at all, and the folders above it."""
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f".{target.name}.partial")
    partial.write_bytes(content)
    os.replace(partial, target)


def write_json(document: Mapping[str, Any], target: Path) -> None:
    """Write a document as JSON, whole or not at all."""
    write_whole(target, (json.dumps(document, indent=2, ensure_ascii=False) + "\n").encode())


@dataclass(frozen=True)
class Kind:
    """What a folder can hold, and how the document in it says so.

    Parameters
    ----------
    name
        ``run`` or ``study``; the document is the file of that name.
    version
        Of the form that is written; older ones are read, newer ones refused.
    loader
        What reads it, for messages.
    """

    name: str
    version: int
    loader: str

    @property
    def file(self) -> str:
        """Name of the document; it is written last."""
        return f"{self.name}.json"

    def describe(self, folder: Path, **content: Any) -> None:
        """Write the document into a folder that is whole but for it, with the time and who wrote it."""
        saved = datetime.now(UTC).isoformat(timespec="seconds")
        head = {"format": f"batchlab {self.name}", "version": self.version, "saved": saved, "batchlab": __version__}
        write_json(head | content, folder / self.file)

    def document_in(self, folder: str | Path) -> dict[str, Any]:
        """Return the document of a folder; one without a version is of version 1.

        Raises
        ------
        InputError
            The folder holds nothing of this kind, half of it, or a version of later days.
        """
        file = Path(folder).expanduser() / self.file
        try:
            document = json.loads(file.read_text(encoding="utf-8"))
        except OSError:
            raise InputError(self._why_nothing(folder)) from None
        except ValueError as error:
            raise InputError(f"{file} is damaged: {error}; restore it from a copy, or save again") from None
        return self._checked(document, file)

    def _checked(self, document: Any, file: Path) -> dict[str, Any]:
        if not isinstance(document, dict) or not isinstance(document.setdefault("version", 1), int):
            raise InputError(f"{file} describes no {self.name}; name a folder that {self.loader} can read")
        if document.get("format", f"batchlab {self.name}") != f"batchlab {self.name}":
            raise InputError(f"{file} describes a {document['format']}, not a {self.name}")
        if document["version"] > self.version:
            raise InputError(
                f"{file.parent} was saved by batchlab {document.get('batchlab')} in version {document['version']}; "
                f"batchlab {__version__} reads up to version {self.version}: install a newer one to load it"
            )
        return document

    def _why_nothing(self, folder: str | Path) -> str:
        place = Path(folder).expanduser()
        if not place.is_dir():
            return f"there is no folder {folder}; {self.loader} reads what save() has written"
        if any(place.glob("*.parquet")):
            return f"{folder} is half-written: {self.file}, which comes last, is missing; save the {self.name} again"
        return f"{folder} holds no saved {self.name}: there is no {self.file} in it; name a folder that save() wrote"

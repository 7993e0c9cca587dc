"""`HostMemory`: what runs have learned of the hosts that they read from, for the runs after them.

It keeps numbers by address: no token, no repository's name, nothing of what was read.
"""

from __future__ import annotations

import json
import logging
import os
import threading
from dataclasses import asdict
from pathlib import Path
from typing import Any

from batchlab.addresses import origin
from batchlab.control.remembered import Remembered
from batchlab.errors import InputError

FORMAT = "batchlab host memory"

_logger = logging.getLogger("batchlab.memory")


class HostMemory:
    """How quick hosts were, how many calls at once they bore, and how many files a call.

    ADAPTIVE begins with what is remembered instead of its defaults, and learns on from there; other strategies learn
    nothing. Given as ``memory=``; studies begin without, so that all arms start alike.

    Parameters
    ----------
    path
        A JSON file, written whole or not at all after each run and shared by those that name it; None remembers for
        as long as the object lives. One that cannot be read is ignored with a warning in the log ``batchlab.memory``,
        and begun afresh.

    Raises
    ------
    InputError
        ``path`` is a folder.

    Examples
    --------
    >>> memory = HostMemory()
    >>> memory.note("https://api.github.com", Remembered(limit=48, files_a_call=100, idle={"blob": 0.06}))
    >>> memory.recall("https://api.github.com").limit
    48
    """

    def __init__(self, path: str | Path | None = None) -> None:
        self._path = None if path is None else Path(path).expanduser()
        if self._path is not None and self._path.is_dir():
            raise InputError(f"{path} is a folder; name a file in it, such as {self._path / 'hosts.json'}")
        self._lock = threading.Lock()
        self._hosts: dict[str, Remembered] = {}

    def recall(self, address: str) -> Remembered | None:
        """Return what is remembered of the host at an address, None where nothing is."""
        with self._lock:
            self._read()
            return self._hosts.get(_host(address))

    def note(self, address: str, learned: Remembered) -> None:
        """Remember what a run has learned in place of what was.

        Raises
        ------
        InputError
            The file cannot be written.
        """
        with self._lock:
            self._read()
            self._hosts[_host(address)] = learned
            self._write()

    def copy(self) -> HostMemory:
        """Return one of the same content that writes to no file."""
        with self._lock:
            self._read()
            copied = HostMemory()
            copied._hosts = dict(self._hosts)
            return copied

    def _read(self) -> None:
        if self._path is None or not self._path.exists():
            return
        try:
            document = json.loads(self._path.read_text(encoding="utf-8"))
            self._hosts = {host: _remembered(told) for host, told in document["hosts"].items()}
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as problem:
            _logger.warning("%s cannot be read (%s); what it remembered is lost", self._path, problem)

    def _write(self) -> None:
        if self._path is None:
            return
        hosts = {host: asdict(learned) for host, learned in sorted(self._hosts.items())}
        partial = self._path.with_name(f".{self._path.name}.partial-{os.getpid()}")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            partial.write_text(json.dumps({"format": FORMAT, "hosts": hosts}, indent=2) + "\n", encoding="utf-8")
            os.replace(partial, self._path)
        except OSError as problem:
            raise InputError(f"{self._path} cannot be written: {problem}; name another file for memory=") from None

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name != "_lock"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state, _lock=threading.Lock())

    def __repr__(self) -> str:
        place = "in this process" if self._path is None else f"in {self._path}"
        return f"<HostMemory {place}>"


def _host(address: str) -> str:
    # An address may carry a user's name and password.
    return origin(address)


def _remembered(told: dict[str, Any]) -> Remembered:
    idle = {str(kind): float(seconds) for kind, seconds in told["idle"].items()}
    return Remembered(int(told["limit"]), int(told["files_a_call"]), idle)

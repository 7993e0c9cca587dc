"""Rows of replications in a folder: what was made once is not made again, so that an interrupted study goes on.

A row is written as soon as its run has ended; a line that an interrupt has cut is made again.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any

from batchlab.errors import InputError
from batchlab.hub.scenario import Scenario
from batchlab.runs.folders import require_new_folder, write_json

if TYPE_CHECKING:
    from batchlab.study.replication import Replication, Row

SETTINGS = "settings.json"


class Ledger:
    """The rows of one scenario.

    Parameters
    ----------
    file
        A line a row; made with the first.
    scenario
        The conditions: rows of others of the same name are not found.
    """

    def __init__(self, file: Path, scenario: Scenario) -> None:
        self._file, self._scenario = file, scenario
        self._rows: dict[str, Row] = {}
        self.seconds = 0.0
        for line in file.read_text(encoding="utf-8").splitlines() if file.exists() else ():
            self._read(line)

    def _read(self, line: str) -> None:
        try:
            kept = json.loads(line)
            key, row, seconds = kept["key"], dict(kept["row"]), float(kept["seconds"])
        except (ValueError, KeyError, TypeError):  # cut by an interrupt
            return
        self._rows[key] = row
        self.seconds += seconds

    def get(self, wanted: Replication) -> Row | None:
        """Return the row of a run that was made already, None where it was not."""
        return self._rows.get(self._key(wanted))

    def put(self, wanted: Replication, row: Row, seconds: float) -> None:
        """Keep the row of a run, and the seconds of wall time that it took."""
        key = self._key(wanted)
        self._rows[key] = row
        self.seconds += seconds
        self._file.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps({"key": key, "row": row, "seconds": round(seconds, 3)})
        with self._file.open("a", encoding="utf-8") as file:
            # What an interrupt has cut must not spoil the line after it.
            file.write(text + "\n" if file.tell() == 0 else f"\n{text}\n")

    def _key(self, wanted: Replication) -> str:
        settings = wanted.arm.config.to_dict()
        told = (asdict(self._scenario), settings, wanted.patterns, wanted.repositories, wanted.recalled, wanted.teaches)
        fingerprint = blake2b(repr(told).encode(), digest_size=8).hexdigest()
        return f"{wanted.arm.name} {wanted.seed} {wanted.deadline} {fingerprint}"


class KeptRows:
    """A folder with the rows of a study.

    Parameters
    ----------
    folder
        A new one, or one that was begun with the same settings.
    settings
        What all rows depend on, as JSON.

    Raises
    ------
    InputError
        The folder holds something else, or was begun with other settings.
    """

    def __init__(self, folder: str | Path, settings: Mapping[str, Any]) -> None:
        self.folder = Path(folder).expanduser().resolve()
        self._ledgers: dict[str, Ledger] = {}
        wanted = json.loads(json.dumps(settings))
        if (self.folder / SETTINGS).exists():
            self._check(wanted)
            return
        require_new_folder(folder)
        write_json(wanted, self.folder / SETTINGS)

    def _check(self, wanted: dict[str, Any]) -> None:
        file = self.folder / SETTINGS
        try:
            begun = dict(json.loads(file.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError) as problem:
            raise InputError(f"{file} cannot be read: {problem}; restore it, or name a new folder") from None
        for name in sorted(wanted.keys() | begun.keys()):
            if wanted.get(name) != begun.get(name):
                raise InputError(
                    f"{self.folder} was begun with {name} {begun.get(name)!r}, which now is {wanted.get(name)!r}; "
                    "go on with the settings that it was begun with, or name a new folder"
                )

    def of(self, scenario: Scenario) -> Ledger:
        """Return the rows of a scenario."""
        if scenario.name not in self._ledgers:
            self._ledgers[scenario.name] = Ledger(self.folder / "rows" / f"{scenario.name}.jsonl", scenario)
        return self._ledgers[scenario.name]

    @property
    def seconds(self) -> float:
        """Seconds of wall time that the runs took, one after the other, in all sittings."""
        return sum(ledger.seconds for ledger in self._ledgers.values())

"""List the saved runs of a folder, without loading them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from batchlab.config_files import settings_of
from batchlab.errors import InputError
from batchlab.frames import Column, Schema
from batchlab.frames.schemas import ALL, RESULTS
from batchlab.runs.frame_files import file_of
from batchlab.runs.older_runs import brought_up_to_date
from batchlab.runs.saving import RUN, load_run
from batchlab.runs.summary import summary_of

RUNS = Schema(
    "runs",
    "A row a saved run of a folder, by name.",
    (
        Column("name", "string", "name of the run's folder"),
        Column("strategy", "string", "strategy or policy that ran", nullable=True),
        Column("hub", "string", "what was read from", nullable=True),
        Column("scenario", "string", "conditions of the embedded GitHub", nullable=True),
        Column("seed", "Int64", "seed of the run", nullable=True),
        Column("makespan", "float64", "first instant to last row", "s", nullable=True),
        Column("files", "Int64", "files asked for", "files", nullable=True),
        Column("delivered", "Int64", "files delivered", "files", nullable=True),
        Column("failed", "Int64", "files and repositories that failed", "rows", nullable=True),
        Column("calls", "Int64", "HTTP exchanges", "calls", nullable=True),
        Column("points", "Int64", "budget points spent, all pools", "points", nullable=True),
        Column("bytes", "Int64", "bytes of all answers", "bytes", nullable=True),
        Column("limit_hits", "Int64", "answers that named a rate limit", "calls", nullable=True),
        Column("interrupted", "boolean", "stopped before its end", nullable=True),
        Column("repositories", "Int64", "repositories asked for", "repositories", nullable=True),
        Column("settings", "string", "JSON of the settings that differ from the defaults", nullable=True),
        Column("saved", "string", "when it was saved, ISO 8601", nullable=True),
        Column("batchlab", "string", "version that ran", nullable=True),
        Column("path", "string", "the run's folder, for `batchlab.load_run`"),
        Column("problem", "string", "why it cannot be loaded; empty when all is well"),
    ),
)
_FACTS = ("strategy", "hub", "scenario", "seed", "interrupted", "saved")


def runs(folder: str | Path = ".") -> pd.DataFrame:
    """Return the saved runs of a folder, without loading them.

    Parameters
    ----------
    folder
        Folder in which folders of runs lie, or one saved run.

    Returns
    -------
    pandas.DataFrame
        Columns of `RUNS`. A folder that is only half of a run has a row, too: ``problem`` says what is wrong with it.

    Raises
    ------
    InputError
        There is no such folder.
    """
    place = Path(folder).expanduser()
    if not place.is_dir():
        raise InputError(f"there is no folder {folder}; name the one in which saved runs lie")
    rows = [_row(found) for found in _saved_in(place)]
    return RUNS.frame({name: [row.get(name) for row in rows] for name in RUNS.names})


def _saved_in(place: Path) -> Iterator[Path]:
    if (place / RUN.file).is_file():
        yield place
        return
    for inner in sorted(place.iterdir()):
        hidden = inner.name.startswith(".")
        if not hidden and ((inner / RUN.file).is_file() or file_of(RESULTS, inner).is_file()):
            yield inner


def _row(folder: Path) -> dict[str, Any]:
    row = {"name": folder.resolve().name, "path": str(folder), "problem": ""}
    try:
        return row | _told(folder)
    except (InputError, KeyError, TypeError) as error:
        return row | {"problem": str(error)}


def _told(folder: Path) -> dict[str, Any]:
    """Return what the document of a run tells, and what is wrong with the frames beside it."""
    document = brought_up_to_date(RUN.document_in(folder), folder)
    changed = {name: document["config"][name] for name in settings_of(document["config"]).changed()}
    facts = {name: document.get(name) for name in _FACTS} | (document.get("summary") or summary_of(load_run(folder)))
    missing = ", ".join(schema.name for schema in ALL if not file_of(schema, folder).is_file())
    return facts | {
        "repositories": len(document["repositories"]),
        "settings": json.dumps(changed),
        "batchlab": document["versions"].get("batchlab"),
        "problem": f"half-written or half-copied: {missing} missing" if missing else "",
    }

"""Keep a run in a folder and get it back: a parquet file a frame, and ``run.json``, which comes last."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from batchlab.config_files import settings_document, settings_of
from batchlab.errors import InputError
from batchlab.frames import Column, MetricsFrame, Schema
from batchlab.frames.schemas import ALL
from batchlab.runs.folders import Kind, whole_folder, write_json
from batchlab.runs.frame_files import read_frame, write_frame
from batchlab.runs.older_runs import brought_up_to_date, with_exported_contents
from batchlab.runs.run import Run
from batchlab.runs.summary import summary_of

RUN = Kind("run", 2, "bl.load_run")
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
_FACTS = ("strategy", "hub", "scenario", "seed", "interrupted", "versions")


def save_run(run: Run, folder: str | Path, *, contents: bool = True) -> Path:
    """Write a run into a new folder; see `batchlab.runs.run.Run.save`."""
    with whole_folder(folder) as new:
        write_saved_run(run, new, contents=contents)
    return Path(folder).expanduser().resolve()


def write_saved_run(run: Run, new: Path, *, contents: bool) -> None:
    """Write a run into a folder that is there and empty."""
    for schema in ALL:
        write_frame(getattr(run, schema.name), schema, new / f"{schema.name}.parquet", contents=contents)
    document = RUN.described(
        **{name: getattr(run, name) for name in _FACTS},
        repositories=list(run.repositories),
        patterns=list(run.patterns),
        config=settings_document(run.config),
        contents=contents,
        rows={schema.name: len(getattr(run, schema.name)) for schema in ALL},
        summary=summary_of(run),
    )
    write_json(document, new / RUN.file)


def load_run(path: str | Path) -> Run:
    """Return a saved run, as it was.

    Parameters
    ----------
    path
        A folder that `batchlab.Run.save` or ``batchlab scan --out`` wrote.

    Returns
    -------
    Run
        Every frame with the values and dtypes that it had. Files saved without contents have none.

    Raises
    ------
    InputError
        The folder holds no run, half of one, a damaged one, or one of a later version.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from batchlab.hub.sim import SimHub
    >>> from batchlab.hub.world import World
    >>> from batchlab.runs.handle import scan
    >>> run = scan(hub=SimHub(World.build({"acme/app": {"go.mod": b"module acme"}}), "no-limits"))
    >>> with TemporaryDirectory() as folder:
    ...     load_run(run.save(f"{folder}/kept")).text("acme/app", "go.mod")
    'module acme'
    """
    folder = Path(path).expanduser()
    saved = RUN.document_in(folder)
    document = brought_up_to_date(saved, folder)
    try:
        frames = {schema.name: _frame(folder, schema, document) for schema in ALL}
        run = Run(
            **frames,
            **{name: document[name] for name in _FACTS},
            config=settings_of(document["config"]),
            repositories=tuple(document["repositories"]),
            patterns=tuple(document["patterns"]),
        )
    except (KeyError, TypeError) as error:
        raise InputError(f"{folder / RUN.file} is damaged: {error!r}; restore it from a copy, or save again") from None
    return with_exported_contents(run, folder) if saved["version"] == 1 else run


def _frame(folder: Path, schema: Schema, document: dict[str, Any]) -> Any:
    frame = read_frame(folder / f"{schema.name}.parquet", schema, document["rows"].get(schema.name))
    return MetricsFrame(frame) if schema.name == "metrics" else frame


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
        if not hidden and ((inner / RUN.file).is_file() or (inner / "results.parquet").is_file()):
            yield inner


def _row(folder: Path) -> dict[str, Any]:
    row: dict[str, Any] = {"name": folder.resolve().name, "path": str(folder), "problem": ""}
    try:
        document = brought_up_to_date(RUN.document_in(folder), folder)
        plain = {name: document["config"][name] for name in settings_of(document["config"]).changed()}
        summary = document.get("summary") or summary_of(load_run(folder))
        if missing := [s.name for s in ALL if not (folder / f"{s.name}.parquet").is_file()]:
            row["problem"] = f"half-written or half-copied: {', '.join(missing)} missing"
    except (InputError, KeyError, TypeError) as error:
        return row | {"problem": str(error)}
    facts = {name: document.get(name) for name in (*_FACTS, "saved")}
    told = {"batchlab": document["versions"].get("batchlab"), "repositories": len(document["repositories"])}
    return row | facts | summary | told | {"settings": json.dumps(plain)}

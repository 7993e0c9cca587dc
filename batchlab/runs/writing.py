"""Write a run into a folder: frames as parquet and csv, settings, and the files. It is there whole or not at all."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd

from batchlab.config_files import dump_config
from batchlab.errors import BatchLabError, InputError
from batchlab.runs.run import Run

SIDE_FRAMES = ("metrics", "batches", "calls", "decisions", "timeline")


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


def write_run(run: Run, folder: str | Path, *, files: bool = True) -> None:
    """Write a run into a new folder.

    ``results.parquet`` and ``results.csv`` (without contents), the other frames as parquet, ``config.yaml``,
    ``run.json`` (strategy, hub, seed, versions, whether it was interrupted) and the delivered files in ``files/``.

    Parameters
    ----------
    run
        What to write.
    folder
        A folder that does not exist yet, or is empty.
    files
        Whether the delivered files are written.

    Raises
    ------
    InputError
        The folder is not empty or cannot be made.
    BatchLabError
        A file has a path that cannot be written safely; the contents are in ``results.parquet`` then.
    """
    with whole_folder(folder) as new:
        problem = write_files(run, new / "files") if files else None
        contents = [None if content is None or not problem else bytes(content) for content in run.results["content"]]
        write_frame(run.results.assign(content=pd.Series(contents, run.results.index, "object")), new / "results")
        for name in SIDE_FRAMES:
            pd.DataFrame(getattr(run, name)).to_parquet(new / f"{name}.parquet")
        dump_config(run.config, new / "config.yaml")
        write_json(_description(run), new / "run.json")
    if problem:
        raise BatchLabError(f"{folder} holds the contents in results.parquet, not as files: {problem}")


def write_frame(frame: pd.DataFrame, path: Path) -> None:
    """Write a frame as ``path.parquet``, and without contents as ``path.csv``."""
    frame.to_parquet(path.with_suffix(".parquet"))
    frame.drop(columns="content", errors="ignore").to_csv(path.with_suffix(".csv"), index=False)


def write_json(document: dict[str, object], path: Path) -> None:
    """Write a document as JSON."""
    path.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def write_files(run: Run, folder: Path) -> str | None:
    """Write the delivered files; return what prevented it, None when all is well."""
    try:
        run.export(folder)
    except InputError as error:
        return str(error)
    return None


def _description(run: Run) -> dict[str, object]:
    return {
        "strategy": run.strategy,
        "hub": run.hub,
        "seed": run.seed,
        "interrupted": run.interrupted,
        "makespan": run.makespan,
        "versions": run.versions,
    }

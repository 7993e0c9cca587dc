"""Write a run for people, too: a saved run, and beside it results as csv, settings as YAML, and the files."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from batchlab.config_files import dump_config
from batchlab.errors import BatchLabError, InputError
from batchlab.runs.folders import whole_folder
from batchlab.runs.run import Run
from batchlab.runs.saving import write_saved_run


def write_run(run: Run, folder: str | Path) -> None:
    """Write a run into a new folder, which `batchlab.load_run` reads.

    Beside what `batchlab.Run.save` writes: ``results.csv`` (without contents), ``config.yaml``, and the delivered
    files in ``files/``.

    Parameters
    ----------
    run
        What to write.
    folder
        A folder that does not exist yet, or is empty.

    Raises
    ------
    InputError
        The folder is not empty or cannot be made.
    BatchLabError
        A file has a path that cannot be written safely; everything but ``files/`` was written.
    """
    with whole_folder(folder) as new:
        problem = write_files(run, new / "files")
        write_csv(run.results, new / "results.csv")
        dump_config(run.config, new / "config.yaml")
        write_saved_run(run, new, contents=True)
    if problem:
        raise BatchLabError(f"{folder} holds the contents in results.parquet, not as files: {problem}")


def write_csv(frame: pd.DataFrame, file: Path) -> None:
    """Write a frame as csv, without contents."""
    frame.drop(columns="content", errors="ignore").to_csv(file, index=False)


def write_files(run: Run, folder: Path) -> str | None:
    """Write the delivered files; return what prevented it, None when all is well."""
    try:
        run.export(folder)
    except InputError as error:
        return str(error)
    return None

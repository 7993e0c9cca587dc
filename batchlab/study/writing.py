"""Write a study for people, too: a saved study, and beside it its tables as csv, the files once, the picture."""

from __future__ import annotations

from pathlib import Path

from batchlab.config_files import dump_config
from batchlab.errors import BatchLabError
from batchlab.runs.folders import whole_folder
from batchlab.runs.writing import write_csv, write_files
from batchlab.study.comparison import Study
from batchlab.study.saving import write_saved_study


def write_study(study: Study, folder: str | Path, picture: bytes | None = None) -> None:
    """Write a study into a new folder, which `batchlab.load_study` reads.

    Beside what `batchlab.Study.save` writes: ``table.csv``, ``replications.csv``, ``config.yaml``, ``compare.png``, and
    in ``files/`` what the arm that delivered most delivered.

    Parameters
    ----------
    study
        What to write.
    folder
        A folder that does not exist yet, or is empty.
    picture
        The study's picture, a PNG.

    Raises
    ------
    InputError
        The folder is not empty or cannot be made.
    BatchLabError
        A file has a path that cannot be written safely; everything but ``files/`` was written.
    """
    with whole_folder(folder) as new:
        write_saved_study(study, new)
        write_csv(study.table, new / "table.csv")
        write_csv(study.replications, new / "replications.csv")
        dump_config(study.config, new / "config.yaml")
        if picture is not None:
            (new / "compare.png").write_bytes(picture)
        fullest = max(study.runs.values(), key=lambda run: run.metrics.successful_requests, default=None)
        problem = write_files(fullest, new / "files") if fullest is not None else None
    if problem:
        raise BatchLabError(f"{folder} holds everything but the files: {problem}")

"""Write a study into a folder: table, replications, each arm's first run, the files once, the picture."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

from batchlab.config_files import dump_config
from batchlab.errors import BatchLabError
from batchlab.runs.writing import whole_folder, write_files, write_frame, write_json, write_run
from batchlab.study.comparison import Study


def write_study(study: Study, folder: str | Path, picture: bytes | None = None) -> None:
    """Write a study into a new folder.

    ``table`` and ``replications`` as parquet and csv, in ``runs/`` the run of each arm under the first seed, in
    ``files/`` what the arm that delivered most delivered, ``config.yaml``, ``study.json`` and ``compare.png``.

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
        write_frame(study.table, new / "table")
        write_frame(study.replications, new / "replications")
        for name, run in study.runs.items():
            write_run(run, new / "runs" / quote(name, safe=" ="), files=False)
        dump_config(study.config, new / "config.yaml")
        write_json({"hub": study.hub, "verdict": study.verdict, "interrupted": study.interrupted}, new / "study.json")
        if picture is not None:
            (new / "compare.png").write_bytes(picture)
        fullest = max(study.runs.values(), key=lambda run: run.metrics.successful_requests, default=None)
        problem = write_files(fullest, new / "files") if fullest is not None else None
    if problem:
        raise BatchLabError(f"{folder} holds everything but the files: {problem}")

"""Keep a study in a folder and get it back: its two tables, each arm's first run, and ``study.json``."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

from batchlab.config_files import load_config, settings_document, settings_of
from batchlab.errors import InputError
from batchlab.runs.folders import Kind, whole_folder
from batchlab.runs.frame_files import read_frames, write_frames
from batchlab.runs.saving import load_run, write_saved_run
from batchlab.study.comparison import TABLE, Study, ranked
from batchlab.study.replication import REPLICATIONS

STUDY = Kind("study", 2, "bl.load_study")
_FRAMES = (TABLE, REPLICATIONS)


def save_study(study: Study, folder: str | Path) -> Path:
    """Write a study into a new folder; see `batchlab.study.comparison.Study.save`."""
    with whole_folder(folder) as new:
        write_saved_study(study, new)
    return Path(folder).expanduser().resolve()


def write_saved_study(study: Study, new: Path) -> None:
    """Write a study into a folder that is there and empty."""
    rows = write_frames(study, _FRAMES, new)
    for name, run in study.runs.items():
        place = _place(name, new)
        place.mkdir(parents=True)
        write_saved_run(run, place, contents=False)
    STUDY.describe(
        new,
        hub=study.hub,
        verdict=study.verdict,
        interrupted=study.interrupted,
        config=settings_document(study.config),
        runs=list(study.runs),
        rows=rows,
    )


def _place(run: str, folder: Path) -> Path:
    return folder / "runs" / quote(run, safe=" =")


def load_study(path: str | Path) -> Study:
    """Return a saved study, as it was; its runs have no contents.

    Parameters
    ----------
    path
        A folder that `batchlab.Study.save` or ``batchlab compare --out`` wrote.

    Raises
    ------
    InputError
        The folder holds no study, half of one, a damaged one, or one of a later version.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from batchlab.hub.sim import SimHub
    >>> from batchlab.hub.world import World
    >>> from batchlab.study.comparison import compare
    >>> study = compare(SimHub(World.build({"acme/app": {"go.mod": b"module acme"}}), "no-limits"), ["parallel"])
    >>> with TemporaryDirectory() as folder:
    ...     load_study(study.save(f"{folder}/kept")).verdict == study.verdict
    True
    """
    folder = Path(path).expanduser()
    document = _brought_up_to_date(STUDY.document_in(folder), folder)
    try:
        frames = read_frames(_FRAMES if document["version"] > 1 else (REPLICATIONS,), folder, document["rows"])
        return Study(
            frames["replications"],
            # Version 1 had fewer columns; they all come from the replications.
            frames["table"] if "table" in frames else ranked(frames["replications"]),
            verdict=document["verdict"],
            runs={name: load_run(_place(name, folder)) for name in document["runs"]},
            hub=document["hub"],
            config=settings_of(document["config"]),
            interrupted=document["interrupted"],
        )
    except (KeyError, TypeError) as error:
        raise InputError(
            f"{folder / STUDY.file} is no whole study: {error!r}; compare again, or name another"
        ) from None


def _brought_up_to_date(document: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Return the document as today's version would have written it: version 1 had settings and runs beside it."""
    if document["version"] > 1 or "verdict" not in document:
        return document
    config = settings_document(load_config(folder / "config.yaml", env={}))
    names = sorted(unquote(place.name) for place in folder.glob("runs/*"))
    return document | {"config": config, "runs": names, "rows": {}}

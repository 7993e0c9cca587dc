"""Write a regret study into a folder, with what is needed to repeat it; read the oracles of an earlier one."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd

from batchlab import __version__
from batchlab.errors import InputError
from batchlab.runs.folders import require_new_folder, write_json, write_whole
from batchlab.study.kept_rows import SETTINGS
from batchlab.study.oracle import CHOICE_SEEDS, Oracles
from batchlab.study.regret_table import Regret, settings_of


def write_regret(study: Regret, folder: str | Path, seconds: float) -> None:
    """Write ``table.csv``, ``summary.csv`` and ``study.json`` into a folder.

    Parameters
    ----------
    study
        What to write.
    folder
        A folder that does not exist yet or is empty, or the one that the study's rows were kept in.
    seconds
        Wall time that it took, the last sitting alone where there were several.

    Raises
    ------
    InputError
        The folder holds something else or cannot be made.
    """
    target = Path(folder).expanduser().resolve()
    if not (target / SETTINGS).exists():
        require_new_folder(target)
    for name, frame in (("table", study.table), ("summary", study.summary)):
        write_whole(target / f"{name}.csv", _rounded(frame).to_csv(index=False, lineterminator="\n").encode())
    document = {
        "date": datetime.now(UTC).date().isoformat(),
        "batchlab": __version__,
        "wall_seconds": round(seconds),
        "run_seconds": None if study.run_seconds is None else round(study.run_seconds),
        "seeds": list(study.seeds),
        "seeds_of_the_choice": list(CHOICE_SEEDS),
        "oracles": asdict(study.oracles),
        "config": settings_of(study.config),
    }
    write_json(document, target / "study.json")


def _rounded(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.round(dict.fromkeys(frame.select_dtypes("float").columns, 4))


def read_oracles(folder: str | Path) -> Oracles:
    """Return the oracles that a written study chose.

    Raises
    ------
    InputError
        The folder holds no regret study.
    """
    file = Path(folder) / "study.json"
    try:
        chosen = json.loads(file.read_text(encoding="utf-8"))["oracles"]
        return Oracles(dict(chosen["best"]), str(chosen["constant"]))
    except (OSError, ValueError, KeyError, TypeError) as problem:
        raise InputError(
            f"{folder} holds no regret study: {problem!r}; name a folder that one was written to"
        ) from None

"""Book-keeping over many verified opportunities: how often intervals hold, and how far predictions are off."""

from __future__ import annotations

import numpy as np
import pandas as pd

from batchlab.frames import Column, Schema
from batchlab.study.opportunities import WORTH

BOOK = Schema(
    "book",
    "A row a kind of opportunity: all of them first, then by method.",
    (
        Column("of", "string", "all, or a method of prediction"),
        Column("opportunities", "int64", "verified opportunities", "rows"),
        Column("without_gain", "int64", "of them, those whose verified saving is 2 % of the baseline or less", "rows"),
        Column("coverage", "float64", "verified savings within their 90 % interval", "share", nullable=True),
        Column("savings", "int64", "verified savings beyond 2 %", "rows"),
        Column("error", "float64", "of them, median of |predicted - verified| / verified", "share", nullable=True),
        Column("losses", "int64", "verified losses beyond 2 %", "rows"),
        Column("error_of_losses", "float64", "of them, the same over |verified|", "share", nullable=True),
        Column("error_of_both", "float64", "the same of savings and losses together", "share", nullable=True),
        Column("sign", "float64", "predictions of the right sign, beyond 2 %", "share", nullable=True),
        Column("bias", "float64", "mean of (predicted - verified) / baseline", "share", nullable=True),
    ),
)


def calibration_of(book: pd.DataFrame) -> pd.DataFrame:
    """Return how well the predictions of a book came true.

    Parameters
    ----------
    book
        Rows of `OPPORTUNITIES`, of any number of runs; those that were not verified do not count.

    Returns
    -------
    pandas.DataFrame
        Columns of `BOOK`. Beyond 2 % means: of more than that share of the baseline. Signs are those of savings and
        losses beyond 2 %.
    """
    done = book[book["verified_seconds"].notna()]
    groups = {"all": done} | {str(method): rows for method, rows in done.groupby("method")}
    rows = [_line(name, group) for name, group in groups.items()]
    return BOOK.frame({name: [row[name] for row in rows] for name in BOOK.names})


def _line(name: str, rows: pd.DataFrame) -> dict[str, object]:
    predicted, verified = rows["saving_seconds"], rows["verified_seconds"]
    baseline = rows["baseline_seconds"]
    saves, loses = verified > WORTH * baseline, verified < -WORTH * baseline
    off = (predicted - verified).abs() / verified.abs()
    within = (rows["saving_seconds_low"] <= verified) & (verified <= rows["saving_seconds_high"])
    return {
        "of": name,
        "opportunities": len(rows),
        "without_gain": int((~saves).sum()),
        "coverage": within.mean(),
        "savings": int(saves.sum()),
        "error": off[saves].median(),
        "losses": int(loses.sum()),
        "error_of_losses": off[loses].median(),
        "error_of_both": off[saves | loses].median(),
        "sign": (np.sign(predicted) == np.sign(verified))[saves | loses].mean(),
        "bias": ((predicted - verified) / baseline).mean(),
    }

"""The book says how often intervals hold; a small one is made from a saved run by a process that has nothing else."""

from __future__ import annotations

import runpy
from pathlib import Path

import pandas as pd
import pytest

from batchlab.study.opportunity_book import BOOK, calibration_of

COMMAND = runpy.run_path(str(Path(__file__).resolve().parents[1] / "benchmarks" / "opportunity_book.py"))


def test_the_book_is_reckoned_by_hand():
    """Ten seconds of baseline: 2 % are 0.2 s, so that the last row has neither an error nor a sign."""
    book = pd.DataFrame({
        "method": ["replay", "replay", "refit", "refit"],
        "saving_seconds": [4.0, 1.0, -2.0, 3.0],
        "saving_seconds_low": [3.0, 0.0, -4.0, 2.5],
        "saving_seconds_high": [6.0, 2.0, 0.0, 3.5],
        "verified_seconds": [5.0, -1.0, 0.1, None],
        "baseline_seconds": [10.0, 10.0, 10.0, 10.0],
    })  # fmt: skip
    frame = calibration_of(book).set_index("of")
    BOOK.validate(calibration_of(book))
    whole = frame.loc["all"]
    assert (whole["opportunities"], whole["without_gain"]) == (3, 2)
    assert whole["coverage"] == pytest.approx(1 / 3)
    assert (whole["savings"], whole["error"]) == (1, pytest.approx(0.2))
    assert (whole["losses"], whole["error_of_losses"]) == (1, pytest.approx(2.0))
    assert whole["error_of_both"] == pytest.approx((0.2 + 2.0) / 2)
    assert whole["sign"] == pytest.approx(0.5)
    assert whole["bias"] == pytest.approx((-0.1 + 0.2 - 0.21) / 3)
    assert frame.loc["refit", "opportunities"] == 1


def test_a_small_book_comes_true(tmp_path: Path):
    COMMAND["main"]([str(tmp_path), "--cases", "lan-small", "--replications", "2"])
    whole = pd.read_csv(tmp_path / "calibration.csv").set_index("of").loc["all"]
    assert whole["opportunities"] >= 5
    assert whole["sign"] == 1.0
    assert whole["error"] < 0.1
    assert not list(tmp_path.glob("runs/*/*.bin"))

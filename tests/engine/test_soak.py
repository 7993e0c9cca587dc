"""The fault soak of ``tests/benchmarks/soak.py``, small enough for every day."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

SOAK = runpy.run_path(str(Path(__file__).parents[1] / "benchmarks" / "soak.py"))


@pytest.mark.parametrize("strategy", ["parallel", "adaptive"])
def test_two_thousand_files_under_mixed_faults_lose_nothing_that_a_retry_can_save(strategy: str) -> None:
    soaked = SOAK["soak"](2_000, strategy, seed=1)
    assert (soaked.rows, soaked.wrong, soaked.saveable) == (2_000, 0, 0), soaked
    assert soaked.delivered + soaked.failed == 2_000
    assert soaked.faults > 0.02 * soaked.calls

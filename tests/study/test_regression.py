from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchlab.batch_config import BatchConfig
from batchlab.errors import InputError
from batchlab.study import Study
from batchlab.study.comparison import ranked, verdict
from batchlab.study.regression import REGRESSION, change_in_words, exceeding, regression, undecided
from batchlab.study.replication import replications_frame
from batchlab.study.statistics import unpaired_ratio


def _study(spans: Mapping[str, Sequence[float]], first_seed: int = 0, files: int = 9, delivered: int = 9) -> Study:
    rows = [
        {
            "strategy": name, "seed": seed, "makespan": span, "calls": 9, "points": 9, "bytes": 9, "files": files,
            "delivered": delivered, "failed": 0, "limit_hits": 0, "p95_latency": 0.1, "parallel_efficiency": 0.5,
            "peak_in_flight": 3, "bound": math.nan, "efficiency": math.nan,
        }
        for name, makespans in spans.items()
        for seed, span in enumerate(makespans, first_seed)
    ]  # fmt: skip
    replications = replications_frame(rows)
    table = ranked(replications)
    return Study(replications, table, verdict(table), {}, "made", BatchConfig())


def test_a_study_against_itself_has_not_changed() -> None:
    study = _study({"a": [1.0, 2.0, 3.0], "b": [4.0, 5.0, 6.0]})
    frame = regression(study, study)
    REGRESSION.validate(frame)
    assert frame["ratio"].tolist() == frame["low"].tolist() == frame["high"].tolist() == [1.0, 1.0]
    assert change_in_words(frame) == "every makespan is what it was (strategies: 2)"
    assert exceeding(frame, 0.0).empty


def test_what_became_slower_is_shown_seed_by_seed() -> None:
    before = _study({"a": [1.0, 2.0, 3.0], "b": [4.0, 5.0, 6.0]})
    after = _study({"a": [1.21, 2.4, 3.6], "b": [4.0, 5.1, 5.9]})
    frame = regression(after, before).set_index("strategy")
    assert frame["pairs"].tolist() == [3, 3]
    assert frame.loc["a", "ratio"] == pytest.approx(1.203, abs=1e-3)
    assert frame.loc["a", "verdict"].startswith("slower: 1.2 times as long (95 % interval 1.")
    assert frame.loc["b", "verdict"].startswith("no difference shown")
    assert change_in_words(frame.reset_index()).endswith("; no change shown in others: 1")
    assert exceeding(frame, 0.1).index.tolist() == ["a"]
    assert exceeding(frame, 0.3).empty


def test_what_may_exceed_the_limit_and_is_not_shown_to_is_undecided() -> None:
    frame = regression(_study({"a": [1.0, 1.5, 1.2]}), _study({"a": [1.0, 1.0, 1.0]}))
    assert frame["ratio"][0] > 1.1 > frame["low"][0]
    assert exceeding(frame, 0.1).empty
    assert undecided(frame, 0.1)["strategy"].tolist() == ["a"]


def test_a_single_pair_is_judged_by_its_ratio() -> None:
    frame = regression(_study({"a": [1.2]}), _study({"a": [1.0]}))
    assert math.isnan(frame["low"][0])
    assert "a single pair of runs: no interval" in change_in_words(frame)
    assert len(exceeding(frame, 0.1)) == 1
    assert exceeding(frame, 0.3).empty


def test_without_a_common_seed_groups_are_compared() -> None:
    frame = regression(_study({"a": [2.0, 2.1, 1.9]}, first_seed=10), _study({"a": [1.0, 1.1, 0.9]}))
    assert frame["pairs"][0] == 0
    assert 1.5 < frame["low"][0] < 2.0 < frame["high"][0] < 2.6


def test_lost_files_are_a_regression_however_fast() -> None:
    frame = regression(_study({"a": [0.5, 0.5]}, delivered=7), _study({"a": [1.0, 1.0]}))
    assert frame["lost"][0] == 2
    assert len(exceeding(frame, 0.1)) == 1
    fewer = regression(_study({"a": [0.5, 0.5]}, files=7, delivered=7), _study({"a": [1.0, 1.0]}))
    assert fewer["lost"][0] == 0
    assert fewer["verdict"][0].endswith("was asked for other files")


def test_arms_are_matched_by_name_and_single_ones_whatever_theirs() -> None:
    one, other = _study({"ours": [1.0, 1.0]}), _study({"theirs": [1.0, 1.0]})
    assert regression(one, other)["strategy"].tolist() == ["ours"]
    with pytest.raises(InputError, match="no arm is in both: ours; and before: a, b"):
        regression(one, _study({"a": [1.0], "b": [1.0]}))


@given(st.lists(st.floats(0.1, 1e3), min_size=1, max_size=6), st.lists(st.floats(0.1, 1e3), min_size=1, max_size=6))
def test_an_unpaired_ratio_lies_in_its_interval_and_turns_over_with_its_arms(
    ours: list[float], theirs: list[float]
) -> None:
    ratio, low, high = unpaired_ratio(ours, theirs)
    back, back_low, back_high = unpaired_ratio(theirs, ours)
    assert ratio * back == pytest.approx(1.0)
    if not math.isnan(low):
        assert low <= ratio * (1 + 1e-9)
        assert ratio <= high * (1 + 1e-9)
        assert low * back_high == pytest.approx(1.0)
        assert high * back_low == pytest.approx(1.0)

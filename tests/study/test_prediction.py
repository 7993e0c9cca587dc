"""A prediction is the twin's saving, corrected by the record, with an interval that owns up to what is unknown."""

from __future__ import annotations

import math

import numpy as np
import pytest

from batchlab.study.experiment import Outcome
from batchlab.study.prediction import correction, doubted, predict, undecided


def outcome(before, after):
    return Outcome(*([{"makespan": seconds} for seconds in arm] for arm in (before, after)))


def test_the_recorded_makespan_corrects_as_far_as_seeds_do_not_explain_it():
    assert correction(10.0, np.array([10.0, 10.0])) == pytest.approx(1.0)
    assert correction(12.0, np.array([10.0, 10.0])) == pytest.approx(1.2)
    assert 1.0 < correction(12.0, np.array([9.0, 11.0])) < 1.1


def test_the_interval_grows_with_chance_and_with_the_error_of_calibration():
    steady = predict(outcome([10.0, 10.0, 10.0], [5.0, 5.0, 5.0]), 10.0, 0.0)
    unsteady = predict(outcome([10.0, 10.0, 10.0], [4.0, 5.0, 6.0]), 10.0, 0.0)
    unsure = predict(outcome([10.0, 10.0, 10.0], [5.0, 5.0, 5.0]), 10.0, 0.2)
    assert steady.seconds == unsteady.seconds == pytest.approx(5.0)
    assert steady.high - steady.low < min(unsteady.high - unsteady.low, unsure.high - unsure.low)
    assert steady.confidence > unsure.confidence > 0.9


def test_what_chance_does_not_make_unsure_has_no_few_degrees_of_freedom():
    steady = predict(outcome([10.0, 10.0], [5.0, 5.0]), 10.0, 0.1)
    unsteady = predict(outcome([10.0, 10.0], [1.0, 9.0]), 10.0, 0.1)
    assert steady.freedom == math.inf
    assert unsteady.freedom == pytest.approx(1.0, abs=0.2)


def test_a_wait_before_the_start_is_as_long_as_it_is():
    waits = Outcome([{"makespan": 10.0}] * 2, [{"makespan": 5.0}] * 2, wait=100.0)
    assert predict(waits, 12.0, 0.0).seconds == pytest.approx(6.0 - 100.0)


def test_reading_in_another_way_is_as_unsure_as_all_that_it_reads():
    slower = outcome([10.0, 10.0], [20.0, 20.0])
    assert predict(slower, 10.0, 0.1, anew=True).spread > predict(slower, 10.0, 0.1).spread


def test_other_servers_widen_the_side_that_they_speak_for():
    plain = predict(outcome([10.0, 10.0], [5.0, 5.0]), 10.0, 0.0)
    wide = doubted(plain, [-4.0, 1.0])
    assert (wide.low, wide.high) == (pytest.approx(plain.low - 4.0), pytest.approx(plain.high + 1.0))
    assert wide.confidence < plain.confidence


def test_between_two_servers_that_explain_a_run_as_well_the_saving_is_midway():
    plain = predict(outcome([10.0, 10.0], [5.0, 5.0]), 10.0, 0.0)
    torn = undecided(plain, [-8.0])
    assert torn.seconds == pytest.approx(1.0)
    assert (torn.low, torn.high) == (pytest.approx(plain.low - 8.0), pytest.approx(plain.high))
    assert torn.confidence < 0.7 < plain.confidence

"""A sweep is tidy: a row a run, in a declared schema, in a fixed order."""

from __future__ import annotations

import pytest

from batchlab.batch_config import BatchConfig
from batchlab.errors import ConfigError, InputError
from batchlab.hub.scenario import Scenario
from batchlab.hub.work import Work
from batchlab.study import sweep, sweep_schema

SMALL = [Scenario("one", work=Work(2, 4)), Scenario("two", work=Work(1, 4))]


def test_rows_are_scenarios_times_combinations_times_strategies_times_seeds():
    grid = {"max_concurrent_requests": [1, 4], "routes": ["blobs", ("graphql", "blobs")]}
    frame = sweep(SMALL, grid, ["adaptive", "parallel"], range(2), workers=1)
    sweep_schema(grid).validate(frame)
    assert len(frame) == 2 * 4 * 2 * 2
    assert frame["scenario"].tolist() == ["one"] * 16 + ["two"] * 16
    assert frame["routes"].unique().tolist() == ["blobs", "blobs+graphql"]
    assert (frame["delivered"] == frame["files"]).all()


def test_named_configurations_are_swept_as_they_are():
    frame = sweep(SMALL[1], {}, {"ours": BatchConfig(max_concurrent_requests=1), "theirs": "parallel"}, [0], workers=1)
    assert frame["strategy"].tolist() == ["ours", "theirs"]
    assert frame["peak_in_flight"].tolist()[0] == 1


@pytest.mark.parametrize(
    ("grid", "error"), [({"colour": [1]}, "colour"), ({"max_concurrent_requests": [0]}, "max_concurrent_requests")]
)
def test_an_impossible_grid_is_refused(grid, error):
    with pytest.raises(ConfigError, match=error):
        sweep(SMALL, grid, workers=1)


def test_nothing_to_run_is_refused():
    with pytest.raises(InputError, match="nothing to run"):
        sweep(SMALL, {"max_concurrent_requests": []}, workers=1)

"""Where the time of a run went."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchlab.hub.sim import SimHub
from batchlab.hub.world import World
from batchlab.runs import scan
from batchlab.runs.explain import EXPLANATION, STATES, shares_of_time

WAITS = ("queue_wait", "pacing_wait", "limit_wait", "backoff_wait")


def _files(*rows: tuple[float, float | None, float, float, float, float, float]) -> pd.DataFrame:
    """Return rows of ``queued``, ``started``, ``finished`` and the four waits."""
    return pd.DataFrame(list(rows), columns=["queued", "started", "finished", *WAITS], dtype=float)


def _file(queued: int, waits: list[int], service: int) -> tuple[float, float, float, float, float, float, float]:
    queue, pacing, limit, backoff = waits
    started = queued + queue + pacing + limit
    return (queued, started, started + backoff + service, queue, pacing, limit, backoff)


def test_one_file_is_explained_by_its_own_waits_and_service() -> None:
    seconds = shares_of_time(_files(_file(2, [1, 2, 3, 4], 5)), makespan=17.0)
    assert seconds == pytest.approx(
        {"listing": 2.0, "queue": 1.0, "pacing": 2.0, "limit": 3.0, "backoff": 4.0, "service": 5.0}
    )


def test_an_instant_is_split_equally_over_the_files_under_way() -> None:
    both = _files(_file(0, [0, 0, 0, 0], 4), _file(0, [2, 0, 0, 0], 2))
    assert shares_of_time(both, 4.0) == pytest.approx(
        {"listing": 0.0, "queue": 1.0, "pacing": 0.0, "limit": 0.0, "backoff": 0.0, "service": 3.0}
    )


def test_a_file_that_was_never_sent_waited_all_the_time() -> None:
    seconds = shares_of_time(_files((0.0, None, 6.0, 0.0, 6.0, 0.0, 0.0)), 6.0)
    assert seconds["pacing"] == pytest.approx(6.0)


@given(
    st.lists(
        st.builds(_file, st.integers(0, 9), st.lists(st.integers(0, 5), min_size=4, max_size=4), st.integers(0, 9)),
        max_size=20,
    )
)
def test_shares_are_not_negative_and_add_up_to_the_makespan(files: list[tuple[float, ...]]) -> None:
    makespan = max((row[2] for row in files), default=0.0)
    seconds = shares_of_time(_files(*files), makespan)  # type: ignore[arg-type]
    assert min(seconds.values()) >= -1e-9
    assert sum(seconds.values()) == pytest.approx(makespan)


def test_a_real_run_is_explained_wholly_and_in_declared_columns() -> None:
    world = World.build({"acme/app": {f"{number}/go.mod": b"module %d" % number for number in range(40)}})
    run = scan(hub=SimHub(world), strategy="sequential")
    frame = run.explain()
    EXPLANATION.validate(frame)
    assert frame["state"].tolist() == list(STATES)
    assert frame["seconds"].sum() == pytest.approx(run.makespan)
    assert np.isclose(frame["share"].sum(), 1.0)

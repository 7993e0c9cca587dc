"""The last queries share what is left."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from batchlab.control.measurements import Measurements
from batchlab.control.outlook import Allowance, Outlook
from batchlab.control.query_share import even_share

Seconds = Callable[..., Measurements]


def test_the_last_queries_share_what_waits_evenly_and_no_smaller_than_half(
    unlimited: Outlook, single_took: Seconds
) -> None:
    shares = [even_share(waiting, unlimited, single_took(0.2)) for waiting in (1600, 639, 480, 40)]
    assert shares == [math.inf, math.inf, 15, 10]


@pytest.mark.parametrize(
    "held_back",
    [
        {"trees": 1},
        {"archives": 1},
        {"graphql": Allowance(30, 1500.0, 4000)},
        {"service_share": 1.0, "service_used": 45.0},
    ],
)
def test_queries_stay_full_while_more_may_come_and_where_more_of_them_would_wait(
    unlimited: Outlook, single_took: Seconds, held_back: dict[str, Any]
) -> None:
    few = replace(unlimited, files=320)
    assert even_share(160, few, single_took(0.2)) == 10
    assert even_share(160, replace(few, **held_back), single_took(0.2)) == math.inf

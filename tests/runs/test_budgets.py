from __future__ import annotations

import pytest

from batchlab.cache_manager import CacheManager
from batchlab.errors import AuthenticationError
from batchlab.hub.loopback import LoopbackHub
from batchlab.hub.sim import SimHub
from batchlab.hub.world import World
from batchlab.hub.world_spec import WorldSpec
from batchlab.hubs import GitHub
from batchlab.runs import limits, scan
from batchlab.runs.budgets import LIMITS

FILES = {"acme/app": {"go.mod": b"module acme\n"}}


def test_what_was_spent_shows_and_asking_is_free() -> None:
    with LoopbackHub(WorldSpec.files(FILES), "typical") as server:
        hub = GitHub(server.token, server.base_url)
        client = GitHub(server.token, server.base_url, list(FILES))
        fresh = limits(hub).set_index("resource")
        assert fresh.loc["core", ["limit", "used", "remaining"]].tolist() == [5000, 0, 5000]
        with CacheManager(":memory:") as cache:
            scan(hub=client, strategy="parallel", cache=cache)
        for _ in range(2):
            budgets = limits(hub)
        LIMITS.validate(budgets)
        spent = budgets.set_index("resource")
        assert spent.loc["core", ["limit", "used", "remaining"]].tolist() == [5000, 2, 4998]
        assert 0 < spent.loc["core", "reset"] <= 3600
        with pytest.raises(AuthenticationError):
            limits(GitHub("ghp_wrong", server.base_url))


def test_a_server_without_limits_has_no_row() -> None:
    budgets = limits(SimHub(World.build(FILES), "no-limits"))
    LIMITS.validate(budgets)
    assert budgets.empty

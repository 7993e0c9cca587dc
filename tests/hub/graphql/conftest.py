"""A way to run queries against the small world."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from batchlab.hub.graphql.api import GraphQlApi
from batchlab.hub.world import World

Run = Callable[..., Any]


@pytest.fixture
def run(world: World) -> Run:
    """Run a query and return the answer's JSON; keyword arguments are its variables."""
    api = GraphQlApi(world)

    def run(query: str, most_objects: int | None = None, **variables: object) -> Any:
        body = json.dumps({"query": query, "variables": variables}).encode()
        return json.loads(api.execution(body, most_objects).answer(None).body)

    return run

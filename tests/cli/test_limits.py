from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from click.testing import Result

from batchlab.hub.loopback import LoopbackHub
from batchlab.hub.world_spec import WorldSpec

Run = Callable[..., Result]


@pytest.fixture
def limited(monkeypatch: pytest.MonkeyPatch) -> LoopbackHub:
    with LoopbackHub(WorldSpec.files({"acme/app": {"go.mod": b"module acme"}}), "typical") as hub:
        monkeypatch.setenv("GITHUB_API_URL", hub.base_url)
        monkeypatch.setenv("GITHUB_TOKEN", hub.token)
        yield hub


def test_the_budgets_are_shown_as_a_table_and_as_json(batchlab: Run, limited: LoopbackHub) -> None:
    result = batchlab("limits")
    assert result.exit_code == 0
    assert result.stdout.splitlines()[2].split() == ["resource", "limit", "used", "remaining", "resets", "in"]
    assert "core      5,000     0      5,000" in result.stdout
    document = json.loads(batchlab("limits", "--json").stdout)
    assert document["hub"] == limited.base_url
    assert document["limits"][0]["remaining"] == 5000


def test_a_server_without_limits_says_so(batchlab: Run, real: LoopbackHub) -> None:
    result = batchlab("limits")
    assert result.exit_code == 0
    assert "This server has its rate limits switched off." in result.stdout

from __future__ import annotations

import pytest

from batchlab.errors import AuthenticationError, InputError
from batchlab.hub.loopback import LoopbackHub
from batchlab.hub.sim import SimHub
from batchlab.hub.world import World
from batchlab.hub.world_spec import WorldSpec
from batchlab.hubs import GitHub
from batchlab.runs import list_repositories

MANY = [f"acme/app-{number:03}" for number in range(230)]


def test_all_pages_are_listed() -> None:
    hub = SimHub(World.build({name: {} for name in [*MANY, "other/lib"]}))
    assert sorted(repository.full_name for repository in list_repositories("acme", hub)) == MANY


def test_the_real_github_is_listed_in_real_time() -> None:
    with LoopbackHub(WorldSpec.files({"acme/app": {}}), "no-limits") as server:
        hub = GitHub(server.token, server.base_url)
        assert [repository.full_name for repository in list_repositories("acme", hub)] == ["acme/app"]
        with pytest.raises(AuthenticationError):
            list_repositories("acme", GitHub("ghp_wrong", server.base_url))


def test_an_unknown_owner_is_named() -> None:
    with pytest.raises(InputError, match="there is no organisation or user 'acmee' on built"):
        list_repositories("acmee", SimHub(World.build({"acme/app": {}})))


def test_only_what_is_wanted_is_listed() -> None:
    hub, forks = SimHub.sample(), "storefront-forks"
    assert len(list_repositories(forks, hub)) == 4
    assert len(list_repositories(forks, hub, archived=False)) == 3
    assert len(list_repositories(forks, hub, limit=2)) == 2
    with pytest.raises(InputError, match="'storefront-forks' has no repository on sample that is wanted"):
        list_repositories(forks, hub, forks=False)
    with pytest.raises(InputError, match="'yesterday' is no time"):
        list_repositories(forks, hub, pushed_since="yesterday")

"""The arms of a study: what is compared, each with its name, its policy and its settings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TypeAlias

from batchlab.batch_config import BatchConfig, BatchStrategy
from batchlab.batch_strategy_manager import BatchStrategyManager
from batchlab.control.policies import Policy
from batchlab.errors import InputError

Strategy: TypeAlias = BatchStrategy | str | Policy
Strategies: TypeAlias = Iterable[Strategy] | Mapping[str, Strategy | BatchConfig]


@dataclass(frozen=True)
class Arm:
    """One thing that is compared: the name in tables, what decides, and the settings that it starts with."""

    name: str
    policy: Policy
    config: BatchConfig


def arms_of(strategies: Strategies, config: BatchConfig) -> list[Arm]:
    """Return the arms of a study.

    Parameters
    ----------
    strategies
        Strategies or policies, which bear their own names; or a mapping from names to strategies, policies or
        configurations. A configuration runs with its ``default_strategy``, everything else with ``config``.
    config
        Settings of the arms that bring none.

    Raises
    ------
    InputError
        Two arms have the same name.

    Examples
    --------
    >>> [arm.name for arm in arms_of({"ours": BatchConfig(), "theirs": "parallel"}, BatchConfig())]
    ['ours', 'theirs']
    """
    if isinstance(strategies, Mapping):
        return [_named(name, what, config) for name, what in strategies.items()]
    manager = BatchStrategyManager(config)
    policies = [manager.policy(strategy) for strategy in strategies]
    names = [policy.name for policy in policies]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise InputError(f"named twice: {', '.join(twice)}; each is compared once; a mapping gives names of your own")
    return [Arm(policy.name, policy, config) for policy in policies]


def _named(name: str, what: Strategy | BatchConfig, config: BatchConfig) -> Arm:
    if isinstance(what, BatchConfig):
        config, what = what, what.default_strategy
    policy = BatchStrategyManager(config).policy(what)
    return Arm(name, replace(policy, name=name), config)

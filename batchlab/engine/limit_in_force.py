"""The concurrency limit in force: what the controller wants, under the ceiling of the live settings."""

from __future__ import annotations

from batchlab import clock
from batchlab.batch_config import BatchConfig
from batchlab.control.concurrency import Completion, LimitChange
from batchlab.control.limiter import Limiter
from batchlab.control.policies import Policy
from batchlab.control.trace import Mean, Trace


class LimitInForce:
    """Keeps the limiter at what the controller wants, and writes each change down.

    Parameters
    ----------
    policy, config, trace
        The strategy, the live settings, where decisions are written.
    recalled
        The limit that an earlier run kept to, None to begin with the policy's own.

    Attributes
    ----------
    limiter
        Counts the slots.
    mean
        Of the limit in force, over time.
    """

    def __init__(self, policy: Policy, config: BatchConfig, trace: Trace, recalled: int | None) -> None:
        self._policy, self._config, self._trace = policy, config, trace
        self._controller = policy.limits(config, recalled)
        ceiling = policy.ceiling(config)
        self.limiter = Limiter(min(self._controller.limit, ceiling), ceiling)
        self.mean = Mean(self.limiter.limit, clock.now())

    def completed(self, completion: Completion) -> None:
        """Take note of a call that has ended."""
        self._follow(self._controller.completed(completion), "concurrency", completion.finished)

    def throttled(self, now: float) -> None:
        """Take note of a rate limit that was met."""
        self._follow(self._controller.throttled(now), "concurrency", now)

    def reconfigured(self, now: float) -> None:
        """Obey new settings."""
        self._controller.clamp(self._policy.ceiling(self._config))
        self._follow(None, "configuration", now)

    def pause(self, paused: bool, now: float) -> None:
        """Give no slot until it is resumed, or go on."""
        self.limiter.paused = paused
        self.mean.set(self.limiter.in_force, now)

    def move(self, now: float) -> None:
        """Free the API's slot of a call that goes on with another host."""
        self.limiter.move()
        self.mean.set(self.limiter.in_force, now)

    def give_back(self, now: float, *, elsewhere: bool) -> None:
        """Take a slot back; ``elsewhere`` is one of a call that went on with another host."""
        self.limiter.give_back(elsewhere=elsewhere)
        if elsewhere:
            self.mean.set(self.limiter.in_force, now)

    def _follow(self, change: LimitChange | None, loop: str, now: float) -> None:
        limiter = self.limiter
        limiter.ceiling = self._policy.ceiling(self._config)
        new = min(self._controller.limit, limiter.ceiling)
        if new == limiter.limit:
            return
        why = change.why if change is not None else "follows max_concurrent_requests"
        self._trace.decide(now, loop, "concurrency limit", limiter.limit, new, why)
        limiter.resize(new)
        self.mean.set(limiter.in_force, now)

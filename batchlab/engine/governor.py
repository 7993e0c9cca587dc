"""All that holds calls back besides slots: budgets, minute rules, one shared pause, and circuit breakers."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from batchlab import clock
from batchlab.batch_config import BatchConfig
from batchlab.control.budget import WINDOW, Budget, MinuteWindow, Pacing, RateLimitHeaders
from batchlab.control.circuit_breaker import BreakerChange, CircuitBreaker
from batchlab.control.policies import Policy
from batchlab.control.rate_limits import pause
from batchlab.control.refutation import Refutation
from batchlab.control.service_window import FEW, ServiceWindow
from batchlab.control.waits import Reason
from batchlab.errors import BatchLabError, ErrorCategory, NetworkError, RateLimitError, ServerError, category_of

# https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api#about-secondary-rate-limits
POINTS_A_MINUTE = {"core": 900, "graphql": 2000}
SERVICE_SECONDS_A_MINUTE = {"graphql": 60.0}
CPU_SECONDS_A_MINUTE = 90.0  # of all calls together
# Of a response's time. GitHub calls it a rough estimate; of small reads by REST recordings show a quarter.
CPU_SHARE = {"core": 0.25, "graphql": 1.0}
MOST_PAUSES_IN_A_ROW = 5
LONGEST_OUTAGE = 300.0  # seconds without a usable answer after which a pool's files are given up
NEVER = -math.inf
EVERYONE = "*"


@dataclass(frozen=True, slots=True)
class Hold:
    """What holds a lane back, and for how many seconds from now; infinite until something else happens.

    ``limit`` is the kind of rate limit that it respects: ``"primary"`` or ``"secondary"``.
    """

    reason: Reason
    seconds: float
    limit: str = "primary"


@dataclass(frozen=True, slots=True)
class Account:
    """What is known of one budget: points that may be spent before its reset, and the seconds until then.

    Infinite points while unknown; ``window`` is what each later hour leaves, ``silent`` that the server names no
    budget. ``points_used`` and ``seconds_used``, the latter of service, are those of the last minute.
    """

    usable: float
    seconds_to_reset: float
    window: float
    silent: bool
    points_used: int
    seconds_used: float


@dataclass(slots=True)
class _Host:
    """The last limit of a host that was met: seconds on the run's clock, and how many there were in a row."""

    paused_at: float = NEVER
    in_a_row: int = 0


class _Pool:
    """What holds calls of one rate-limit resource back."""

    def __init__(self, name: str, policy: Policy, config: BatchConfig) -> None:
        self.budget = Budget(config.rate_limit_buffer, policy.pacing)
        share, points = policy.minute_share(config), POINTS_A_MINUTE.get(name, math.inf)
        self.minute = MinuteWindow(share * points, spread=policy.pacing is Pacing.ALWAYS)
        seconds = share * SERVICE_SECONDS_A_MINUTE.get(name, math.inf)
        self.service = ServiceWindow(seconds, together=FEW if policy.plans else math.inf)
        self.no_minute = Refutation(points)
        self.no_service = Refutation(SERVICE_SECONDS_A_MINUTE.get(name, math.inf))
        self.breaker = CircuitBreaker()
        self.last_failure = ""

    def reconfigure(self, name: str, policy: Policy, config: BatchConfig) -> None:
        share = policy.minute_share(config)
        self.budget.share = config.rate_limit_buffer
        self.minute.points = share * POINTS_A_MINUTE.get(name, math.inf)
        self.service.seconds = share * SERVICE_SECONDS_A_MINUTE.get(name, math.inf)

    def sent(self, points: int, expected: float, now: float, epoch: float) -> None:
        self.budget.sent(points, epoch)
        self.minute.sent(points, now)
        self.service.sent(expected)
        self.no_minute.used(self.minute.used(now), now)
        self.no_service.used(self.service.spent(now), now)

    def succeeded(self, sent: float) -> None:
        self.no_minute.succeeded(sent)
        self.no_service.succeeded(sent)

    def delay_by_rules(self, now: float, demand: Callable[[], int]) -> float:
        """Seconds for which the rules beside the budget hold a call back, those aside that the server has not."""
        minute = 0.0 if self.no_minute.refuted else self.minute.delay(1, now)
        return max(minute, 0.0 if self.no_service.refuted else self.service.delay(now, demand))


class Governor:
    """Keeps a run inside the server's limits, and rests when one was met all the same.

    Parameters
    ----------
    policy, config
        The strategy and the settings: which share of each limit may be spent, and how it is spread.
    """

    def __init__(self, policy: Policy, config: BatchConfig) -> None:
        self._policy, self._config = policy, config
        self._pools: dict[str, _Pool] = {}
        self._pauses: dict[str, float] = {}
        self._api, self._others = _Host(), dict[str, _Host]()
        self._paused_by = ""
        self._has_rules, self._borne = False, 0
        self._cpu = ServiceWindow(policy.minute_share(config) * CPU_SECONDS_A_MINUTE, first=math.inf)
        self._no_cpu = Refutation(CPU_SECONDS_A_MINUTE)

    def reconfigure(self) -> None:
        """Follow a change of ``rate_limit_buffer``."""
        self._cpu.seconds = self._policy.minute_share(self._config) * CPU_SECONDS_A_MINUTE
        for name, pool in self._pools.items():
            pool.reconfigure(name, self._policy, self._config)

    def _pool(self, name: str) -> _Pool:
        if name not in self._pools:
            self._pools[name] = _Pool(name, self._policy, self._config)
        return self._pools[name]

    def left(self, pool: str) -> int | None:
        """Return the points left of a pool as the server last told; None while unknown."""
        return self._pool(pool).budget.left

    def account(self, pool: str) -> Account:
        """Return what is known of a pool's budget now."""
        keeper = self._pool(pool)
        budget, usable, to_reset = keeper.budget, keeper.budget.usable, 0.0
        if usable is not None:
            to_reset = max(0.0, budget.reset - clock.epoch())
        elif budget.window < math.inf:  # after a reset a whole window is there, though no answer has said so yet
            to_reset = WINDOW
        return Account(
            budget.window if usable is None else float(usable),
            to_reset,
            budget.window,
            budget.silent,
            keeper.minute.used(clock.now()),
            keeper.service.spent(clock.now()),
        )

    def seconds_for(self, pool: str, points: int, epoch: float) -> float | None:
        """Return the seconds that a pool's budget needs for so many points, None where it has enough or is unknown."""
        return self._pool(pool).budget.seconds_for(points, epoch)

    def hold(self, pool: str, demand: Callable[[], int], now: float, epoch: float, *, route: str = "") -> Hold | None:
        """Return what holds a call of this pool back, None when it may go.

        Parameters
        ----------
        pool
            The rate-limit resource.
        demand
            Returns the points of it that everything waiting wants.
        now, epoch
            Seconds on the run's clock, and UTC epoch seconds.
        route
            The route that it serves, which may rest on its own.
        """
        rest = max(self._pauses.get(held, now) for held in (pool, route, EVERYONE)) - now
        if rest > 0:
            return Hold(Reason.LIMIT, rest, self._paused_by)
        keeper = self._pool(pool)
        cool_down = keeper.breaker.delay(now)
        if cool_down > 0:
            return Hold(Reason.NETWORK, cool_down)
        primary = keeper.budget.delay(1, demand, epoch)
        # A server that names no budget has its limits switched off, until it proves otherwise.
        unlimited = self._is_silent(keeper.budget) and not self._has_rules
        cpu = 0.0 if self._no_cpu.refuted or pool not in CPU_SHARE else self._cpu.delay(now)
        secondary = 0.0 if unlimited else max(cpu, keeper.delay_by_rules(now, demand))
        if max(primary, secondary) <= 0:
            return None
        return Hold(Reason.PACE, max(primary, secondary), "primary" if primary >= secondary else "secondary")

    def _is_silent(self, budget: Budget) -> bool:
        """Whether a budget, or one of the same server while this one is not known, was not named by an answer."""
        if budget.left is not None or budget.silent:
            return budget.silent
        return any(self._pools[name].budget.silent for name in CPU_SHARE if name in self._pools)

    def refusal(self, pool: str, hold: Hold, now: float) -> BatchLabError | None:
        """Return the error that ends what waits for a hold, None where waiting is right.

        A single wait for a limit may last ``max_wait``; without a usable answer, calls are tried for that long, or
        for five minutes.
        """
        longest = math.inf if self._config.max_wait is None else self._config.max_wait
        if hold.reason is Reason.NETWORK:
            keeper = self._pool(pool)
            down = keeper.breaker.down_for(now)
            return _outage(down, keeper.last_failure) if down + hold.seconds > min(longest, LONGEST_OUTAGE) else None
        too_long = hold.reason is not Reason.SLOT and longest < hold.seconds < math.inf
        return _long_wait(hold, longest) if too_long else None

    def sent(self, pool: str, points: int, now: float, epoch: float, *, expected: float = 0.0) -> BreakerChange | None:
        """Take note of a call on its way that is expected to take so many seconds; while none gets through, a trial."""
        keeper = self._pool(pool)
        keeper.sent(points, expected, now, epoch)
        self._cpu.sent(CPU_SHARE.get(pool, 0.0) * expected)
        self._no_cpu.used(self._cpu.spent(now), now)
        return keeper.breaker.sent(now)

    def answered(self, pool: str, points: int, cost: int, told: RateLimitHeaders | None) -> None:
        """Take note of an answer and what it says of the budget."""
        self._pool(pool).budget.answered(points, cost, told)

    def lost(self, pool: str, points: int) -> None:
        """Take note of a call that ended without an answer."""
        self._pool(pool).budget.lost(points)

    def heard(self, pool: str, error: BaseException | None, files: int, now: float) -> BreakerChange | None:
        """Take note of whether a call for so many files had a usable answer; ``error`` is what was wrong with it."""
        keeper = self._pool(pool)
        if error is None or category_of(error) is not ErrorCategory.NETWORK:
            return keeper.breaker.succeeded(now)
        if isinstance(error, ServerError) and files > 1:
            return None  # it may have been too much for the server, which is for the batch size to answer
        keeper.last_failure = str(error)
        return keeper.breaker.failed(now)

    def ended(self, pool: str, sent: float, now: float, *, expected: float = 0.0) -> None:
        """Take note of the time that a call took, however it ended, and whatever it was expected to take."""
        self._pool(pool).service.ended(sent, now, expected)
        self._cpu.ended(sent, now, CPU_SHARE.get(pool, 0.0) * expected, share=CPU_SHARE.get(pool, 0.0))

    def succeeded(self, pool: str, sent: float, in_flight: int = 1) -> None:
        """Take note of a good answer to one of so many calls in flight.

        To a call sent since the last pause, it tells that the limit is behind.
        """
        self._pool(pool).succeeded(sent)
        self._no_cpu.succeeded(sent)
        host = self._others.get(pool, self._api)
        if sent > host.paused_at:
            host.in_a_row = 0
            self._borne = max(self._borne, in_flight)

    def limited(
        self, pool: str, error: RateLimitError, sent: float, now: float, in_flight: int = 1, *, other_host: str = ""
    ) -> float | None:
        """Take note of a limit that one of so many calls in flight has met; return the seconds of a new pause.

        A primary limit rests its own pool, or route where it is that of another host than the API; a secondary one
        rests everything. None when the call had been sent before the pause in force began: it belongs to the same
        occasion.
        """
        host = self._others.setdefault(other_host, _Host()) if other_host else self._api
        if sent <= host.paused_at:
            return None
        host.in_a_row += 1
        if host is self._api:
            self._learn_rules(error, in_flight)
        host.paused_at, self._paused_by = now, error.kind
        seconds = pause(error, host.in_a_row)
        held = pool if error.kind == "primary" else EVERYONE
        self._pauses[held] = max(self._pauses.get(held, 0.0), now + seconds)
        return seconds

    def _learn_rules(self, error: RateLimitError, in_flight: int) -> None:
        # The first secondary limit may be one of the server's own, which fewer calls in flight avoid, and so may one be
        # that more calls meet than were served since.
        as_served = self._api.paused_at > NEVER and in_flight <= max(1, self._borne)
        self._has_rules |= error.kind == "primary" or as_served
        self._borne = 0

    def rests(self, route: str, now: float) -> bool:
        """Whether a route waits for a host of its own."""
        return self._pauses.get(route, now) > now

    @property
    def hopeless(self) -> bool:
        """Whether limits were met again after each of several pauses, with nothing delivered between them."""
        return max(host.in_a_row for host in (self._api, *self._others.values())) > MOST_PAUSES_IN_A_ROW


def _long_wait(hold: Hold, longest: float) -> RateLimitError:
    return RateLimitError(
        f"waiting {hold.seconds:.0f} s for the {hold.limit} rate limit would exceed max_wait={longest:g} s; "
        "raise max_wait, come back after that time, or use a token with more budget",
        kind=hold.limit,
        wait=hold.seconds,
    )


def _outage(down: float, last_failure: str) -> NetworkError:
    return NetworkError(
        f"no call got through for {down:.0f} s, the last one with: {last_failure}; check the connection and "
        "https://www.githubstatus.com, then run again: what was delivered is kept"
    )

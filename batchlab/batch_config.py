"""`BatchConfig`: every setting of a run, validated as a whole and observable while the run is going.

Each field carries its range, unit, help text and place in the configuration file as metadata; files, widgets,
sweeps and error messages read that one declaration.
"""

from __future__ import annotations

import difflib
import operator
import threading
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import Field, dataclass, field, fields
from enum import Enum
from typing import Any, TypeAlias

from batchlab.cards import card, table
from batchlab.errors import ConfigError

Changes: TypeAlias = Mapping[str, tuple[Any, Any]]
Subscriber: TypeAlias = Callable[[Changes], None]

ROUTE_NAMES = ("blobs", "contents", "graphql", "tarball", "raw")
USUAL_ROUTES = ROUTE_NAMES[:-1]


class BatchStrategy(Enum):
    """The five ways to read, points of one engine."""

    SEQUENTIAL = "sequential"
    PARALLEL = "parallel"
    ADAPTIVE = "adaptive"
    AGGRESSIVE = "aggressive"
    CONSERVATIVE = "conservative"

    @classmethod
    def parse(cls, value: BatchStrategy | str) -> BatchStrategy:
        """Return the strategy that a name stands for; case does not matter.

        Raises
        ------
        ConfigError
            The name is not one of the five.
        """
        if isinstance(value, cls):
            return value
        try:
            return cls(str(value).lower())
        except ValueError:
            names = [strategy.value for strategy in cls]
            raise ConfigError(f"unknown strategy {value!r}{nearest(str(value), names)}") from None


def nearest(name: str, accepted: Iterable[str]) -> str:
    """Return the end of an error sentence: the closest accepted name, and all of them."""
    names = list(accepted)
    close = difflib.get_close_matches(name.lower(), names, n=1)
    hint = f"; did you mean {close[0]!r}?" if close else ";"
    return f"{hint} accepted: {', '.join(names)}"


def _integer(default: int, low: int, high: int, place: str, unit: str, meaning: str) -> Any:
    return field(default=default, metadata=_metadata(int, (low, high), place, unit, meaning))


def _number(default: float, low: float, high: float, place: str, unit: str, meaning: str) -> Any:
    return field(default=default, metadata=_metadata(float, (low, high), place, unit, meaning))


def _switch(default: bool, place: str, meaning: str) -> Any:
    return field(default=default, metadata=_metadata(bool, None, place, "", meaning))


def _metadata(kind: type, bounds: Any, place: str, unit: str, meaning: str) -> dict[str, Any]:
    section, key = place.split(".")
    return {"kind": kind, "range": bounds, "section": section, "key": key, "unit": unit, "help": meaning}


@dataclass
class _Live:
    """What a configuration carries beside its settings; never copied, pickled or compared."""

    lock: threading.RLock = field(default_factory=threading.RLock)
    subscribers: list[Subscriber] = field(default_factory=list)
    snapshot: BatchConfig | None = None
    frozen: bool = False


@dataclass
class BatchConfig:
    """Settings of a run: given, assigned or updated, each change validated at once.

    Fields, defaults and ranges are listed by ``BatchConfig.describe()``. A change made during a run, from any
    thread, is obeyed at the engine's next decision.

    Raises
    ------
    ConfigError
        A value is out of range, or a pair of values contradicts itself; nothing is changed then.

    Examples
    --------
    >>> config = BatchConfig(max_concurrent_requests=15)
    >>> config.update(min_batch_size=5, default_batch_size=20)
    >>> config.default_batch_size
    20
    >>> config.max_batch_size = 10
    Traceback (most recent call last):
    ...
    batchlab.errors.ConfigError: default_batch_size (20) exceeds max_batch_size (10); set both in one update()
    """

    max_concurrent_requests: int = _integer(
        10, 1, 100, "concurrency.max_concurrent_requests", "calls",
        "Ceiling on calls in flight. GitHub refuses more than 100 of one account.",
    )  # fmt: skip
    max_concurrent_repos: int = _integer(
        3, 1, 1000, "concurrency.max_concurrent_repos", "repositories",
        "Ceiling on trees and archives being read at once.",
    )  # fmt: skip
    default_batch_size: int = _integer(
        10,
        1,
        250,
        "batch_sizes.default",
        "files",
        "Files a call to start with, on routes that carry several.",
    )
    max_batch_size: int = _integer(50, 1, 250, "batch_sizes.max", "files", "Most files in one call.")
    min_batch_size: int = _integer(1, 1, 250, "batch_sizes.min", "files", "Fewest files a call to shrink to.")
    rate_limit_buffer: float = _number(
        0.8, 0.01, 1.0, "performance.rate_limit_buffer", "share",
        "Share of what is left of each budget, and of each minute limit, that the run may spend.",
    )  # fmt: skip
    retry_attempts: int = _integer(
        3, 0, 20, "performance.retry_attempts", "attempts", "Attempts after the first, per batch."
    )
    retry_delay_base: float = _number(
        1.0, 0.0, 300.0, "performance.retry_delay_base", "s", "First backoff; it doubles with each attempt."
    )
    max_memory_usage_mb: int = _integer(
        500, 1, 1_048_576, "memory.max_usage_mb", "MB",
        "Ceiling on the bytes the engine holds; kept by holding back, never by dropping work.",
    )  # fmt: skip
    stream_large_files_threshold: int = _integer(
        1024 * 1024, 1, 100 * 1024 * 1024, "memory.stream_threshold_bytes", "bytes",
        "Files above this size are streamed and sent one a call.",
    )  # fmt: skip
    default_strategy: BatchStrategy = field(
        default=BatchStrategy.ADAPTIVE,
        metadata=_metadata(BatchStrategy, None, "strategy.default", "", "Strategy where none is named."),
    )
    enable_cross_repo_batching: bool = _switch(
        True, "strategy.enable_cross_repo_batching", "One call may carry files of several repositories."
    )
    enable_file_prioritization: bool = _switch(
        True, "strategy.enable_file_prioritization", "Lockfiles and manifests first, then the rest."
    )
    enable_performance_monitoring: bool = _switch(
        True, "monitoring.enable_performance_monitoring", "Record calls, decisions and the timeline."
    )
    log_batch_metrics: bool = _switch(
        False, "monitoring.log_batch_metrics", "Log the metrics of each operation under the logger batchlab.batch."
    )
    routes: tuple[str, ...] = field(
        default=USUAL_ROUTES,
        metadata=_metadata(tuple, ROUTE_NAMES, "transport.routes", "", "Routes that the planner may use."),
    )
    allow_raw: bool = _switch(
        False, "transport.allow_raw",
        "Let routes name raw: plain downloads of public files, without the token, under limits that are unpublished.",
    )  # fmt: skip
    max_wait: float | None = field(
        default=None,
        metadata=_metadata(
            float, (0.0, 86_400.0), "transport.max_wait", "s",
            "Longest single wait for a limit; a longer one fails the file. None waits as long as asked.",
        ),
    )  # fmt: skip
    request_timeout: float = _number(
        30.0, 0.1, 3600.0, "transport.request_timeout", "s",
        "Patience for the first byte of an answer; it grows with the bytes expected.",
    )  # fmt: skip
    fold_duplicates: bool = _switch(
        True, "transport.fold_duplicates", "Read equal blobs once, whatever path or repository wants them."
    )
    use_cache: bool = _switch(True, "transport.use_cache", "Take blobs from the cache and keep them there.")

    def __post_init__(self) -> None:
        self.__dict__["_live_state"] = _Live()
        self.__dict__.update(_validated(self.to_dict()))

    @property
    def _live(self) -> _Live:
        live: _Live = self.__dict__["_live_state"]
        return live

    @classmethod
    def lab(cls, **changes: Any) -> BatchConfig:
        """Return the roomy configuration that studies run with: 96 in flight, 96 repositories, 100 a batch.

        Examples
        --------
        >>> BatchConfig.lab(max_batch_size=50).max_concurrent_requests
        96
        """
        roomy = {
            "max_concurrent_requests": 96,
            "max_concurrent_repos": 96,
            "default_batch_size": 20,
            "max_batch_size": 100,
        }
        return cls(**(roomy | changes))

    @classmethod
    def describe(cls) -> list[dict[str, Any]]:
        """Return one record a field: name, default, kind, range, section, key, unit and help."""
        return [{"name": f.name, "default": f.default, **f.metadata} for f in fields(cls)]

    def update(self, **changes: Any) -> None:
        """Change several fields at once: all of them, or none if one is refused.

        Raises
        ------
        ConfigError
            A name is unknown, a value out of range, or the result contradicts itself.
        """
        if self._live.frozen:
            raise ConfigError("a snapshot cannot be changed; change the BatchConfig it was taken from")
        with self._live.lock:
            changed = self._store(_validated(self.to_dict() | _known(changes)))
            subscribers = list(self._live.subscribers)
        if changed:
            for callback in subscribers:
                callback(changed)

    def _store(self, values: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
        before = self.to_dict()
        self.__dict__.update(values)
        self._live.snapshot = None
        return {name: (before[name], new) for name, new in values.items() if before[name] != new}

    def subscribe(self, callback: Subscriber) -> Callable[[], None]:
        """Call ``callback({field: (old, new)})`` after each change; return what ends the subscription.

        The callback runs on the thread that made the change.
        """
        with self._live.lock:
            self._live.subscribers.append(callback)
        return lambda: self._unsubscribe(callback)

    def _unsubscribe(self, callback: Subscriber) -> None:
        with self._live.lock:
            if callback in self._live.subscribers:
                self._live.subscribers.remove(callback)

    def snapshot(self) -> BatchConfig:
        """Return a frozen copy in which no half of a change can be seen."""
        with self._live.lock:
            if self._live.snapshot is None:
                frozen = BatchConfig(**self.to_dict())
                frozen._live.frozen = True
                self._live.snapshot = frozen
            return self._live.snapshot

    def to_dict(self) -> dict[str, Any]:
        """Return the settings as a flat dictionary, in declared order."""
        with self._live.lock:
            return {f.name: self.__dict__[f.name] for f in fields(self)}

    def __setattr__(self, name: str, value: Any) -> None:
        if "_live_state" in self.__dict__:
            self.update(**{name: value})
        else:  # the dataclass's own __init__, before anything was checked
            self.__dict__[name] = value

    def changed(self) -> dict[str, Any]:
        """Return the settings by field that differ from the defaults."""
        return {name: value for name, value in self.to_dict().items() if value != FIELDS[name].default}

    def __repr__(self) -> str:
        changed = ", ".join(f"{name}={_source(value)}" for name, value in self.changed().items())
        return f"{type(self).__name__}({changed})"

    def _repr_html_(self) -> str:
        changed = self.changed()
        title = f"{type(self).__name__}: {len(changed)} of {len(FIELDS)} settings differ from the defaults"
        return card(title, changed, {"All settings": table(self.to_dict())})

    def __getstate__(self) -> dict[str, Any]:
        return self.to_dict()

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self.__post_init__()


FIELDS: dict[str, Field[Any]] = {f.name: f for f in fields(BatchConfig)}


def _source(value: Any) -> str:
    return str(value) if isinstance(value, BatchStrategy) else repr(value)


def _known(changes: Mapping[str, Any]) -> dict[str, Any]:
    for name in changes:
        if name not in FIELDS:
            raise ConfigError(f"unknown setting {name!r}{nearest(name, FIELDS)}")
    return dict(changes)


def _validated(values: Mapping[str, Any]) -> dict[str, Any]:
    checked = {name: checked_setting(name, value) for name, value in values.items()}
    for low, high in (("min_batch_size", "default_batch_size"), ("default_batch_size", "max_batch_size")):
        if checked[low] > checked[high]:
            raise ConfigError(f"{low} ({checked[low]}) exceeds {high} ({checked[high]}); set both in one update()")
    if "raw" in checked["routes"] and not checked["allow_raw"]:
        raise ConfigError("routes names 'raw', but allow_raw is False; set both in one update(), or leave 'raw' out")
    return checked


def checked_setting(name: str, value: Any) -> Any:
    """Return the value of one field in its own type.

    Raises
    ------
    ConfigError
        The field does not take it.
    """
    metadata = FIELDS[name].metadata
    kind = metadata["kind"]
    if kind is BatchStrategy:
        return BatchStrategy.parse(value)
    if kind is tuple:
        return _checked_routes(name, value)
    if value is None and FIELDS[name].default is None:
        return None
    if kind is bool:
        return _checked_switch(name, value)
    return _checked_number(name, value, kind, metadata["range"], metadata["unit"])


def _checked_switch(name: str, value: Any) -> bool:
    if isinstance(value, bool):
        return value
    raise ConfigError(f"{name} takes True or False, not {value!r}")


def _checked_number(name: str, value: Any, kind: type, bounds: tuple[Any, Any], unit: str) -> Any:
    low, high = bounds
    try:
        if isinstance(value, (bool, str)):
            raise TypeError
        number = operator.index(value) if kind is int else float(value)
    except (TypeError, OverflowError):
        what = "a whole number" if kind is int else "a number"
        raise ConfigError(f"{name} takes {what} from {low} to {high} ({unit}), not {value!r}") from None
    if not low <= number <= high:
        raise ConfigError(f"{name}={value!r} is out of range; accepted: {low} to {high} ({unit})")
    return number


def _checked_routes(name: str, value: Any) -> tuple[str, ...]:
    if not isinstance(value, Collection):
        raise ConfigError(f"{name} takes route names, not {value!r}; accepted: {', '.join(ROUTE_NAMES)}")
    named = [value] if isinstance(value, str) else list(value)
    for route in named:
        if route not in ROUTE_NAMES:
            raise ConfigError(f"{name}: unknown route {route!r}{nearest(str(route), ROUTE_NAMES)}")
    if not named:
        raise ConfigError(f"{name} must name at least one route; accepted: {', '.join(ROUTE_NAMES)}")
    return tuple(route for route in ROUTE_NAMES if route in named)

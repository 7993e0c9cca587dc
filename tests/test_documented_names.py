"""Every class, method, parameter and default that the documented page names, as it names them."""

from __future__ import annotations

import inspect
import re
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from batchlab.batch_config import BatchConfig
from batchlab.batch_metrics_collector import BatchMetricsCollector
from batchlab.config_files import LAYOUT

PAGE = (Path(__file__).parent / "data" / "batch-api.md").read_text(encoding="utf-8")
NONE = {"github_client": None, "cache_manager": None, "config": None, "metrics_collector": None}

# What can be called by keyword, with the default that it has; `...` where it has none.
SIGNATURES: dict[str, dict[str, Any]] = {
    "batch_coordinator.BatchCoordinator": NONE,
    "batch_coordinator.BatchCoordinator.process_repositories_batch": {"repositories": ..., "strategy": None},
    "batch_coordinator.BatchCoordinator.process_files_batch": {"repo": ..., "file_paths": ..., "priority_files": ()},
    "batch_coordinator.BatchCoordinator.get_batch_metrics": {},
    "batch_coordinator.BatchCoordinator.cleanup": {},
    "parallel_batch_processor.ParallelBatchProcessor": {
        "max_concurrent": 10,
        "rate_limit_buffer": 0.8,
        "retry_attempts": 3,
    },
    "parallel_batch_processor.ParallelBatchProcessor.process_batch_parallel": {"batch_requests": ...},
    "batch_strategy_manager.BatchStrategyManager": {},
    "batch_strategy_manager.BatchStrategyManager.calculate_optimal_batch_size": {
        "files": ...,
        "rate_limit_remaining": None,
        "network_conditions": None,
    },
    "batch_strategy_manager.BatchStrategyManager.prioritize_files": {"file_paths": ...},
    "batch_strategy_manager.BatchStrategyManager.identify_cross_repo_opportunities": {"repositories": ...},
    "async_github_client.AsyncGitHubClient": {"token": None},
    "async_github_client.AsyncGitHubClient.get_multiple_file_contents_parallel": {
        "repo": ...,
        "file_paths": ...,
        "max_concurrent": 5,
    },
    "async_github_client.AsyncGitHubClient.stream_large_file_content": {
        "repo": ...,
        "file_path": ...,
        "chunk_size": 8192,
    },
    "batch_error_handler.BatchErrorHandler": {},
    "batch_error_handler.BatchErrorHandler.handle_batch_failure": {"failed_batch": ..., "error": ...},
    "batch_error_handler.BatchErrorHandler.handle_partial_failure": {"successful_results": ..., "failed_requests": ...},
    "batch_metrics_collector.BatchMetricsCollector": {},
    "batch_metrics_collector.BatchMetricsCollector.record_batch_operation": {
        "operation_type": ...,
        "duration": ...,
        "batch_size": ...,
        "success_count": ...,
        "cache_hits": 0,
    },
    "batch_metrics_collector.BatchMetricsCollector.get_performance_summary": {},
    "batch_metrics_collector.BatchMetricsCollector.identify_optimization_opportunities": {},
    "batch_progress_monitor.BatchProgressMonitor": {},
    "batch_progress_monitor.BatchProgressMonitor.start_monitoring": {},
    "batch_progress_monitor.BatchProgressMonitor.update_progress": {
        "completed": ...,
        "total": None,
        "current_batch_size": None,
        "eta_seconds": None,
    },
    "resource_manager.ResourceManager": {"max_memory_mb": 500, "cleanup_threshold": 0.8},
    "resource_manager.ResourceManager.should_reduce_batch_size": {},
    "resource_manager.ResourceManager.cleanup_batch_resources": {"batch_results": ...},
    "streaming_batch_processor.StreamingBatchProcessor": {"chunk_size": 10, "max_memory_mb": 300},
    "streaming_batch_processor.StreamingBatchProcessor.process_large_batch_streaming": {"requests": ...},
}


def named(path: str) -> Any:
    module, _, rest = path.partition(".")
    found: Any = import_module(f"batchlab.{module}")
    for name in rest.split("."):
        found = getattr(found, name)
    return found


@pytest.mark.parametrize("path", SIGNATURES)
def test_parameters_and_defaults_are_as_documented(path: str) -> None:
    parameters = {name: p for name, p in inspect.signature(named(path)).parameters.items() if name != "self"}
    expected = SIGNATURES[path]
    assert list(parameters)[: len(expected)] == list(expected)
    for name, default in expected.items():
        given = parameters[name].default
        assert (... if given is inspect.Parameter.empty else given) == default
        assert parameters[name].kind is inspect.Parameter.POSITIONAL_OR_KEYWORD
    for name in list(parameters)[len(expected) :]:  # what is added can be left out
        assert parameters[name].default is not inspect.Parameter.empty


def test_the_options_that_the_page_lists_have_the_defaults_that_it_lists() -> None:
    listed = dict(re.findall(r"^- `(\w+)`: .*\(default: ([\d.]+)\)$", PAGE, re.MULTILINE))
    assert listed == {"max_concurrent": "10", "rate_limit_buffer": "0.8", "retry_attempts": "3"}
    ours = SIGNATURES["parallel_batch_processor.ParallelBatchProcessor"]
    assert {name: str(default) for name, default in ours.items()} == listed


def test_the_key_methods_and_modules_that_the_page_lists_exist() -> None:
    coordinator = named("batch_coordinator.BatchCoordinator")
    methods = re.findall(r"^- `(\w+)\(\)`:", PAGE, re.MULTILINE)
    assert len(methods) == 4
    assert all(callable(getattr(coordinator, name)) for name in methods)
    assert not inspect.iscoroutinefunction(coordinator.get_batch_metrics)
    modules = re.findall(r"^- `(\w+)\.py`:", PAGE, re.MULTILINE)
    assert len(modules) == 8
    assert all(import_module(f"batchlab.{name}") for name in modules)


def test_every_documented_class_is_where_its_import_says() -> None:
    imports = re.findall(r"^from github_ioc_scanner\.(\w+) import (.+)$", PAGE, re.MULTILINE)
    assert len(imports) == 15
    for module, names in imports:
        for name in names.split(", "):
            assert named(f"{module}.{name}")


def test_the_summary_has_the_documented_keys() -> None:
    keys = re.findall(r"summary\['(\w+)'\]", PAGE)
    assert keys == ["avg_batch_size", "cache_hit_rate", "success_rate"]
    assert set(keys) <= set(BatchMetricsCollector().get_performance_summary())


def test_every_setting_has_its_place_in_the_configuration_file() -> None:
    assert sorted(name for keys in LAYOUT.values() for name in keys.values()) == sorted(BatchConfig().to_dict())

from __future__ import annotations

import inspect
import subprocess
import sys

import pytest

ORDERS = (
    "import batchlab as bl; bl.runs('.'); import batchlab.runs.handle",
    "import batchlab.runs.handle; import batchlab as bl; bl.runs('.')",
    "from batchlab import runs; runs('.'); import batchlab as bl; bl.scan; bl.runs('.'); bl.runs.scan",
)


@pytest.mark.parametrize("order", ORDERS)
def test_a_package_answers_as_its_function_whoever_imports_it_first(order: str) -> None:
    subprocess.run([sys.executable, "-c", order], check=True)


def test_its_signature_is_the_functions() -> None:
    import batchlab as bl

    assert list(inspect.signature(bl.runs).parameters) == ["folder"]

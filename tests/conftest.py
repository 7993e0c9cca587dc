"""What every test may stand on: the profile of property tests, and the corpus of real repositories."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

CHECKOUT = Path(__file__).resolve().parents[1]
IN_CI = bool(os.environ.get("CI"))

# Deadlines measure the machine, not the code; in CI the same examples are drawn every time.
settings.register_profile("local", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("ci" if IN_CI else "local")


@pytest.fixture(scope="session")
def corpus_folder() -> Path:
    """The recorded trees and manifests of real repositories; too large to be part of the checkout."""
    folder = Path(os.environ.get("BATCHLAB_CORPUS") or CHECKOUT.parent / "shared" / "corpus")
    if not folder.is_dir():
        reason = f"no corpus at {folder}; name its folder in the environment variable BATCHLAB_CORPUS"
        pytest.fail(reason) if IN_CI else pytest.skip(reason)
    return folder

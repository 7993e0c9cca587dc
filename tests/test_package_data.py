from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest
from hatchling.builders.wheel import WheelBuilder

from batchlab import package_data

CHECKOUT = Path(__file__).resolve().parents[1]
LOCATORS = {"data": package_data.data_folder, "notebooks": package_data.notebooks_folder}
FOR_READERS = {"README.md", "measured", "pictures"}  # of the repository: they stay out of data in the wheel


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty package, which the locator takes for its own."""
    folder = tmp_path / "site-packages" / "batchlab"
    folder.mkdir(parents=True)
    monkeypatch.setattr(package_data, "__file__", str(folder / "package_data.py"))
    return folder


@pytest.mark.parametrize("name", LOCATORS)
def test_a_checkout_has_the_folder_at_its_top(name: str) -> None:
    assert LOCATORS[name]() == CHECKOUT / name


@pytest.mark.parametrize("name", LOCATORS)
def test_a_wheel_prefers_its_own_folder_to_a_neighbour_of_that_name(name: str, package: Path) -> None:
    (package.parent / name).mkdir()
    (package / f"_{name}").mkdir()
    assert LOCATORS[name]() == package / f"_{name}"


@pytest.mark.parametrize("name", LOCATORS)
def test_an_incomplete_installation_is_told_both_places(name: str, package: Path) -> None:
    with pytest.raises(FileNotFoundError, match="install batchlab again") as caught:
        LOCATORS[name]()
    assert str(package / f"_{name}") in str(caught.value)
    assert str(package.parent / name) in str(caught.value)


def test_the_wheel_carries_both_folders_to_where_the_locator_looks(tmp_path: Path) -> None:
    (wheel,) = WheelBuilder(str(CHECKOUT)).build(directory=str(tmp_path), versions=["standard"])
    site = tmp_path / "site"
    with ZipFile(wheel) as archive:
        archive.extractall(site)
    program = "from batchlab.package_data import *; print(data_folder(), notebooks_folder(), sep='\\n')"
    printed = subprocess.run(
        [sys.executable, "-c", program], cwd=site, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    assert printed == [str(site / "batchlab" / f"_{name}") for name in LOCATORS]
    for name, found in zip(LOCATORS, printed, strict=True):
        here = {path for path in _files(CHECKOUT / name) if name != "data" or path.parts[0] not in FOR_READERS}
        assert _files(Path(found)) == here != set()


def _files(folder: Path) -> set[Path]:
    # What editors leave beside the files (.ipynb_checkpoints) is ignored by git and stays at home.
    paths = {path.relative_to(folder) for path in folder.rglob("*") if path.is_file()}
    return {path for path in paths if not path.parts[0].startswith(".")}

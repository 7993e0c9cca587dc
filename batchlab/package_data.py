"""Where the data and the notebooks that travel with the package are.

Finds the folders only; what is in them is read by others.
"""

from __future__ import annotations

from pathlib import Path


def data_folder() -> Path:
    """Return the folder of the data that batchlab ships, such as the sample world's specification.

    Returns
    -------
    Path
        ``data/`` of the checkout, for an editable install too, or ``batchlab/_data`` of an installed wheel.

    Raises
    ------
    FileNotFoundError
        The installation is incomplete: the folder is in neither place.

    Examples
    --------
    >>> data_folder().is_dir()
    True
    """
    return _locate("data")


def notebooks_folder() -> Path:
    """Return the folder of the notebooks that batchlab ships.

    Returns
    -------
    Path
        ``notebooks/`` of the checkout, for an editable install too, or ``batchlab/_notebooks`` of an
        installed wheel.

    Raises
    ------
    FileNotFoundError
        The installation is incomplete: the folder is in neither place.

    Examples
    --------
    >>> notebooks_folder().is_dir()
    True
    """
    return _locate("notebooks")


def _locate(name: str) -> Path:
    package = Path(__file__).resolve().parent
    # The wheel's place first: beside an installed package, `data` would be some other distribution's.
    places = (package / f"_{name}", package.parent / name)
    for place in places:
        if place.is_dir():
            return place
    raise FileNotFoundError(
        f"batchlab's {name} folder is neither {places[0]} nor {places[1]}; "
        "install batchlab again, or restore the folder in the checkout"
    )

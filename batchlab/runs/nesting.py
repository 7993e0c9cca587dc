"""Let a notebook's cell call ``asyncio.run``, as the API page does; only for who asks for it."""

from __future__ import annotations

from batchlab.errors import BatchLabError


def enable_nested_asyncio() -> None:
    """Let ``asyncio.run`` and ``loop.run_until_complete`` be called where a loop is running, as in a notebook's cell.

    Not needed for `batchlab.scan` and its kin, nor for ``await`` in a cell. It changes asyncio for the whole process
    until its end, which is why nothing calls it unasked.

    Raises
    ------
    BatchLabError
        The extra ``notebook`` is not installed.

    Notes
    -----
    Stands on nest-asyncio2. Its archived forerunner, nest-asyncio 1.6, loses the cells that are queued behind such a
    call on ipykernel 7 and Python 3.11 or newer; ``tests/notebooks/test_kernels.py`` runs queued cells.
    """
    try:
        import nest_asyncio2
    except ImportError:
        raise BatchLabError(
            "asyncio.run in a cell needs nest-asyncio2, which is not installed: pip install 'batchlab[notebook]'"
        ) from None
    nest_asyncio2.apply()

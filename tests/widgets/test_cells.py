"""Running a cell twice closes what it had made, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from batchlab.widgets.cells import Cells


class Made:
    closed = False

    def close(self) -> None:
        self.closed = True


def request(cell: str | None, execution: str, code: str = "") -> dict[str, Any]:
    metadata = {} if cell is None else {"cellId": cell}
    return {"header": {"msg_id": execution}, "metadata": metadata, "content": {"code": code}}


@pytest.mark.parametrize("named", [True, False])
def test_the_second_run_of_a_cell_closes_what_the_first_one_made(named: bool) -> None:
    now: dict[str, Any] = {}
    cells = Cells(lambda: now)
    made = []
    for execution, cell in [("1", "a"), ("1", "a"), ("2", "b"), ("3", "a"), ("4", "a")]:
        now = request(cell if named else None, execution, cell)
        made.append(Made())
        cells.replace(made[-1])
    assert [thing.closed for thing in made] == [True, True, False, True, False]


def test_outside_of_a_kernel_nothing_is_closed() -> None:
    cells = Cells(dict)
    first = Made()
    cells.replace(first)
    cells.replace(Made())
    assert not first.closed

"""A report as Markdown: its pictures and its data are in a folder beside it."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

from batchlab.report.embedding import DATA_FOLDER, MARK, data_folder_of, unpack
from batchlab.report.parts import Block, Code, Page, Shown, Table
from batchlab.runs.folders import whole_folder, write_whole


def write_markdown(page: Page, target: Path) -> None:
    """Write the page, and its folder; both are replaced."""
    beside = data_folder_of(target)
    if beside.exists():
        shutil.rmtree(beside)
    with whole_folder(beside) as new:
        unpack(page.data, new / DATA_FOLDER)
        for name, shown in _pictures(page).items():
            (new / name).write_bytes(shown.png)
    write_whole(target, ("\n\n".join(_parts(page, beside.name)) + "\n").encode())


def _pictures(page: Page) -> dict[str, Shown]:
    pictures = [block for section in page.sections for block in section.blocks if isinstance(block, Shown)]
    return {f"{number:02}.png": shown for number, shown in enumerate(pictures, 1)}


def _parts(page: Page, folder: str) -> Iterator[str]:
    names = {id(shown): f"{folder}/{name}" for name, shown in _pictures(page).items()}
    yield f"<!-- {MARK} -->"
    yield f"# {_plain(page.title)}"
    yield from (f"**{_plain(sentence)}**" for sentence in page.verdict)
    for section in page.sections:
        yield f"## {_plain(section.title)}"
        for block in section.blocks:
            yield _block(block, names)
    yield f"*{_plain(page.made)}*"


def _block(block: Block, names: dict[int, str]) -> str:
    if isinstance(block, Table):
        return _table(block)
    if isinstance(block, Shown):
        picture = f"![{_plain(block.alt)}](<{names[id(block)]}>)"
        return f"### {_plain(block.title)}\n\n{picture}\n\n{_plain(block.text)}"
    if isinstance(block, Code):
        return f"```\n{block.lines}\n```"
    return _plain(block)


def _table(table: Table) -> str:
    heads = " | ".join(_cell(name) for name, _ in table.columns)
    rule = " | ".join("---:" if number else "---" for _, number in table.columns)
    rows = "\n".join("| " + " | ".join(_cell(cell.text) for cell in row) + " |" for row in table.rows)
    return f"{_plain(table.caption)}\n\n| {heads} |\n| {rule} |\n{rows}"


def _plain(text: str) -> str:
    """Return text that means nothing to Markdown: names of files are anybody's to choose."""
    return re.sub(r"([\\`*_\[\]<>#|])", r"\\\1", " ".join(text.split()))


def _cell(text: str) -> str:
    return _plain(text) or " "

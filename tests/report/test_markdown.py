from __future__ import annotations

import re
from pathlib import Path

import batchlab as bl
from batchlab.report.markdown import _plain


def test_pictures_lie_beside_it_and_say_what_they_show(study: bl.Study, tmp_path: Path) -> None:
    made = bl.report(study, out=tmp_path / "my report.md")
    text = made.path.read_text()
    pictures = re.findall(r"!\[([^\n]+)\]\(<(my report_files/\d+\.png)>\)", text)
    assert len(pictures) >= 6
    for words, path in pictures:
        assert re.search(r"\d", words)
        assert (tmp_path / path).read_bytes().startswith(b"\x89PNG")


def test_tables_are_tables(study: bl.Study, tmp_path: Path) -> None:
    lines = bl.report(study, out=tmp_path / "report.md").path.read_text().splitlines()
    place = next(number for number, line in enumerate(lines) if line.startswith("| strategy |"))
    widths = [len(re.findall(r"(?<!\\)\|", line)) for line in lines[place : place + 4]]
    assert len(set(widths)) == 1
    assert lines[place + 2].startswith("| adaptive |")


def test_text_means_nothing_to_markdown() -> None:
    assert _plain("a|b `c` *d* <e>\n# f") == r"a\|b \`c\` \*d\* \<e\> \# f"

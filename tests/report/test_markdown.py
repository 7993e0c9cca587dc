from __future__ import annotations

import re

from batchlab.report import Report
from batchlab.report.markdown import _plain


def test_pictures_lie_beside_it_and_say_what_they_show(in_markdown: Report) -> None:
    text = in_markdown.path.read_text()
    pictures = re.findall(r"!\[([^\n]+)\]\(<(my report_files/\d+\.png)>\)", text)
    assert len(pictures) >= 6
    for words, path in pictures:
        assert re.search(r"\d", words)
        assert (in_markdown.path.parent / path).read_bytes().startswith(b"\x89PNG")


def test_tables_are_tables(in_markdown: Report) -> None:
    lines = in_markdown.path.read_text().splitlines()
    place = next(number for number, line in enumerate(lines) if line.startswith("| strategy |"))
    widths = [len(re.findall(r"(?<!\\)\|", line)) for line in lines[place : place + 4]]
    assert len(set(widths)) == 1
    assert lines[place + 2].startswith("| adaptive |")


def test_text_means_nothing_to_markdown() -> None:
    assert _plain("a|b `c` *d* <e>\n# f") == r"a\|b \`c\` \*d\* \<e\> \# f"

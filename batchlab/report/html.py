"""A report as one HTML file: readable without scripts, which only sort tables; it forbids itself any network."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from html import escape
from importlib.resources import files

from batchlab.report.embedding import MARK, as_element
from batchlab.report.parts import Block, Cell, Code, Page, Section, Shown, Table

# Whatever a browser might want to fetch, it may not.
_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'"


def as_html(page: Page) -> str:
    """Return the page as HTML."""
    room = files("batchlab.report")
    return "\n".join(
        [
            "<!doctype html>",
            '<html lang="en">',
            "<head>",
            '<meta charset="utf-8">',
            f'<meta name="generator" content="{MARK}">',
            f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            '<meta name="color-scheme" content="light dark">',
            '<link rel="icon" href="data:,">',
            f"<title>{escape(page.title)}</title>",
            f"<style>{(room / 'page.css').read_text(encoding='utf-8')}</style>",
            "</head>",
            "<body>",
            _header(page),
            "<main>",
            *(_section(number, section) for number, section in enumerate(page.sections, 1)),
            "</main>",
            f"<footer>{escape(page.made)}</footer>",
            as_element(page.data),
            f"<script>{(room / 'page.js').read_text(encoding='utf-8')}</script>",
            "</body>",
            "</html>",
            "",
        ]
    )


def _header(page: Page) -> str:
    facts = "".join(f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>" for name, value in page.facts.items())
    links = "".join(f'<li><a href="#s{n}">{escape(s.title)}</a></li>' for n, s in enumerate(page.sections, 1))
    verdict = "".join(f"<p>{escape(sentence)}</p>" for sentence in page.verdict)
    return (
        f'<header><h1>{escape(page.title)}</h1><div class="verdict">{verdict}</div>'
        f'<dl class="facts">{facts}</dl><nav aria-label="Contents"><ul>{links}</ul></nav></header>'
    )


def _section(number: int, section: Section) -> str:
    heading = f"<h2>{escape(section.title)}</h2>"
    body = "\n".join(_block(block) for block in section.blocks)
    if section.folded:
        return f'<section id="s{number}"><details><summary>{heading}</summary>{body}</details></section>'
    return f'<section id="s{number}">{heading}{body}</section>'


def _block(block: Block) -> str:
    if isinstance(block, Table):
        return _table(block)
    if isinstance(block, Shown):
        return _picture(block)
    if isinstance(block, Code):
        return f'<pre tabindex="0"><code>{escape(block.lines)}</code></pre>'
    return f"<p>{escape(block)}</p>"


def _table(table: Table) -> str:
    heads = "".join(f'<th scope="col"{_side(number)}>{escape(name)}</th>' for name, number in table.columns)
    numbers = [number for _, number in table.columns]
    rows = "".join(f"<tr>{_row(row, numbers)}</tr>" for row in table.rows)
    name = escape(table.caption)
    return (
        f'<div class="scroll" role="region" aria-label="{name}" tabindex="0"><table class="sortable">'
        f"<caption>{name}</caption><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _row(row: Sequence[Cell], numbers: Sequence[bool]) -> str:
    first, *others = (
        f'{_side(number)} data-value="{escape("" if cell.value is None else str(cell.value))}">{escape(cell.text)}'
        for cell, number in zip(row, numbers, strict=True)
    )
    return f'<th scope="row"{first}</th>' + "".join(f"<td{other}</td>" for other in others)


def _side(number: bool) -> str:
    return ' class="number"' if number else ""


def _picture(shown: Shown) -> str:
    source = f"data:image/png;base64,{b64encode(shown.png).decode()}"
    return (
        f'<figure><img src="{source}" alt="{escape(shown.alt)}"><figcaption><h3>{escape(shown.title)}</h3>'
        f"<p>{escape(shown.text)}</p><details><summary>In numbers</summary><p>{escape(shown.alt)}</p></details>"
        "</figcaption></figure>"
    )

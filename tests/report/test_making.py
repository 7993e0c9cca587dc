from __future__ import annotations

import dataclasses
import re
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import pytest

import batchlab as bl
from batchlab.errors import InputError
from batchlab.report import Report

VOID = {"meta", "link", "img", "br"}


class Reading(HTMLParser):
    """Counts elements, keeps pictures' words, and holds every element to its end."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.opened: list[str] = []
        self.counted: dict[str, int] = {}
        self.alts: list[str] = []
        self.fetched: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.counted[tag] = self.counted.get(tag, 0) + 1
        self.fetched += [str(given[name]) for name in ("src", "href") if given.get(name)]
        if tag == "img":
            self.alts.append(given.get("alt") or "")
        if tag not in VOID:
            self.opened.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.opened.pop() == tag


def test_it_is_one_whole_file_that_fetches_nothing(made: Report) -> None:
    page = Reading(made.path.read_text())
    assert page.opened == []
    assert all(address.startswith(("data:", "#s")) for address in page.fetched)
    assert list(made.path.parent.iterdir()) == [made.path]


def test_every_picture_has_words_made_from_its_numbers(made: Report) -> None:
    page = Reading(made.path.read_text())
    assert len(page.alts) >= 6
    assert all(re.search(r"\d", words) for words in page.alts)
    assert page.counted["figcaption"] == len(page.alts)


def test_the_verdict_comes_before_any_table_and_any_table_before_settings(made: Report, study: bl.Study) -> None:
    text = made.path.read_text()
    marks = [study.verdict, "<table", "<figure", "<h2>How to repeat it", "max_concurrent_requests"]
    places = [text.index(mark) for mark in marks]
    assert places == sorted(places)


def test_names_of_worlds_and_files_are_text(made: Report) -> None:
    text = made.path.read_text()
    assert "<script>made" not in text
    assert "&lt;script&gt;made" in text
    assert "<img src=x" not in text
    assert Reading(text).counted["script"] == 2


@pytest.mark.usefixtures("unpainted")
def test_a_report_of_one_run_says_where_its_time_went(study: bl.Study, tmp_path: Path) -> None:
    made = bl.report(study.runs["adaptive"], out=tmp_path / "report.html")
    (sentence,) = made.verdict
    assert re.fullmatch(r"adaptive delivers 13 of 13 files in .* s, with \d+ calls; \d+% of that time: .*\.", sentence)
    assert "adaptive reads" in made.path.read_text()


@pytest.mark.usefixtures("unpainted")
def test_a_baseline_comes_first_and_is_told_per_strategy(made: Report, study: bl.Study, tmp_path: Path) -> None:
    again = bl.report(study, out=tmp_path / "again.html", against=made.path)
    assert again.verdict[0] == "Against the baseline: every makespan is what it was (strategies: 2)."
    assert again.regression is not None
    assert again.regression["pairs"].tolist() == [3, 3]
    assert "Against the baseline</h2>" in again.path.read_text()


def test_a_baseline_is_not_replaced_by_what_is_held_against_it(made: Report, study: bl.Study) -> None:
    with pytest.raises(InputError, match="is the baseline and would be replaced"):
        bl.report(study, out=made.path, against=str(made.path))


@pytest.mark.usefixtures("unpainted")
def test_a_study_of_nothing_has_a_report_too(tmp_path: Path) -> None:
    study = bl.compare(bl.SimHub(bl.World.build({"acme/gone": {}})), ["parallel"], [0])
    made = bl.report(study, out=tmp_path / "report.html")
    assert made.verdict == ("Nothing can be ranked: no strategy delivered a file.",)
    assert Reading(made.path.read_text()).opened == []


@pytest.mark.usefixtures("unpainted")
def test_an_earlier_report_is_replaced_and_nothing_else(study: bl.Study, tmp_path: Path) -> None:
    for name in ("report.html", "report.md"):
        (tmp_path / name).write_text("<!-- batchlab report -->")
    (tmp_path / "report_files").mkdir()
    (tmp_path / "report_files" / "of-old.png").touch()
    bl.report(study, out=tmp_path / "report.html")
    bl.report(study, out=tmp_path / "report.md")
    assert not (tmp_path / "report_files" / "of-old.png").exists()
    (tmp_path / "mine.html").write_text("mine")
    (tmp_path / "mine_files").mkdir()
    (tmp_path / "folder.html").mkdir()
    for name in ("mine.html", "mine.md", "folder.html"):
        with pytest.raises(InputError, match="is there already"):
            bl.report(study, out=tmp_path / name)
    assert (tmp_path / "mine.html").read_text() == "mine"
    with pytest.raises(InputError, match=r"report.pdf ends neither in .html nor in .md"):
        bl.report(study, out="report.pdf")


def test_no_content_of_a_file_is_in_it(made: Report) -> None:
    assert all(run.results["content"].isna().all() for run in bl.read_report(made.path).runs.values())


def test_what_a_notebook_and_a_terminal_show_is_the_verdict(made: Report) -> None:
    assert made.study.verdict in repr(made)
    assert "verdict" in made._repr_html_()
    assert len(repr(made).splitlines()) == 1


def test_scripts_are_whole(made: Report) -> None:
    """The report's script is parsed by nobody else here; where Node is, it checks the grammar."""
    script = Path(bl.report.__file__).with_name("page.js")
    try:
        subprocess.run(["node", "--check", str(script)], check=True)
    except FileNotFoundError:
        pytest.skip("Node is not installed; tests/browser runs the script")


@pytest.mark.usefixtures("unpainted")
def test_what_would_save_time_is_told_on_request(study: bl.Study, tmp_path: Path) -> None:
    made = bl.report(study.runs["sequential"], out=tmp_path / "report.html", opportunities=True)
    text = made.path.read_text()
    assert "What would save time</h2>" in text
    assert "Changes, those that save most first" in text
    odd = dataclasses.replace(study.runs["sequential"], strategy="of my own")
    assert "Nothing was tried: " in bl.report(odd, out=tmp_path / "odd.html", opportunities=True).path.read_text()

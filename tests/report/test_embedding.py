from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

import batchlab as bl
from batchlab.errors import InputError
from batchlab.frames.schemas import ALL
from batchlab.report import Report


def test_the_data_comes_back_as_it_was(made: Report, in_markdown: Report, study: bl.Study) -> None:
    for report in (made, in_markdown):
        loaded = bl.read_report(report.path)
        assert (loaded.verdict, loaded.hub, loaded.config) == (study.verdict, study.hub, study.config)
        pd.testing.assert_frame_equal(loaded.table, study.table, check_exact=True)
        pd.testing.assert_frame_equal(loaded.replications, study.replications, check_exact=True)
        for name, run in study.runs.items():
            for schema in ALL:
                was, now = getattr(run, schema.name), getattr(loaded.runs[name], schema.name)
                pd.testing.assert_frame_equal(
                    now.drop(columns="content", errors="ignore"),
                    was.drop(columns="content", errors="ignore"),
                    check_exact=True,
                )


@pytest.mark.usefixtures("unpainted")
def test_a_report_of_a_report_is_the_same(made: Report, tmp_path: Path) -> None:
    again = bl.report(made.path, out=tmp_path / "again.html")
    assert again.verdict == made.verdict


def test_what_is_no_report_is_told(made: Report, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"there is no report nowhere.html; `batchlab report"):
        bl.read_report("nowhere.html")
    file = tmp_path / "other.html"
    file.write_text("<p>hello")
    with pytest.raises(InputError, match="is no batchlab report: no data is embedded in it"):
        bl.read_report(file)
    text = made.path.read_text()
    start = text.index('id="batchlab-data">') + 200
    file.write_text(text[:start] + "AAAA" + text[start + 400 :])
    with pytest.raises(InputError, match="damaged"):
        bl.read_report(file)

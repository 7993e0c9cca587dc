"""The page on policies of one's own does what it says."""

from __future__ import annotations

import re
from pathlib import Path

PAGE = Path(__file__).resolve().parents[2] / "notebooks" / "own-policy.md"


def test_the_page_runs_and_its_policy_is_compared():
    (code,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    names: dict[str, object] = {"print": lambda text: None}
    exec(compile(code, str(PAGE), "exec"), names)
    study = names["study"]
    assert set(study.table["strategy"]) == {"mine", "ours", "theirs"}
    assert not study.table["failed"].any()
    changes = study.runs["mine"].decisions
    assert "a second without a slow answer" in set(changes["why"])

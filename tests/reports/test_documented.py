"""What the reports hold is what their documentation says."""

import json
from pathlib import Path

from kg.reports.as_csv import REPORT_COLUMNS
from kg.reports.quality_score import QUALITY_MEASURES
from tests.reports.conftest import Planted


def test_every_key_column_and_share_is_documented(planted: Planted, root: Path) -> None:
    text = (root / "docs" / "reports.md").read_text("utf-8")
    told = json.loads((planted.report / "demo" / "problems.json").read_bytes())
    summary = json.loads((planted.report / "summary.json").read_bytes())
    problem = told["problems"][0]
    parts = (told, problem, problem["examples"][0], told["counts"], told["quality"])
    names = {name for part in (*parts, summary, summary["sources"][0]) for name in part}
    names |= {name for name, _ in REPORT_COLUMNS} | {measure.name for measure in QUALITY_MEASURES}
    assert {name for name in names if f"`{name}`" not in text} == set()
    files = {path.name for path in planted.report.rglob("*.*")}
    assert {name for name in files if name not in text} == set()

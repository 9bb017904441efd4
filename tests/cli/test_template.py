"""`ess-kg template`: every kind and table has one."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from kg.cli.main import app
from kg.kinds import KINDS


@pytest.fixture(autouse=True)
def _here(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("KG_MODEL", str(root))


def test_every_kind_has_a_template() -> None:
    for kind in KINDS:
        ended = CliRunner().invoke(app, ["template", kind.name, "--format", "csv", "--lang", "en"])
        assert ended.exit_code == 0, ended.output
        text = Path(f"{kind.table}.csv").read_text("utf-8-sig")
        assert text.startswith("id,label_fr,")


def test_a_table_has_a_template_at_a_given_path() -> None:
    ended = CliRunner().invoke(app, ["template", "memberships", "--output", "a.xlsx"])
    assert ended.exit_code == 0, ended.output
    assert Path("a.xlsx").read_bytes().startswith(b"PK")
    assert "ess-kg check a.xlsx" in ended.output


def test_an_unknown_kind_is_refused_with_the_known_ones() -> None:
    ended = CliRunner().invoke(app, ["template", "cats"])
    assert ended.exit_code == 2
    assert "organisation" in ended.output
    assert "memberships" in ended.output

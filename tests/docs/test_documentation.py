"""Documentation lists: every setting, command and dependency is there."""

import re
import tomllib
from dataclasses import fields
from pathlib import Path

import typer.main
from typer.core import TyperGroup

from kg.cli.main import app
from kg.settings import ENVIRONMENT_PREFIX, Settings


def test_every_setting_is_documented_with_its_default(root: Path) -> None:
    text = (root / "docs" / "settings.md").read_text("utf-8")
    rows = dict(re.findall(r"^\| `(KG_\w+)` \| (?:`([^`]+)`|none) \|", text, re.MULTILINE))
    assert set(rows) == {ENVIRONMENT_PREFIX + field.name.upper() for field in fields(Settings)}
    for field in fields(Settings):
        written = rows[ENVIRONMENT_PREFIX + field.name.upper()]
        kind = type(field.default)
        assert kind(written) == field.default


def test_every_command_is_documented(root: Path) -> None:
    text = (root / "docs" / "cli.md").read_text("utf-8")
    top = typer.main.get_command(app)
    assert isinstance(top, TyperGroup)
    for name in top.list_commands(None):
        command = top.get_command(None, name)
        for full in [f"{name} {sub}" for sub in getattr(command, "commands", {})] or [name]:
            assert f"`ess-kg {full}" in text, full


def test_every_dependency_has_a_reason_and_a_pin(root: Path) -> None:
    project = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["test"]]
    names = {re.split(r"[\[<>=]", requirement)[0] for requirement in wanted}
    reasons = (root / "docs" / "decisions" / "0002-dependencies.md").read_text("utf-8").lower()
    pins = (root / "constraints.txt").read_text("utf-8").lower()
    for name in names:
        assert re.search(rf"\b{re.escape(name.lower())}\b", reasons), name
        assert re.search(rf"^{re.escape(name.lower())}==", pins, re.MULTILINE), name
    assert "://" not in pins


def test_lowest_pins_are_the_lower_ends_of_ranges(root: Path) -> None:
    project = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]
    ranges = [re.split(r"(?:\[\w+\])?>=|,", each) for each in project["dependencies"]]
    lower_ends = {name: end for name, end, *_ in ranges}
    lines = (root / "constraints-lowest.txt").read_text("utf-8").splitlines()
    lowest = dict(line.split("==") for line in lines if not line.startswith("#"))
    assert lowest.items() <= lower_ends.items()


def test_links_between_documents_resolve(root: Path) -> None:
    for page in [*root.glob("*.md"), *(root / "docs").rglob("*.md")]:
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text("utf-8")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"

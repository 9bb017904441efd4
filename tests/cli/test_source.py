"""A new source as a person makes it, with and without a recipe, and its next file."""

from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from kg.cli import build as build_command
from kg.cli import fetch as fetch_command
from kg.cli import source as source_command
from kg.cli.terminal import console
from kg.installation import InstallationPaths
from kg.release_layout import find_current_release
from kg.sources import read_source_description

CSV = "siren;nom;type\n552100554;Les Compagnons;Association\n130025265;Le Fonds;Fondation\n"
GIVEN = ("--title", "Annuaire", "--publisher", "Nous", "--licence", "CC BY")
RECIPE = """name = "liste"
kind = "register"
licence = "https://creativecommons.org/publicdomain/zero/1.0/"
title = { fr = "Liste connue" }
description = { fr = "Pour les tests." }
publisher = { fr = "ess-kg" }
[recognise]
headings = ["siren", "nom", "type"]
[fetch]
url = "https://example.org/liste.csv"
[map.organisations.columns]
id = "siren-{siren}"
label_fr = "{nom}"
kind = { value = "association" }
assertion = { value = "stated" }
"""


@pytest.fixture
def installation(
    places: InstallationPaths, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> InstallationPaths:
    """An installation of which the commands are, and a file to begin with."""
    monkeypatch.setenv("KG_DATA", str(places.data))
    monkeypatch.setenv("KG_MODEL", str(places.model))
    monkeypatch.setenv("LANG", "en")
    monkeypatch.setattr(console, "width", 200)
    (tmp_path / "partners.csv").write_text(CSV, "utf-8")
    return places


def run(command: object, *words: str | Path) -> Result:
    return CliRunner().invoke(command.app, [str(word) for word in words])  # type: ignore[attr-defined]


def test_a_source_is_made_out_of_a_file(installation: InstallationPaths, tmp_path: Path) -> None:
    file = tmp_path / "partners.csv"
    lacking = run(source_command, "new", "partners", "--from", file)
    assert lacking.exit_code == 2
    assert "--title, --publisher, --licence" in lacking.output
    assert not (installation.sources / "partners").exists()

    made = run(source_command, "new", "partners", "--from", file, *GIVEN)
    assert made.exit_code == 0, made.output
    assert "siren-552100554" in made.output  # the first rows
    assert "key: SIREN number, unique" in made.output
    assert " ; " not in made.output  # as French has it
    assert "0 refused" in made.output or "0 rejected" in made.output
    assert "ess-kg diff partners" in made.output
    source = read_source_description(installation.sources / "partners")
    assert source.title.fr == "Annuaire"
    assert (source.folder / "raw" / "partners.csv").is_file()

    again = run(source_command, "new", "partners", "--from", file, *GIVEN)
    assert "there is a source partners" in str(again.exception)
    file.write_text(CSV + "356000000;La Poste;Entreprise\n", "utf-8")
    brought = run(fetch_command, "partners", "--from", file)
    assert brought.exit_code == 0, brought.output
    assert "raw/partners.csv: changed" in brought.output
    assert "La Poste" in (source.folder / "raw" / "partners.csv").read_text("utf-8")


def test_a_recipe_is_recognised(installation: InstallationPaths, tmp_path: Path) -> None:
    folder = installation.recipes / "liste"
    folder.mkdir(parents=True)
    (folder / "source.toml").write_text(RECIPE, "utf-8")
    assert "Liste connue" in run(source_command, "recipes").output
    made = run(source_command, "new", "copy", "--from", tmp_path / "partners.csv")
    assert made.exit_code == 0, made.output
    assert "Recognised: liste, Liste connue (3 features)" in made.output
    assert "Columns of which nothing is taken: type." in made.output
    source = read_source_description(installation.sources / "copy")
    assert [path.name for path in source.folder.glob("raw/*")] == ["liste.csv"]
    assert source.retrieved
    assert "liste.csv" in run(source_command, "list").output
    brought = run(fetch_command, "liste", "--from", tmp_path / "partners.csv")
    assert "then ess-kg build --with liste" in brought.output


def test_a_recipe_is_built_as_a_source(installation: InstallationPaths, tmp_path: Path) -> None:
    folder = installation.recipes / "liste"
    (folder / "raw").mkdir(parents=True)
    (folder / "source.toml").write_text('retrieved = "2026-01-15"\n' + RECIPE, "utf-8")
    (folder / "raw" / "liste.csv").write_text(CSV, "utf-8")
    unknown = run(build_command, "--with", "nobody")
    assert "nobody" in str(unknown.exception)
    built = run(build_command, "--with", "liste")
    assert built.exit_code == 0, built.output
    sources = find_current_release(installation.releases).read_manifest()["sources"]
    assert {source["name"]: source["accepted"] for source in sources}["liste"] == 2


def test_a_source_that_lacks_a_required_column_waits_to_be_completed(
    installation: InstallationPaths, tmp_path: Path
) -> None:
    file = tmp_path / "numeros.csv"
    file.write_text(
        "siren;categorieJuridiqueUniteLegale\n552100554;9220\n130025265;9220\n", "utf-8"
    )
    made = run(source_command, "new", "numeros", "--from", file, *GIVEN)
    assert made.exit_code == 1
    assert "Write label_fr in" in made.output
    written = (installation.sources / "numeros" / "source.toml").read_text("utf-8")
    assert "# label_fr = …    (required)" in written


def test_a_source_without_records_says_what_its_mapping_leaves_out(
    installation: InstallationPaths, tmp_path: Path
) -> None:
    folder = installation.recipes / "liste"
    folder.mkdir(parents=True)
    text = RECIPE.replace(
        "[map.organisations.columns]",
        "[map.organisations]\nwhere = \"type = 'x'\"\n[map.organisations.columns]",
    )
    (folder / "source.toml").write_text(text, "utf-8")
    made = run(source_command, "new", "copy", "--from", tmp_path / "partners.csv")
    assert "Nothing is made of 2 rows of 2" in str(made.exception)


def test_a_table_in_a_text_file_is_taken(installation: InstallationPaths, tmp_path: Path) -> None:
    file = tmp_path / "partners.txt"
    file.write_text(CSV.replace(";", "|"), "utf-8")
    made = run(source_command, "new", "texte", "--from", file, *GIVEN)
    assert made.exit_code == 0, made.output
    assert (installation.sources / "texte" / "raw" / "partners.csv").is_file()


def test_what_a_calendar_does_not_give_is_told(
    installation: InstallationPaths, tmp_path: Path
) -> None:
    folder = installation.recipes / "agenda"
    folder.mkdir(parents=True)
    head = RECIPE.partition("[recognise]")[0].replace('"liste"', '"agenda"')
    (folder / "source.toml").write_text(
        head
        + """[recognise]
headings = ["uid", "recurrence", "summary"]
[map.events.columns]
id = "{uid|slug}"
label_fr = "{summary}"
start = "{start}"
kind = { value = "event" }
assertion = { value = "stated" }
""",
        "utf-8",
    )
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:x"]
    for uid, extra in (("1", "CLASS:PUBLIC"), ("2", "CLASS:PRIVATE")):
        lines += ["BEGIN:VEVENT", f"UID:{uid}", "DTSTART:20261105T190000Z", "SUMMARY:X", extra]
        lines.append("END:VEVENT")
    file = tmp_path / "agenda.ics"
    file.write_bytes("\r\n".join([*lines, "END:VCALENDAR", ""]).encode())
    made = run(source_command, "new", "agenda", "--from", file)
    assert made.exit_code == 0, made.output
    assert "not public (CLASS)" in made.output

"""Quarantine: rejected rows are listed, exported, corrected and accepted without loss."""

import csv
import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import duckdb
import pyoxigraph as ox
import pytest
import xlsxwriter
from typer.testing import CliRunner

from kg import csvw_tables as canonical
from kg import pipeline
from kg.cli.quarantine import app
from kg.csvw_tables import Table
from kg.installation import InstallationPaths
from kg.mapping.corrections import Correction, apply_corrections, build_digest_sql, save_corrections
from kg.mapping.work_database import open_work_database
from kg.namespaces import ID
from kg.reports.corrections_status import iter_stale_corrections
from kg.sources import SourceRows
from kg.validation.quarantine import list_quarantine, write_quarantine

Run = Callable[..., tuple[int, str]]
TOPICS = (
    "id,label_fr,label_en,kind,assertion,read_at\n"
    'communs,communs,commons,concept,stated,"90,97"\n'
    'partage,partage,sharing,notion,stated,"1,2"\n'
    'entraide,"=entraide",,notion,stated,"1,2"\n'
    ",sans clé,,concept,stated,\n"
    "solidarite,solidarité,,concept\n"
)


@pytest.fixture(scope="module")
def topics_built(tmp_path_factory: pytest.TempPathFactory, root: Path, small_model: Path) -> Path:
    """Build an installation with these topics; return its data folder, not to be modified."""
    data = tmp_path_factory.mktemp("topics") / "data"
    shutil.copytree(root / "tests" / "installation" / "sources", data / "sources")
    places = InstallationPaths(data, small_model)
    topics(places).write_text(TOPICS, "utf-8")
    assert counts(pipeline.build(places)) == (15, 11, 4)
    return data


@pytest.fixture
def refused(topics_built: Path, places: InstallationPaths) -> InstallationPaths:
    """Return an own copy of an installation with rejected topics."""
    shutil.copytree(topics_built, places.data, dirs_exist_ok=True)
    return places


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, places: InstallationPaths) -> Run:
    monkeypatch.setenv("KG_DATA", str(places.data))
    monkeypatch.setenv("KG_MODEL", str(places.model))
    monkeypatch.setenv("COLUMNS", "300")
    monkeypatch.setenv("LC_ALL", "C.UTF-8")

    def run(*words: object) -> tuple[int, str]:
        result = CliRunner().invoke(app, [str(word) for word in words])
        assert result.exception is None or isinstance(result.exception, SystemExit), result
        return result.exit_code, result.output

    return run


def topics(places: InstallationPaths) -> Path:
    return places.sources / "demo" / "tables" / "topics.csv"


def rows_of(path: Path, delimiter: str = ",") -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file, delimiter=delimiter))


def save(path: Path, rows: list[dict[str, str]], encoding: str = "utf-8") -> None:
    """Write a CSV file as spreadsheets save it."""
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.DictWriter(file, rows[0], delimiter=";")
        writer.writeheader()
        writer.writerows(rows)


def counts(built: pipeline.BuildResult) -> tuple[int, int, int]:
    (line,) = built.lines
    return line.read, line.accepted, line.refused


def test_corrected_rows_are_accepted_and_others_stay(
    refused: InstallationPaths, run: Run, tmp_path: Path
) -> None:
    code, told = run("list", "--source", "demo")
    assert "topics" in told
    assert "2 ×" in told

    exported = tmp_path / "topics.csv"
    run("export", "--source", "demo", "--table", "topics", "--format", "csv", "-o", exported)
    rows = {row["q_row"]: row for row in rows_of(exported, ";")}
    assert set(rows) == {"3", "4", "5", "6"}
    assert rows["4"]["label_fr"] == "'=entraide"
    assert "code" in rows["3"]["q_raison"]
    assert rows["6"]["_line"] == "solidarite,solidarité,,concept"
    rows["4"]["kind"] = "concept"
    rows["5"]["label_fr"] = "toujours sans clé"
    rows["6"] |= {"id": "solidarite", "label_fr": "solidarité", "kind": "concept"}
    rows["6"]["assertion"] = "stated"
    rows["6"]["read_at"] = "3,4"
    save(exported, list(rows.values()), "cp1252")
    code, told = run("retry", exported, "--by", "Alix")
    assert code == 1
    assert "2 corrected, 1 still refused, 1 unchanged" in told
    assert "row 5" in told
    kept = rows_of(refused.corrections / "demo" / "topics.csv")
    assert [(row["_row"], row["_by"]) for row in kept] == [("4", "Alix"), ("6", "Alix")]
    assert kept[0]["label_fr"] == "=entraide"
    assert topics(refused).read_text("utf-8") == TOPICS

    built = pipeline.build(refused)
    assert counts(built) == (15, 13, 2)
    (found,) = list_quarantine(refused.quarantine)
    assert found.count == 2
    page = (built.release.report / "demo" / "index.en.html").read_text("utf-8")
    assert "2 lines corrected by hand." in page
    summary = json.loads((built.release.report / "summary.json").read_bytes())
    assert [p["sources"]["demo"]["refused"] for p in summary["history"]] == [4, 2]


def test_a_correction_may_not_take_the_key_of_another_row(
    refused: InstallationPaths, run: Run, tmp_path: Path
) -> None:
    exported = tmp_path / "topics.csv"
    run("export", "--source", "demo", "--table", "topics", "--format", "csv", "-o", exported)
    rows = {row["q_row"]: row for row in rows_of(exported, ";")}
    rows["5"] |= {"id": "communs", "label_fr": "communs, encore", "assertion": "stated"}
    rows["5"]["read_at"] = "3,4"
    rows["6"] |= {"id": "une clé illicite", "label_fr": "solidarité", "kind": "concept"}
    rows["4"]["kind"] = "concept"
    save(exported, list(rows.values()))
    code, told = run("retry", exported)
    assert code == 1
    assert "1 corrected, 2 still refused, 1 unchanged" in told
    assert "row 5" in told
    assert "The key is taken by another line. Merge the lines or change the key." in told
    kept = rows_of(refused.corrections / "demo" / "topics.csv")
    assert [row["_row"] for row in kept] == ["4"]


def corrected(
    tables: Mapping[str, Table], label: str, folder: Path, *, row: int = 2, file: str = "t.csv"
) -> tuple[list[str], list[str]]:
    """Return the labels of a table with one correction, and the skipped corrections."""
    db = open_work_database()
    try:
        cells = ", ".join(f"NULL::VARCHAR AS {name}" for name in tables["topics"].names)
        db.execute(
            f"CREATE TEMP VIEW lines AS SELECT * REPLACE ('x' AS id, '{label}' AS label_fr), "
            f"'{file}' AS _file, {row}::BIGINT AS _row FROM (SELECT {cells})"
        )
        lines = apply_corrections(db, "s", SourceRows(tables["topics"], "lines", file), folder)
        rows = db.execute(f'SELECT label_fr FROM "{lines.view}"').fetchall()
        return [row[0] for row in rows], [
            finding.component for finding in iter_stale_corrections(db)
        ]
    finally:
        db.close()


def test_a_correction_is_skipped_once_its_row_changes(root: Path, tmp_path: Path) -> None:
    tables = canonical.load_tables(root / "ontology" / "tables")
    with duckdb.connect() as db:
        row = db.execute(f"SELECT {build_digest_sql({'id': repr('x'), 'label_fr': repr('old')})}")
        (digest,) = row.fetchone() or ("",)
    made = Correction("t.csv", 2, digest, "2026-01-01", "Alix", {"id": "x", "label_fr": "first"})
    path = tmp_path / "topics.csv"
    save_corrections([made], tables["topics"].names, path)
    save_corrections(
        [replace(made, cells={"id": "x", "label_fr": "new"})], tables["topics"].names, path
    )
    assert len(rows_of(path)) == 1
    assert corrected(tables, "old", tmp_path) == (["new"], [])
    assert corrected(tables, "changed", tmp_path) == (["changed"], ["correction-stale"])
    assert corrected(tables, "old", tmp_path, row=9, file="other.csv") == (["new"], [])


def test_a_correction_of_a_cell_lasts_while_that_cell_stays(root: Path, tmp_path: Path) -> None:
    tables = canonical.load_tables(root / "ontology" / "tables")
    cells = {"id": "x", "label_fr": "first", "acronym": "B"}
    was = {"acronym": ""}
    made = Correction("t.csv", 2, "another", "2026-01-01", "Alix", cells, was)
    save_corrections([made], tables["topics"].names, tmp_path / "topics.csv")
    # the name has changed since: it stays as the source has it now, and nothing is told
    assert corrected(tables, "changed", tmp_path) == (["changed"], [])
    made = replace(made, was={"label_fr": "old"})
    save_corrections([made], tables["topics"].names, tmp_path / "topics.csv")
    assert corrected(tables, "changed", tmp_path) == (["changed"], ["correction-stale"])


def test_a_correction_follows_its_row(refused: InstallationPaths, run: Run, tmp_path: Path) -> None:
    exported = tmp_path / "topics.csv"
    run("export", "--source", "demo", "--table", "topics", "--format", "csv", "-o", exported)
    rows = {row["q_row"]: row for row in rows_of(exported, ";")}
    rows["4"]["kind"] = "concept"
    rows["6"] |= {"id": "solidarite", "label_fr": "solidarité", "kind": "concept"}
    rows["6"] |= {"assertion": "stated", "read_at": "3,4"}
    # with the row above removed, the corrected rows come back elsewhere, with equal content
    lines = TOPICS.splitlines(keepends=True)
    topics(refused).write_text("".join([*lines[:2], *lines[3:]]), "utf-8")
    assert counts(pipeline.build(refused)) == (14, 11, 3)
    save(exported, list(rows.values()))
    _, told = run("retry", exported)
    assert "2 corrected" in told
    kept = rows_of(refused.corrections / "demo" / "topics.csv")
    assert [row["_row"] for row in kept] == ["3", "5"]
    assert counts(pipeline.build(refused)) == (14, 13, 1)
    # rows inserted above move the rows: corrections still apply, and nothing counts as changed
    more = 'lien,lien,link,concept,stated,"1,2"\n'
    topics(refused).write_text("".join([lines[0], more, more.replace("lien", "pont"), *lines[1:]]))
    built = pipeline.build(refused)
    assert counts(built) == (17, 15, 2)
    text = (built.release.report / "demo" / "findings.csv").read_text("utf-8")
    assert "correction" not in text
    stored = ox.Store.read_only(str(built.release.store))
    iri = ox.NamedNode(ID + "topic/solidarite")
    assert next(iter(stored.quads_for_pattern(iri, None, None)), None)


def test_unchanged_rows_keep_their_apostrophes(
    places: InstallationPaths, run: Run, tmp_path: Path
) -> None:
    topics(places).write_text(TOPICS.replace("=entraide", "'=entraide"), "utf-8")
    pipeline.build(places)
    exported = tmp_path / "topics.csv"
    run("export", "--source", "demo", "--table", "topics", "-o", exported)  # CSV, by the file name
    assert len(rows_of(exported, ";")) == 4
    _, told = run("retry", exported)
    assert told.strip() == "demo: 4 unchanged"


def test_concurrent_corrections_are_all_saved(root: Path, tmp_path: Path) -> None:
    path = tmp_path / "topics.csv"
    program = (
        "import sys; from pathlib import Path\n"
        "from kg.mapping.corrections import Correction, save_corrections\n"
        "for n in range(int(sys.argv[1]), int(sys.argv[1]) + 20):\n"
        "    one = Correction('t.csv', n, f'd{n}', '2026-01-01', 'Alix', {'id': f'x{n}'})\n"
        "    save_corrections([one], ['id', 'label_fr'], Path(sys.argv[2]))\n"
    )
    writers = [
        subprocess.Popen([sys.executable, "-c", program, str(start), str(path)], cwd=root)
        for start in (100, 200, 300)
    ]
    assert [writer.wait() for writer in writers] == [0, 0, 0]
    assert len(rows_of(path)) == 60


def test_a_workbook_that_is_not_an_export_is_refused(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "other.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["a", "b"])
        sheet.write_row(1, 0, ["1", "2"])
    with pytest.raises(AssertionError, match="is it an export of the quarantine"):
        run("retry", path)


def test_an_empty_quarantine_is_reported(run: Run) -> None:
    assert "Nothing waits" in run("list")[1]


def fill(folder: Path, cells: Mapping[str, str], today: str) -> list[dict[str, str]]:
    """Write the quarantine of one rejected row of `t.csv` on a given day."""
    db = open_work_database()
    try:
        db.execute("INSERT INTO records VALUES (1, 's', 'topics', 't.csv', 2, NULL, '')")
        db.execute("INSERT INTO originals VALUES (1, ?)", [dict(cells)])
        db.execute("INSERT INTO refused VALUES (1, '')")
        db.execute("INSERT INTO reasons VALUES (1, 'a', 'b')")
        assert write_quarantine(db, folder, today) == 1
    finally:
        db.close()
    return rows_of(folder / "s" / "topics.csv")


def test_a_row_keeps_the_day_of_its_first_rejection(tmp_path: Path) -> None:
    folder = tmp_path / "quarantine"
    (first,) = fill(folder, {"id": "x", "kind": "y"}, "2026-01-01")
    (again,) = fill(folder, {"id": "x", "kind": "y"}, "2026-02-02")
    assert (first["_since"], again["_since"]) == ("2026-01-01", "2026-01-01")
    (changed,) = fill(folder, {"id": "x", "kind": "z"}, "2026-03-03")
    assert changed["_since"] == "2026-03-03"
    assert list_quarantine(folder)[0].oldest == "2026-03-03"


def test_rejected_entities_keep_their_statements(tmp_path: Path) -> None:
    db = open_work_database()
    iri = "https://w3id.org/ess-kg/id/topic/x"
    try:
        db.execute("INSERT INTO records VALUES (1, 's', '', 'f.ttl', 7, ?, 'X')", [iri])
        db.execute("INSERT INTO refused VALUES (1, '')")
        db.execute("INSERT INTO reasons VALUES (1, 'Faux.\n<x:a> <x:b> <x:c> .', 'Wrong.')")
        db.execute("INSERT INTO withheld VALUES (1, ?, 'http://e/p', '\"v\"@fr')", [iri])
        assert write_quarantine(db, tmp_path / "q") == 1
    finally:
        db.close()
    text = (tmp_path / "q" / "s" / "rdf.ttl").read_text("utf-8")
    said = [line for line in text.splitlines() if line and not line.startswith("#")]
    assert said == [f'<{iri}> <http://e/p> "v"@fr .']
    (found,) = list_quarantine(tmp_path / "q")
    assert (found.count, found.reasons) == (1, (("Faux. <x:a> <x:b> <x:c> .", "Wrong.", 1),))


MAPPED = """name = "liste"
kind = "register"
licence = "https://e.org/l"
retrieved = 2026-11-22
title = { fr = 'Liste "X"' }
description = { fr = "X" }
publisher = { fr = "X" }
codes_on_column = "vu"
[read."raw/*.csv"]
delimiter = ";"
[views.lignes]
files = "raw/*.csv"
[map.organisations]
view = "lignes"
[map.organisations.columns]
id = "liste-{n}"
label_fr = "{nom}"
homepage = { from = "site" }
vu = "{vu}"
kind = { value = "association" }
assertion = { value = "stated" }
"""


def test_rows_of_a_mapped_source_are_corrected(places: InstallationPaths, run: Run) -> None:
    folder = places.sources / "liste"
    (folder / "raw").mkdir(parents=True)
    (folder / "source.toml").write_text(MAPPED, "utf-8")
    raw = folder / "raw" / "liste.csv"
    raw.write_text("n;nom;site;vu\n1;Un;ht!tp://x;2020\n2;Deux;https://e.org;2020\n", "utf-8")
    pipeline.build(places)
    code, _ = run("export", "--format", "csv", "--output", places.data / "q.csv")
    assert code == 0
    path = places.data / "q.csv"
    text = path.read_text("utf-8-sig").replace("ht!tp://x", "https://x.example")
    path.write_text(text, "utf-8-sig")
    code, output = run("retry", path, "--by", "moi")
    assert code == 0, output
    raw.write_text("n;nom;site;vu\n2;Deux;https://e.org;2020\n1;Un;ht!tp://x;2020\n", "utf-8")
    release = pipeline.build(places).release
    pattern = (None, None, ox.NamedNode("https://x.example"))
    assert next(iter(ox.Store.read_only(str(release.store)).quads_for_pattern(*pattern)), None)

"""A file may call its columns as it likes: also as the tables of the check call theirs."""

import csv
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import pytest
from xlsxwriter import Workbook  # type: ignore[import-untyped]

from kg import reports
from kg.kinds import Text
from kg.mapping import open_work_database
from kg.reports.as_csv import REPORT_COLUMNS
from tests.dry_run.conftest import Check

OF_READERS = (
    *("_file", "_row", "_read_0", "_number_0", "_line", "_digest", "c0", "c1", "j", "n", "r", "v"),
    *("line", "text", "problem", "told", "nr", "rowid", "file_row_number", "filename", "json"),
)


def internal() -> Iterator[str]:
    """The name of every column and table of the work database, of the report and the readers."""
    with open_work_database() as db:
        query = "SELECT table_name, column_name FROM information_schema.columns ORDER BY ALL"
        for pair in db.execute(query).fetchall():
            yield from pair
    yield from (name for name, _ in REPORT_COLUMNS)
    yield from OF_READERS


NAMES = list(dict.fromkeys(internal()))
Write = Callable[[Path, list[str], list[str]], None]


def write_csv(path: Path, headings: list[str], row: list[str]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([headings, row])


def write_jsonl(path: Path, headings: list[str], row: list[str]) -> None:
    path.write_text(json.dumps(dict(zip(headings, row, strict=True))) + "\n", "utf-8")


def write_xlsx(path: Path, headings: list[str], row: list[str]) -> None:
    with Workbook(path) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, headings)
        sheet.write_row(1, 0, row)


def write_parquet(path: Path, headings: list[str], row: list[str]) -> None:
    cells = ", ".join(f"'{v}' AS \"{h}\"" for h, v in zip(headings, row, strict=True))
    with duckdb.connect() as db:
        db.execute(f"COPY (SELECT {cells}) TO '{path}' (FORMAT parquet)")


WRITERS: dict[str, Write] = {
    "csv": write_csv,
    "jsonl": write_jsonl,
    "xlsx": write_xlsx,
    "parquet": write_parquet,
}


@pytest.mark.parametrize("suffix", list(WRITERS))
def test_no_name_of_ours_is_forbidden_as_a_heading(
    check: Check, tmp_path: Path, suffix: str
) -> None:
    own = ["id", "label_fr", "kind"]
    taken = {*own, "siren"}
    cases = (str.lower, str.upper, str.title)
    extra = [cases[n % 3](name) for n, name in enumerate(NAMES) if name.lower() not in taken]
    headings = [*own, "siren", *dict.fromkeys(extra)]
    row = ["x-a", "Une", "nope", "552100554", *(f"v{n}" for n in range(len(headings) - 4))]
    path = tmp_path / f"organisations.{suffix}"
    WRITERS[suffix](path, headings, row)
    with check(path) as checked:
        [file] = checked.files
        assert file.error is None, file.error
        assert (file.counts.read, file.counts.refused) == (1, 1)
        told = reports.build_report(checked.db, checked.inspection, Text("x", "x"))
        reports.write_csv(checked.db, told, tmp_path / "report.csv")
    with (tmp_path / "report.csv").open(encoding="utf-8-sig", newline="") as report:
        [*rows] = csv.reader(report, delimiter=";")
    assert any("nope" in row and "v0" in row and "Une" in row for row in rows[1:])


@pytest.mark.parametrize("heading", ["Source", "ROW"])
def test_one_such_heading_alone_is_a_column_that_is_not_imported(
    check: Check, heading: str
) -> None:
    text = f"key,label_fr,kind,legal_form,{heading}\nsiren-123456782,X,association,9220,5\n"
    with check(("organisations.csv", text)) as checked:
        assert (checked.exit_code, checked.files[0].counts.accepted) == (0, 1)
        told = [f.heading for f in checked.inspection.findings if f.component == "column-unknown"]
        assert told == [heading]


def test_label_is_the_name_of_the_record(check: Check) -> None:
    with check(("organisations.csv", "Key,Label,Kind\na-1,Un,association\n")) as checked:
        assert checked.exit_code == 0
        assert not [f for f in checked.inspection.findings if f.component == "column-unknown"]
        assert checked.db.execute("SELECT label FROM records").fetchall() == [("Un",)]

"""Makes a national graph out of nothing, as a source folder, with errors whose list is known.

    python benchmarks/generate.py OUT [--organisations N] [--errors SHARE] [--seed S]

writes OUT/sources/synthetic (a source in canonical tables) and OUT/expected.csv, which has a line
for each thing that must be found: file, row, column, shape, component, severity. Beside it stands
a source of territories: the real ones, or only the communes that are referred to.
"""

import argparse
import csv
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from random import Random
from typing import Any, Final

from national.codes import Commune
from national.planted import Error, Found, Plan
from national.records import TABLES, Records, Row, organisation_key, sizes

from kg import csvw_tables as canonical

ROOT: Final = Path(__file__).resolve().parents[1]
NAME: Final = "synthetic"
COMMUNE: Final = "territory/commune-"
ORGANISATIONS: Final = 10_000
ERRORS: Final = 0.01
DESCRIPTION: Final = """\
name = "synthetic"
kind = "register"
language = "fr"
licence = "https://creativecommons.org/publicdomain/zero/1.0/"
version = "{organisations} organisations, errors {errors:g}, seed {seed}"
retrieved = "2026-01-01"
format = "text/csv"

[title]
fr = "Pays fabriqué"
en = "Made-up country"

[description]
fr = "Données fabriquées pour mesurer : organisations, personnes et événements n'existent pas."
en = "Data made up for measurements: the organisations, people and events do not exist."

[publisher]
fr = "Bancs d'essai ess-kg"
en = "ess-kg benchmarks"

[expect]
records_min = 1
"""

Expected = tuple[str, int, Found]


def main() -> None:
    """Reads the command line, writes the folder and says what is in it."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0] if __doc__ else None)
    parser.add_argument("out", type=Path, help="a folder that does not exist, or is empty")
    parser.add_argument("--organisations", type=int, default=ORGANISATIONS)
    parser.add_argument("--errors", type=float, default=ERRORS, help="planted for an organisation")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--territories", choices=("all", "used", "none"), default="all")
    asked = parser.parse_args()
    start = time.perf_counter()
    rows, expected = generate(
        asked.out, asked.organisations, asked.errors, asked.seed, asked.territories
    )
    print(f"{rows} rows, {expected} findings expected, {time.perf_counter() - start:.1f} s")


def generate(
    out: Path,
    organisations: int = ORGANISATIONS,
    errors: float = ERRORS,
    seed: int = 1,
    territories: str = "all",
) -> tuple[int, int]:
    """Writes the sources and the list of what must be found; how many rows the tables and it have.

    `territories` is `all` (the project's own source), `used` (the communes named) or `none`.
    """
    plan = Plan(organisations, errors, Random(seed))
    counts = sizes(organisations, plan.counts)
    plan.place(counts)
    source = out / "sources" / NAME
    (source / "tables").mkdir(parents=True)
    told = DESCRIPTION.format(organisations=organisations, errors=errors, seed=seed)
    (source / "source.toml").write_text(told, "utf-8")
    records = Records(counts, seed, plan.clean)
    with Writer(source / "tables") as writer:
        found = list(_write(writer, Country(records, plan)))
    _write_expected(out / "expected.csv", found)
    if territories == "used":
        write_communes(out / "sources" / "territoires", records.communes, writer.territories)
    elif territories == "all":
        (out / "sources" / "territoires").symlink_to(ROOT / "data" / "sources" / "territoires")
    return sum(writer.rows.values()), len(found)


def write_communes(folder: Path, communes: Mapping[str, Commune], used: Iterable[str]) -> None:
    """A source of the communes among the territories used, in the canonical columns."""
    (folder / "tables").mkdir(parents=True)
    own = ROOT / "data" / "sources" / "territoires" / "source.toml"
    told, _, _ = own.read_text("utf-8").partition("[expect]")
    (folder / "source.toml").write_text(told + "[expect]\nrecords_min = 1\n", "utf-8")
    with Writer(folder / "tables") as writer:
        for code in sorted(text.removeprefix(COMMUNE) for text in used):
            if commune := communes.get(code):
                key = f"commune-{code}"
                row = {"id": key, "label_fr": commune.name, "kind": "commune", "code": code}
                writer.write("territories", row)


class Writer:
    """The files of the tables, each row written as it comes; counts them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files = ExitStack()
        self._writers: dict[str, Any] = {}
        self._tables = canonical.load_tables(ROOT / "ontology" / "tables")
        self.rows: dict[str, int] = {}
        self.territories: set[str] = set()

    def __enter__(self) -> "Writer":
        return self

    def __exit__(self, *raised: object) -> None:
        self._files.close()

    def write(self, table: str, row: Row) -> int:
        """Writes a row; the number a spreadsheet shows beside it."""
        if table not in self._writers:
            self._open(table)
        self._writers[table].writerow(row)
        self.rows[table] += 1
        self.territories.update(row[name] for name in ("territory", "covers") if name in row)
        return self.rows[table] + 1

    def _open(self, table: str) -> None:
        path = self._folder / f"{table}.csv"
        file = self._files.enter_context(path.open("w", encoding="utf-8", newline=""))
        columns = self._tables[table].names
        self._writers[table] = csv.DictWriter(file, columns, "", lineterminator="\n")
        self._writers[table].writeheader()
        self.rows[table] = 0


class Country:
    """The rows of the tables as they are written: good ones, and those with an error."""

    def __init__(self, records: Records, plan: Plan) -> None:
        self.records = records
        self.plan = plan
        self._refused = self._refused_organisation()

    def row(self, table: str, number: int, error: Error | None) -> Row:
        """The row of a table at a position, spoilt if there is an error there."""
        row = self.records.row(table, number)
        if error is None:
            return row
        before = self.records.row(table, number - 1)
        return error.spoil(_all(error, row), _all(error, before), number, self._refused)

    def _refused_organisation(self) -> str:
        planted = self.plan.at.get("organisations", {})
        numbers = (n for n, e in planted.items() if "kind" in e.cells and e.refuses)
        return "organisation/" + organisation_key(next(numbers, 0))


def _all(error: Error, row: Row) -> Row:
    """A row with all the cells an error may name."""
    return {**dict.fromkeys(error.cells, ""), **row}


def _write(writer: Writer, country: Country) -> Iterator[Expected]:
    for table in TABLES:
        if table == "organisations":
            yield from _write_organisations(writer, country)
        elif table != "identifiers":
            planted = country.plan.at.get(table, {})
            for number in range(country.records.sizes[table]):
                error = planted.get(number)
                row = writer.write(table, country.row(table, number, error))
                if error:
                    yield from _found(table, row, error)


def _write_organisations(writer: Writer, country: Country) -> Iterator[Expected]:
    """Organisations and their identifiers, side by side."""
    planted = country.plan.at.get("organisations", {})
    for number in range(country.records.sizes["organisations"]):
        error = planted.get(number)
        if error is None:
            writer.write("organisations", country.row("organisations", number, None))
            # the SIREN last: an error of the next organisation may name it as the row before
            for more in country.records.more_identifiers(number):
                writer.write("identifiers", more)
            writer.write("identifiers", country.row("identifiers", number, None))
        elif error.table == "identifiers":
            writer.write("organisations", country.row("organisations", number, None))
            row = writer.write("identifiers", country.row("identifiers", number, error))
            yield from _found("identifiers", row, error)
        else:
            yield from _write_spoilt(writer, country, number, error)


def _write_spoilt(
    writer: Writer, country: Country, number: int, error: Error
) -> Iterator[Expected]:
    """An organisation with an error, and its SIREN, which is refused with it."""
    spoilt = country.row("organisations", number, error)
    row = writer.write("organisations", spoilt)
    yield from _found("organisations", row, error)
    if error.without_identifier:
        return
    identifier = country.row("identifiers", number, None)
    key = spoilt["id"]
    identifier["subject"] = f"organisation/{key}"
    if "id" in error.cells and key.startswith("siren-") and "/" not in key:
        identifier["value"] = key.removeprefix("siren-")
    row = writer.write("identifiers", identifier)
    if found := error.of_identifier:
        yield "identifiers.csv", row, found


def _found(table: str, row: int, error: Error) -> Iterator[Expected]:
    yield f"{table}.csv", row, error.found
    if error.both:
        yield f"{table}.csv", row - 1, error.found


def _write_expected(path: Path, found: Iterable[Expected]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("file", "row", "column", "shape", "component", "severity"))
        for name, row, what in sorted(found, key=lambda e: (e[0], e[1], e[2].shape)):
            writer.writerow((name, row, what.column, what.shape, what.component, what.severity))


if __name__ == "__main__":
    main()

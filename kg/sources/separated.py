"""Delimited text files (CSV, TSV…) as relations of DuckDB."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import duckdb

from kg import sql
from kg.errors import SourceError
from kg.sources.describe import Reading
from kg.sources.dialect import Dialect, find_dialect
from kg.sources.encoding import PlainText, plain_text
from kg.sources.mend import mend
from kg.sources.opened import Opened, Rows, no_malformed, open_rows
from kg.sources.scratch import scratch_file

LONGEST: Final = 64 << 20
ASIDE: Final = "{'row': 'BIGINT', 'text': 'VARCHAR', 'problem': 'VARCHAR'}"


@dataclass(frozen=True)
class Scan:
    """How DuckDB reads a delimited file."""

    path: Path
    dialect: Dialect
    width: int
    uniform: bool
    """Whether the line ends are line feeds; others are found by DuckDB itself."""
    longest: int = 2 << 20

    def relation(self) -> str:
        """Every row of the file, in its order, with its number."""
        columns = ", ".join(f"'c{n}': 'VARCHAR'" for n in range(self.width))
        quote = sql.text(self.dialect.quote)
        newline = "auto_detect=false, new_line='\\n'" if self.uniform else "auto_detect=true"
        reader = (
            f"read_csv({sql.text(str(self.path))}, columns={{{columns}}}, header=false, skip=0, "
            f"delim={sql.text(self.dialect.delimiter)}, quote={quote}, escape={quote}, "
            f"comment='', nullstr='', strict_mode=true, {newline}, "
            f"max_line_size={self.longest}, compression='none')"
        )
        return f"SELECT *, row_number() OVER () AS _row FROM {reader}"


def open_separated(
    db: duckdb.DuckDBPyConnection, path: Path, name: str, file: str, reading: Reading
) -> Opened:
    """A delimited text file as a relation. Raises SourceError where it is no table.

    A file without a fault is read in place; any other is written again without its malformed
    lines, which wait in a table of their own.
    """
    text = plain_text(db, path, reading.encoding)
    dialect = find_dialect(text, file, reading.delimiter, reading.quote)
    width = len(dialect.headings.names)
    told = f"{text.told}, {dialect.told}"
    if text.valid and not text.blank_lines and len(text.newlines) < 2:
        scan = Scan(text.path, dialect, width, text.newlines <= {b"\n"})
        try:
            rows = Rows(scan.relation(), dialect.headings, file, told)
            return open_rows(db, name, rows, no_malformed(db, name))
        except duckdb.InvalidInputException:
            pass  # a line at fault stops the reading: it is found and set aside
    return _mended(db, name, text, dialect, file)


def _mended(
    db: duckdb.DuckDBPyConnection, name: str, text: PlainText, dialect: Dialect, file: str
) -> Opened:
    width = len(dialect.headings.names)
    mended, aside = scratch_file(db, "csv"), scratch_file(db, "csv")
    mend(text.path, dialect, width, mended, aside)
    malformed = no_malformed(db, name)
    db.execute(
        f"INSERT INTO {sql.name(malformed)} SELECT * FROM read_csv({sql.text(str(aside))}, "
        f"columns={ASIDE}, header=false, auto_detect=false, new_line='\\n', "
        "delim=',', quote='\"', escape='\"', "
        f"nullstr='', max_line_size={LONGEST}) WHERE row > {dialect.headings.row}"
    )
    scan = Scan(mended, dialect, width, uniform=True, longest=LONGEST)
    rows = Rows(scan.relation(), dialect.headings, file, f"{text.told}, {dialect.told}")
    try:
        return open_rows(db, name, rows, malformed)
    except duckdb.InvalidInputException as error:
        problem = str(error).splitlines()[0]
        raise SourceError(
            f"{file} cannot be read as a table: {problem}; state its delimiter and its quotes",
            f"{file} ne peut pas être lu comme une table : {problem} ; indiquez son séparateur et "
            "ses guillemets",
        ) from error

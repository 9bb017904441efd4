"""CSV reader: delimited text files (CSV, TSV…) as DuckDB relations."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import duckdb

from kg import sql
from kg.errors import SourceError
from kg.sources.csv_dialect import Dialect, find_dialect
from kg.sources.csv_rejects import split_rejects
from kg.sources.encoding import PlainText, open_as_utf8
from kg.sources.opened_table import OpenedTable, TableRows, create_malformed_table, open_rows
from kg.sources.source_description import ReadOptions
from kg.sources.temp_files import make_temp_path

MAX_LINE_BYTES: Final = 64 << 20
REJECT_COLUMNS: Final = "{'row': 'BIGINT', 'text': 'VARCHAR', 'problem': 'VARCHAR'}"


@dataclass(frozen=True)
class CsvScan:
    """Parameters of DuckDB's `read_csv` for one delimited file."""

    path: Path
    dialect: Dialect
    width: int
    has_line_feeds_only: bool
    """False where the file has other line ends, which DuckDB then detects itself."""
    max_line_bytes: int = 2 << 20

    def build_sql(self) -> str:
        """Return the SELECT of all rows, in file order, with their row numbers."""
        columns = ", ".join(f"'c{n}': 'VARCHAR'" for n in range(self.width))
        quote = sql.literal(self.dialect.quote)
        newline = (
            "auto_detect=false, new_line='\\n'" if self.has_line_feeds_only else "auto_detect=true"
        )
        reader = (
            f"read_csv({sql.literal(str(self.path))}, columns={{{columns}}}, header=false, skip=0, "
            f"delim={sql.literal(self.dialect.delimiter)}, quote={quote}, escape={quote}, "
            f"comment='', nullstr='', strict_mode=true, {newline}, "
            f"max_line_size={self.max_line_bytes}, compression='none')"
        )
        return f"SELECT *, row_number() OVER () AS _row FROM {reader}"


def open_csv(
    db: duckdb.DuckDBPyConnection, path: Path, name: str, file: str, reading: ReadOptions
) -> OpenedTable:
    """Open a delimited text file as a relation. Raises SourceError where it is not a table.

    A well-formed file is read in place. Any other file is copied without its malformed lines, which
    go to a table of their own.
    """
    text = open_as_utf8(db, path, reading.encoding)
    dialect = find_dialect(text, file, reading.delimiter, reading.quote)
    width = len(dialect.headings.names)
    description = f"{text.encoding_name}, {dialect.delimiter_name}"
    if text.valid and not text.blank_lines and len(text.newlines) < 2:
        scan = CsvScan(text.path, dialect, width, text.newlines <= {b"\n"})
        try:
            rows = TableRows(scan.build_sql(), dialect.headings, file, description)
            return open_rows(db, name, rows, create_malformed_table(db, name))
        except duckdb.InvalidInputException:
            pass  # DuckDB stops at the first malformed line: separate them all, then read again
    return _open_without_rejects(db, name, text, dialect, file)


def _open_without_rejects(
    db: duckdb.DuckDBPyConnection, name: str, text: PlainText, dialect: Dialect, file: str
) -> OpenedTable:
    width = len(dialect.headings.names)
    well_formed_path, rejects_path = make_temp_path(db, "csv"), make_temp_path(db, "csv")
    split_rejects(text.path, dialect, width, well_formed_path, rejects_path)
    malformed = create_malformed_table(db, name)
    db.execute(
        f"INSERT INTO {sql.identifier(malformed)} SELECT * FROM "
        f"read_csv({sql.literal(str(rejects_path))}, "
        f"columns={REJECT_COLUMNS}, header=false, auto_detect=false, new_line='\\n', "
        "delim=',', quote='\"', escape='\"', "
        f"nullstr='', max_line_size={MAX_LINE_BYTES}) WHERE row > {dialect.headings.row}"
    )
    scan = CsvScan(
        well_formed_path, dialect, width, has_line_feeds_only=True, max_line_bytes=MAX_LINE_BYTES
    )
    rows = TableRows(
        scan.build_sql(), dialect.headings, file, f"{text.encoding_name}, {dialect.delimiter_name}"
    )
    try:
        return open_rows(db, name, rows, malformed)
    except duckdb.InvalidInputException as error:
        problem = str(error).splitlines()[0]
        raise SourceError(
            f"{file} cannot be read as a table: {problem}; state its delimiter and its quotes",
            f"{file} ne peut pas être lu comme une table : {problem} ; indiquez son séparateur et "
            "ses guillemets",
        ) from error

"""Any file of a source, opened: a table in any format as a relation, or known to be RDF."""

from pathlib import Path
from typing import Final, Literal

import duckdb

from kg import sql
from kg.errors import SourceError
from kg.formats import GRAPH_FORMATS
from kg.sources.describe import Reading
from kg.sources.headings import headings
from kg.sources.opened import Opened, Rows, no_malformed, open_rows
from kg.sources.records import open_records
from kg.sources.separated import open_separated
from kg.sources.unpack import first_bytes, unpacked
from kg.sources.workbook import open_workbook

PACKED: Final = (".gz", ".zst")
SEPARATED: Final = ("csv", "tsv", "tab", "txt")
JSON: Final = ("json", "jsonl", "ndjson", "geojson")
WORKBOOKS: Final = ("xlsx", "xlsm", "xls", "ods")
TABLES: Final = (*SEPARATED, *JSON, *WORKBOOKS, "parquet")
RDF: Final = (*(syntax.extension for syntax in GRAPH_FORMATS), "owl", "skos")
ZIP: Final = b"PK\x03\x04"
OLE: Final = b"\xd0\xcf\x11\xe0"
PARQUET: Final = b"PAR1"
AS_FOUND: Final = Reading()


def stem_of(path: Path) -> str:
    """The name of a file without its extensions."""
    return _unpacked_name(path).partition(".")[0]


def kinds_of(path: Path) -> Literal["table", "rdf"] | None:
    """Whether a file is a table or RDF, by its name, and by its beginning where names differ."""
    extension = _unpacked_name(path).rpartition(".")[2].lower()
    if extension in RDF or (extension == "xml" and b"rdf:RDF" in _beginning(path)):
        return "rdf"
    if extension == "json" and b'"@context"' in _beginning(path):
        return "rdf"
    return "table" if extension in TABLES else None


def open_file(
    db: duckdb.DuckDBPyConnection, path: Path, name: str, reading: Reading = AS_FOUND
) -> Opened:
    """The table of a file as the view `name`; of a workbook, its first. Raises SourceError."""
    return open_tables(db, path, name, reading)[0]


def open_tables(
    db: duckdb.DuckDBPyConnection, path: Path, name: str, reading: Reading = AS_FOUND
) -> list[Opened]:
    """Every table of a file: one, or those of the sheets of a workbook. Raises SourceError."""
    plain = unpacked(db, path)
    head = first_bytes(plain)
    if head.startswith((ZIP, OLE)):
        return open_workbook(db, plain, name, path.name, reading)
    if head.startswith(PARQUET):
        return [_open_parquet(db, plain, name, path.name)]
    extension = _unpacked_name(path).rpartition(".")[2].lower()
    if extension in JSON:
        return [open_records(db, plain, name, path.name, reading)]
    return [open_separated(db, plain, name, path.name, reading)]


def _unpacked_name(path: Path) -> str:
    name = path.name
    for packed in PACKED:
        name = name.removesuffix(packed)
    return name


def _beginning(path: Path) -> bytes:
    return b"" if path.suffix in PACKED else first_bytes(path)


def _open_parquet(db: duckdb.DuckDBPyConnection, path: Path, name: str, file: str) -> Opened:
    scan = f"read_parquet({sql.text(str(path))}, filename=false, hive_partitioning=false)"
    try:
        described = db.execute(f"DESCRIBE SELECT * FROM {scan}")
        columns = [(row[0], row[1]) for row in described.fetchall()]
    except duckdb.Error as error:
        raise SourceError(
            f"{file} is not a Parquet file that can be read: {error}",
            f"{file} n’est pas un fichier Parquet lisible : {error}",
        ) from error
    named = headings([column for column, _ in columns], 0)
    cells = ", ".join(
        f"nullif({_cell(column, kind)}, '') AS c{n}" for n, (column, kind) in enumerate(columns)
    )
    # numbered by its place: an option of the reader would take a name that the file may have
    relation = f"SELECT {cells}, row_number() OVER () AS _row FROM {scan}"
    return open_rows(db, name, Rows(relation, named, file, "Parquet"), no_malformed(db, name))


def _cell(column: str, kind: str) -> str:
    nested = kind.endswith("]") or kind.startswith(("STRUCT", "MAP"))
    return f"CAST({f'to_json({sql.name(column)})' if nested else sql.name(column)} AS VARCHAR)"

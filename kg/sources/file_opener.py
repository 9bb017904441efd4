"""File opener: dispatches a file of any supported format to its reader."""

import re
from pathlib import Path
from typing import Final, Literal

import duckdb

from kg import sql
from kg.errors import SourceError
from kg.formats import GRAPH_FORMATS
from kg.sources.calendar_files import open_calendar
from kg.sources.csv_files import open_csv
from kg.sources.decompress import decompress, read_first_bytes
from kg.sources.feed_files import open_feed
from kg.sources.header_row import make_headings
from kg.sources.json_records import open_json
from kg.sources.opened_table import OpenedTable, TableRows, create_malformed_table, open_rows
from kg.sources.source_description import ReadOptions
from kg.sources.unsupported_formats import describe_unsupported
from kg.sources.workbook import open_workbook
from kg.sources.xml_records import open_xml
from kg.sources.xml_root import BOM_AND_BLANKS, find_root_name

COMPRESSED_SUFFIXES: Final = (".gz", ".zst")
DELIMITED_EXTENSIONS: Final = ("csv", "tsv", "tab", "txt")
JSON_EXTENSIONS: Final = ("json", "jsonl", "ndjson", "geojson")
WORKBOOK_EXTENSIONS: Final = ("xlsx", "xlsm", "xls", "ods")
CALENDAR_EXTENSIONS: Final = ("ics", "ical")
FEED_EXTENSIONS: Final = ("atom", "rss")
XML_EXTENSIONS: Final = ("xml", "tei")
TABLE_EXTENSIONS: Final = (
    *(*DELIMITED_EXTENSIONS, *JSON_EXTENSIONS, *WORKBOOK_EXTENSIONS, "parquet"),
    *(*CALENDAR_EXTENSIONS, *FEED_EXTENSIONS, *XML_EXTENSIONS),
)
RDF_EXTENSIONS: Final = (*(syntax.extension for syntax in GRAPH_FORMATS), "owl", "skos")
ZIP_MAGIC: Final = b"PK\x03\x04"
OLE_MAGIC: Final = b"\xd0\xcf\x11\xe0"
PARQUET_MAGIC: Final = b"PAR1"
CALENDAR_START: Final = b"BEGIN:VCALENDAR"
FEED_ROOTS: Final = ("rss", "feed", "RDF")
RSS_1_NAMESPACE: Final = b"http://purl.org/rss/1.0/"
OWN_CONTEXT: Final = b"/context.jsonld"
REMOTE_CONTEXT: Final = re.compile(rb'"@context"\s*:\s*"(https?://[^"?]+)')
DEFAULT_READ_OPTIONS: Final = ReadOptions()


def strip_extensions(path: Path) -> str:
    """The name of a file without its extensions."""
    return _strip_compression_suffix(path).partition(".")[0]


def detect_file_kind(path: Path) -> Literal["table", "rdf"] | None:
    """Detect tables and RDF by file extension, and by content for `.xml` and `.json`."""
    extension = _strip_compression_suffix(path).rpartition(".")[2].lower()
    if extension in ("xml", "rdf") and _is_feed(_read_beginning(path)):
        return "table"
    if extension in RDF_EXTENSIONS or (extension == "xml" and b"rdf:RDF" in _read_beginning(path)):
        return "rdf"
    if extension == "xml" and (
        describe_unsupported(path) or not find_root_name(_read_beginning(path))
    ):
        return None
    if extension == "json" and b'"@context"' in _read_beginning(path):
        # with a context that is not fetched, plain JSON is all that can be read of it
        remote = REMOTE_CONTEXT.search(_read_beginning(path))
        return "table" if remote and not remote[1].endswith(OWN_CONTEXT) else "rdf"
    return "table" if extension in TABLE_EXTENSIONS else None


def open_file(
    db: duckdb.DuckDBPyConnection,
    path: Path,
    name: str,
    reading: ReadOptions = DEFAULT_READ_OPTIONS,
) -> OpenedTable:
    """Open the table of a file, or the first of a workbook, as view `name`. Raises SourceError."""
    return open_tables(db, path, name, reading)[0]


def open_tables(
    db: duckdb.DuckDBPyConnection,
    path: Path,
    name: str,
    reading: ReadOptions = DEFAULT_READ_OPTIONS,
) -> list[OpenedTable]:
    """Open all tables of a file; a workbook has one for each sheet. Raises SourceError."""
    plain = decompress(db, path)
    head = read_first_bytes(plain)
    if head.startswith((ZIP_MAGIC, OLE_MAGIC)):
        return open_workbook(db, plain, name, path.name, reading)
    if head.startswith(PARQUET_MAGIC):
        return [_open_parquet(db, plain, name, path.name)]
    extension = _strip_compression_suffix(path).rpartition(".")[2].lower()
    if extension in JSON_EXTENSIONS:
        return [open_json(db, plain, name, path.name, reading)]
    entries = detect_entries(path, head)
    if entries == "calendar":
        return [open_calendar(db, plain, name, path.name, reading)]
    if entries == "feed":
        return [open_feed(db, plain, name, path.name)]
    if extension in XML_EXTENSIONS:
        return [open_xml(db, plain, name, path.name, reading.records)]
    return [open_csv(db, plain, name, path.name, reading)]


def detect_entries(path: Path, head: bytes) -> Literal["calendar", "feed"] | None:
    """Detect calendars and feeds by file extension, and by how the unpacked file begins."""
    extension = _strip_compression_suffix(path).rpartition(".")[2].lower()
    if extension in CALENDAR_EXTENSIONS or head.lstrip(BOM_AND_BLANKS).startswith(CALENDAR_START):
        return "calendar"
    return "feed" if extension in FEED_EXTENSIONS or _is_feed(head) else None


def _is_feed(head: bytes) -> bool:
    """Detect RSS and Atom by the root of the document; RSS 1.0 is RDF by its namespace."""
    root = find_root_name(head)
    return root in FEED_ROOTS and (root != "RDF" or RSS_1_NAMESPACE in head)


def _strip_compression_suffix(path: Path) -> str:
    name = path.name
    for suffix in COMPRESSED_SUFFIXES:
        name = name.removesuffix(suffix)
    return name


def _read_beginning(path: Path) -> bytes:
    return b"" if path.suffix in COMPRESSED_SUFFIXES else read_first_bytes(path)


def _open_parquet(db: duckdb.DuckDBPyConnection, path: Path, name: str, file: str) -> OpenedTable:
    scan = f"read_parquet({sql.literal(str(path))}, filename=false, hive_partitioning=false)"
    try:
        described = db.execute(f"DESCRIBE SELECT * FROM {scan}")
        columns = [(row[0], row[1]) for row in described.fetchall()]
    except duckdb.Error as error:
        raise SourceError(
            f"{file} is not a Parquet file that can be read: {error}",
            f"{file} n’est pas un fichier Parquet lisible : {error}",
        ) from error
    headings = make_headings([column for column, _ in columns], 0)
    cells = ", ".join(
        f"nullif({_build_cell_sql(column, kind)}, '') AS c{n}"
        for n, (column, kind) in enumerate(columns)
    )
    # the reader's own option for row numbers would add a column whose name the file may use
    relation = f"SELECT {cells}, row_number() OVER () AS _row FROM {scan}"
    return open_rows(
        db, name, TableRows(relation, headings, file, "Parquet"), create_malformed_table(db, name)
    )


def _build_cell_sql(column: str, kind: str) -> str:
    nested = kind.endswith("]") or kind.startswith(("STRUCT", "MAP"))
    return (
        f"CAST({f'to_json({sql.identifier(column)})' if nested else sql.identifier(column)} "
        "AS VARCHAR)"
    )

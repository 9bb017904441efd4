"""Extracts of a release: a subset by source, kind, region or licence, in any format.

The statements come from the N-Quads of the release, the rows from its catalogue. Beside each file
stands what it is: the release and its date, what was chosen, the sources with their licences, and
the SHA-256 of the file.
"""

import csv
import gzip
import json
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any, Final, cast

import duckdb
import zstandard

from kg import sql
from kg.catalogue.catalogue import Catalogue
from kg.catalogue.filters import Filters
from kg.catalogue.records import Item
from kg.csvw_tables import Table
from kg.csvw_tables import load_tables as load_tables
from kg.errors import BadRequest
from kg.file_hash import hash_file
from kg.formats import COMPRESSION_SUFFIXES, CSV, JSON_LD, N_QUADS, PARQUET, TRIG, TURTLE, Format
from kg.kinds import KIND_BY_NAME, Text
from kg.namespaces import GRAPH, ID
from kg.rdf.io import parse_line_file, write_rdf
from kg.release_layout import Release
from kg.releases.dumps import WHOLE_STEM
from kg.releases.table_dumps import TableMetadata, build_csv_options
from kg.releases.turtle_sql import open_gzip

TABLE_FORMATS: Final = (CSV, PARQUET)
FORMATS_WITH_COMMENTS: Final = (TURTLE, N_QUADS, TRIG)
ZSTD_LEVEL: Final = 9


@dataclass(frozen=True)
class ExtractChoice:
    """What is taken out; what is left empty is not narrowed."""

    source: str = ""
    kind: str = ""
    region: str = ""
    """Key of a territory of any level: the records that are in it, and it."""
    licence: str = ""
    """Address of a licence: what the sources under it say."""
    table: str = ""
    """A table of relations (`memberships`), where it is no table of a kind."""


@dataclass(frozen=True)
class Extract:
    """A file that was written: its statements or rows."""

    path: Path
    count: int


def write_extract(
    release: Release, choice: ExtractChoice, syntax: Format, packed: str, path: Path
) -> Extract:
    """Writes a part of a release, and `{path}.meta.json` beside it.

    Raises BadRequest where something named is not there, or a table is asked of no kind.
    """
    manifest = release.read_manifest()
    sources = _select_sources(manifest, choice)
    if choice.table and syntax not in TABLE_FORMATS:
        raise BadRequest(
            "a table of relations comes as csv or parquet; their statements are with the records",
            "un tableau de relations vient en csv ou parquet ; les énoncés sont avec les fiches",
        )
    if syntax in TABLE_FORMATS:
        count = _write_rows(release, choice, sources, syntax, packed, path)
    else:
        licences = _list_licences(manifest, choice, syntax, sources)
        has_head = syntax in FORMATS_WITH_COMMENTS
        head = _build_head(manifest, licences, sources) if has_head else b""
        count = _write_statements(release, choice, sources, syntax, packed, path, head)
    metadata = {
        "release": release.id,
        "created": manifest["created"],
        "chosen": {name: value for name, value in asdict(choice).items() if value},
        "format": syntax.media_type,
        "count": count,
        "bytes": path.stat().st_size,
        "sha256": hash_file(path),
        "licences": _list_licences(manifest, choice, syntax, sources),
        "sources": sources,
    }
    text = json.dumps(metadata, ensure_ascii=False, indent=1)
    path.with_name(f"{path.name}.meta.json").write_text(text + "\n", "utf-8")
    return Extract(path, count)


def build_file_name(release: Release, choice: ExtractChoice, syntax: Format, packed: str) -> str:
    """A file name that says what is in the file."""
    parts = [value.rstrip("/").rpartition("/")[2] for value in asdict(choice).values() if value]
    return (
        "-".join([WHOLE_STEM, *parts, release.id])
        + f".{syntax.extension}{COMPRESSION_SUFFIXES[packed]}"
    )


def _select_sources(manifest: dict[str, Any], choice: ExtractChoice) -> list[dict[str, Any]]:
    """The sources chosen from, each with its licence and date."""
    candidates = [
        {
            "name": entry["name"],
            "title": Text(**entry["title"]).list_by_language(),
            **{name: entry.get(name) for name in ("licence", "retrieved", "version")},
        }
        for entry in manifest["sources"]
    ]
    selected = [
        entry
        for entry in candidates
        if choice.source in ("", entry["name"])
        and choice.licence.rstrip("/") in ("", str(entry["licence"]).rstrip("/"))
    ]
    if not selected:
        names = ", ".join(str(entry["name"]) for entry in candidates)
        licences = ", ".join(sorted({str(entry["licence"]) for entry in candidates}))
        raise BadRequest(
            f"no source is {choice.source or 'any'} under {choice.licence or 'any licence'}; "
            f"sources: {names}; licences: {licences}",
            f"aucune source {choice.source} sous {choice.licence or 'une licence'} ; "
            f"sources : {names} ; licences : {licences}",
        )
    if choice.kind and choice.kind not in KIND_BY_NAME:
        raise BadRequest(
            f"kind {choice.kind!r} is none of {', '.join(KIND_BY_NAME)}",
            f"la sorte {choice.kind!r} n'est aucune de {', '.join(KIND_BY_NAME)}",
        )
    return selected


def _list_licences(
    manifest: dict[str, Any],
    choice: ExtractChoice,
    syntax: Format,
    sources: Iterable[dict[str, Any]],
) -> list[str]:
    """The licences of the sources, and of what no source states where that is in the file too."""
    stated = {str(source["licence"]) for source in sources}
    if choice.source or choice.licence or syntax in TABLE_FORMATS:
        return sorted(stated)
    return sorted({*stated, str(manifest["licence"])})


def _build_head(
    manifest: dict[str, Any], licences: Iterable[str], sources: Iterable[dict[str, Any]]
) -> bytes:
    lines = [
        f"# ess-kg, release {manifest['id']} of {manifest['created']}, {', '.join(licences)}",
        *(f"# {s['name']}: {s['licence']}, retrieved {s['retrieved']}" for s in sources),
    ]
    return "".join(f"{line}\n" for line in lines).encode()


def _write_statements(
    release: Release,
    choice: ExtractChoice,
    sources: list[dict[str, Any]],
    syntax: Format,
    compression: str,
    path: Path,
    head: bytes,
) -> int:
    keep = _make_filter(release, choice, sources)
    lines = _iter_lines(release.dumps / f"{WHOLE_STEM}.nq.gz", keep)
    with open_output(path, compression) as file:
        file.write(head)
        if syntax == N_QUADS:
            return _copy_lines(lines, file)
        with tempfile.NamedTemporaryFile(suffix=".nq") as chosen:
            count = _copy_lines(lines, cast(IO[bytes], chosen))
            chosen.flush()
            quads = parse_line_file(Path(chosen.name), N_QUADS)
            statements = quads if syntax in (TRIG, JSON_LD) else (quad.triple for quad in quads)
            write_rdf(statements, file, syntax)
    return count


def _copy_lines(lines: Iterable[bytes], file: IO[bytes]) -> int:
    count = 0
    for line in lines:
        file.write(line)
        count += 1
    return count


def _iter_lines(path: Path, keep: Callable[[bytes, bytes], bool]) -> Iterator[bytes]:
    """The quads that are kept, by their subject and graph."""
    with gzip.open(path) as file:
        for line in file:
            subject, _, rest = line[1:].partition(b">")
            if keep(subject, rest[rest.rindex(b" <") + 2 : -4]):
                yield line


def _make_filter(
    release: Release, choice: ExtractChoice, sources: list[dict[str, Any]]
) -> Callable[[bytes, bytes], bool]:
    """Whether a quad is chosen."""
    narrowed = bool(choice.source or choice.licence)
    graphs = {f"{GRAPH}{entry['name']}".encode() for entry in sources}
    begins = f"{ID}{choice.kind}/".encode() if choice.kind else b""
    inside = _find_inside(release, choice) if choice.region else None

    def keep(subject: bytes, graph: bytes) -> bool:
        if narrowed and graph not in graphs:
            return False
        if begins and not subject.startswith(begins):
            return False
        return inside is None or subject.partition(b"#")[0] in inside

    return keep


def _find_inside(release: Release, choice: ExtractChoice) -> set[bytes]:
    """The records of a territory and of what it holds, and the territory itself."""
    catalogue = Catalogue(release.catalogue)
    if catalogue.find_entity("territory", choice.region) is None:
        raise BadRequest(
            f"there is no territory {choice.region!r} (region-53 is one)",
            f"il n'y a pas de territoire {choice.region!r} (region-53 en est un)",
        )
    kinds = [choice.kind] if choice.kind else list(KIND_BY_NAME)
    record_iris = {
        item.iri.encode() for kind in kinds for item in _iter_items(catalogue, kind, choice, [])
    }
    return record_iris | {f"{ID}territory/{choice.region}".encode()}


def _iter_items(
    catalogue: Catalogue, kind: str, choice: ExtractChoice, sources: list[dict[str, Any]]
) -> Iterator[Item]:
    values: dict[str, tuple[str, ...]] = {}
    if choice.region:
        values["territory"] = (choice.region,)
    if choice.source or choice.licence:
        values["source"] = tuple(str(entry["name"]) for entry in sources)
    return catalogue.iterate_list(kind, Filters(values=values))


def _write_rows(
    release: Release,
    choice: ExtractChoice,
    sources: list[dict[str, Any]],
    syntax: Format,
    compression: str,
    path: Path,
) -> int:
    """Writes rows of a table of the release as they are there; how many."""
    table = _select_table(release, choice)
    file = release.dumps / f"{table.name}.{syntax.extension}"
    if not file.is_file():
        raise BadRequest(
            f"release {release.id} has no table {table.name}",
            f"l'édition {release.id} n'a pas de tableau {table.name}",
        )
    db = duckdb.connect()
    rows = _build_scan(file)
    chosen = (
        f"SELECT * FROM {rows} WHERE "
        f"{_build_condition(db, release, choice, sources, table, syntax)}"
    )
    if syntax == PARQUET:
        manifest = release.read_manifest()
        about = TableMetadata(release.id, manifest["licence"], sources)
        file_metadata = about.build_parquet_metadata(
            table, {str(source["name"]) for source in sources}
        )
        return _copy_rows(
            db, chosen, path, f"parquet, COMPRESSION zstd, KV_METADATA {{{file_metadata}}}"
        )
    with (
        tempfile.NamedTemporaryFile(suffix=".csv") as plain,
        open_output(path, compression) as target,
    ):
        count = _copy_rows(db, chosen, Path(plain.name), build_csv_options(table))
        with Path(plain.name).open("rb") as written:
            shutil.copyfileobj(written, target, 1 << 20)
    return count


def _select_table(release: Release, choice: ExtractChoice) -> Table:
    """The table asked for: that of a kind, or one of relations."""
    tables = load_tables(release.model / "ontology" / "tables")
    relation_tables = [name for name, table in tables.items() if table.kind is None]
    if choice.table in relation_tables and not choice.kind:
        return tables[choice.table]
    if choice.table or not choice.kind:
        raise BadRequest(
            f"a table is of one kind, or one of relations: add a kind ({', '.join(KIND_BY_NAME)}) "
            "or a "
            f"table ({', '.join(relation_tables)})",
            "un tableau est d'une seule sorte, ou de relations : ajoutez une sorte "
            f"({', '.join(KIND_BY_NAME)}) ou un tableau ({', '.join(relation_tables)})",
        )
    return tables[KIND_BY_NAME[choice.kind].table]


def _build_scan(file: Path) -> str:
    """The rows of a table of a release, those of CSV as texts."""
    if file.suffix == f".{PARQUET.extension}":
        return f"read_parquet({sql.literal(str(file))})"
    with file.open(encoding="utf-8", newline="") as lines:
        names = next(csv.reader(lines))
    columns = ", ".join(f"{sql.literal(name)}: 'VARCHAR'" for name in names)
    return (
        f"read_csv({sql.literal(str(file))}, header=true, auto_detect=false, delim=',', "
        "quote='\"', "
        f"escape='\"', max_line_size=16777216, columns={{{columns}}})"
    )


def _build_condition(
    db: duckdb.DuckDBPyConnection,
    release: Release,
    choice: ExtractChoice,
    sources: list[dict[str, Any]],
    table: Table,
    syntax: Format,
) -> str:
    """Which rows are chosen, in SQL."""
    if table.kind is not None:
        if not (choice.source or choice.licence or choice.region):
            return "true"
        items = _iter_items(Catalogue(release.catalogue), table.kind, choice, sources)
        _create_keys_table(db, [item.key for item in items])
        return "id IN (FROM keys)"
    conditions = ["true"]
    if choice.source or choice.licence:
        names = ", ".join(sql.literal(str(entry["name"])) for entry in sources)
        conditions.append(f"list_has_any({_build_list_sql('sources', True, syntax)}, [{names}])")
    if choice.region:
        _create_keys_table(
            db, [iri.decode().removeprefix(ID) for iri in _find_inside(release, choice)]
        )
        reference_columns = [
            _build_list_sql(c.name, bool(c.separator), syntax) for c in table.real if c.is_reference
        ]
        reference_columns.append("[split_part(record, '#', 1)]")
        conditions.append(
            f"list_has_any(flatten([{', '.join(reference_columns)}]), (SELECT list(key) FROM keys))"
        )
    return " AND ".join(conditions)


def _build_list_sql(name: str, several: bool, syntax: Format) -> str:
    """The values of a column as a list, in SQL."""
    column = sql.identifier(name)
    if not several:
        return f"[{column}]"
    return column if syntax == PARQUET else f"string_split(coalesce({column}, ''), '|')"


def _create_keys_table(db: duckdb.DuckDBPyConnection, keys: list[str]) -> None:
    db.execute("CREATE TABLE keys AS SELECT unnest($1::VARCHAR[]) AS key", [keys])


def _copy_rows(db: duckdb.DuckDBPyConnection, query: str, path: Path, form: str) -> int:
    copied = db.execute(f"COPY ({query}) TO {sql.literal(str(path))} (FORMAT {form})").fetchone()
    return int(copied[0]) if copied else 0


@contextmanager
def open_output(path: Path, packed: str) -> Iterator[IO[bytes]]:
    """A file to write in, packed or not."""
    if packed == "gzip":
        with open_gzip(path) as file:
            yield file
    elif packed == "zstd":
        packer = zstandard.ZstdCompressor(level=ZSTD_LEVEL)
        with path.open("wb") as plain, packer.stream_writer(plain) as file:
            yield cast(IO[bytes], file)
    else:
        with path.open("wb") as file:
            yield file

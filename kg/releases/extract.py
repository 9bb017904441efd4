"""Parts of a release taken out into one file: by source, kind, region or licence, in any format.

The statements come from the N-Quads of the release, the rows from its catalogue. Beside each file
stands what it is: the release and its date, what was chosen, the sources with their licences, and
the SHA-256 of the file.
"""

import csv
import gzip
import io
import json
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any, Final, cast

import duckdb
import zstandard

from kg import rdf, sql
from kg.catalogue.filters import Filters
from kg.catalogue.read import Catalogue
from kg.catalogue.records import Item
from kg.errors import BadRequest
from kg.formats import CSV, JSON_LD, N_QUADS, PACKED, PARQUET, TRIG, TURTLE, Format
from kg.kinds import BY_NAME
from kg.namespaces import GRAPH, ID
from kg.release import Release
from kg.releases.dumps import WHOLE
from kg.releases.identity import sha256
from kg.releases.turtle import packing

TABLES: Final = (CSV, PARQUET)
COMMENTED: Final = (TURTLE, N_QUADS, TRIG)
ZSTD_LEVEL: Final = 9


@dataclass(frozen=True)
class Choice:
    """What is taken out; what is left empty is not narrowed."""

    source: str = ""
    kind: str = ""
    region: str = ""
    """Key of a territory of any level: the records that are in it, and it."""
    licence: str = ""
    """Address of a licence: what the sources under it say."""


@dataclass(frozen=True)
class Extract:
    """A file that was written: its statements or rows."""

    path: Path
    count: int


def extract(release: Release, choice: Choice, syntax: Format, packed: str, path: Path) -> Extract:
    """Writes a part of a release, and `{path}.meta.json` beside it.

    Raises BadRequest where something named is not there, or a table is asked of no kind.
    """
    manifest = release.manifest()
    sources = _sources(manifest, choice)
    if syntax in TABLES:
        count = _rows(release, choice, sources, syntax, packed, path)
    else:
        head = _head(manifest, sources) if syntax in COMMENTED else b""
        count = _statements(release, choice, sources, syntax, packed, path, head)
    told = {
        "release": release.id,
        "created": manifest["created"],
        "chosen": {name: value for name, value in asdict(choice).items() if value},
        "format": syntax.media_type,
        "count": count,
        "bytes": path.stat().st_size,
        "sha256": sha256(path),
        "licence": manifest["licence"],
        "sources": sources,
    }
    text = json.dumps(told, ensure_ascii=False, indent=1)
    path.with_name(f"{path.name}.meta.json").write_text(text + "\n", "utf-8")
    return Extract(path, count)


def name_of(release: Release, choice: Choice, syntax: Format, packed: str) -> str:
    """A file name that says what is in the file."""
    parts = [value.rstrip("/").rpartition("/")[2] for value in asdict(choice).values() if value]
    return "-".join([WHOLE, *parts, release.id]) + f".{syntax.extension}{PACKED[packed]}"


def _sources(manifest: dict[str, Any], choice: Choice) -> list[dict[str, Any]]:
    """The sources chosen from, each with its licence and date."""
    known = [
        {name: entry.get(name) for name in ("name", "title", "licence", "retrieved", "version")}
        for entry in manifest["sources"]
    ]
    found = [
        entry
        for entry in known
        if choice.source in ("", entry["name"])
        and choice.licence.rstrip("/") in ("", str(entry["licence"]).rstrip("/"))
    ]
    if not found:
        names = ", ".join(str(entry["name"]) for entry in known)
        licences = ", ".join(sorted({str(entry["licence"]) for entry in known}))
        raise BadRequest(
            f"no source is {choice.source or 'any'} under {choice.licence or 'any licence'}; "
            f"sources: {names}; licences: {licences}",
            f"aucune source {choice.source} sous {choice.licence or 'une licence'} ; "
            f"sources : {names} ; licences : {licences}",
        )
    if choice.kind and choice.kind not in BY_NAME:
        raise BadRequest(
            f"kind {choice.kind!r} is none of {', '.join(BY_NAME)}",
            f"la sorte {choice.kind!r} n'est aucune de {', '.join(BY_NAME)}",
        )
    return found


def _head(manifest: dict[str, Any], sources: Iterable[dict[str, Any]]) -> bytes:
    lines = [
        f"# ess-kg, release {manifest['id']} of {manifest['created']}, {manifest['licence']}",
        *(f"# {s['name']}: {s['licence']}, retrieved {s['retrieved']}" for s in sources),
    ]
    return "".join(f"{line}\n" for line in lines).encode()


def _statements(
    release: Release,
    choice: Choice,
    sources: list[dict[str, Any]],
    syntax: Format,
    packed: str,
    path: Path,
    head: bytes,
) -> int:
    keep = _keeps(release, choice, sources)
    lines = _lines(release.dumps / f"{WHOLE}.nq.gz", keep)
    with writing(path, packed) as file:
        file.write(head)
        if syntax == N_QUADS:
            return _copied(lines, file)
        with tempfile.NamedTemporaryFile(suffix=".nq") as chosen:
            count = _copied(lines, cast(IO[bytes], chosen))
            chosen.flush()
            quads = rdf.parse_lines(Path(chosen.name), N_QUADS)
            told = quads if syntax in (TRIG, JSON_LD) else (quad.triple for quad in quads)
            rdf.write(told, file, syntax)
    return count


def _copied(lines: Iterable[bytes], file: IO[bytes]) -> int:
    count = 0
    for line in lines:
        file.write(line)
        count += 1
    return count


def _lines(path: Path, keep: Callable[[bytes, bytes], bool]) -> Iterator[bytes]:
    """The quads that are kept, by their subject and graph."""
    with gzip.open(path) as file:
        for line in file:
            subject, _, rest = line[1:].partition(b">")
            if keep(subject, rest[rest.rindex(b" <") + 2 : -4]):
                yield line


def _keeps(
    release: Release, choice: Choice, sources: list[dict[str, Any]]
) -> Callable[[bytes, bytes], bool]:
    """Whether a quad is chosen."""
    narrowed = bool(choice.source or choice.licence)
    graphs = {f"{GRAPH}{entry['name']}".encode() for entry in sources}
    begins = f"{ID}{choice.kind}/".encode() if choice.kind else b""
    inside = _inside(release, choice) if choice.region else None

    def keep(subject: bytes, graph: bytes) -> bool:
        if narrowed and graph not in graphs:
            return False
        if begins and not subject.startswith(begins):
            return False
        return inside is None or subject.partition(b"#")[0] in inside

    return keep


def _inside(release: Release, choice: Choice) -> set[bytes]:
    """The records of a territory and of what it holds, and the territory itself."""
    catalogue = Catalogue(release.catalogue)
    if catalogue.entity("territory", choice.region) is None:
        raise BadRequest(
            f"there is no territory {choice.region!r} (region-53 is one)",
            f"il n'y a pas de territoire {choice.region!r} (region-53 en est un)",
        )
    kinds = [choice.kind] if choice.kind else list(BY_NAME)
    found = {item.iri.encode() for kind in kinds for item in _items(catalogue, kind, choice, [])}
    return found | {f"{ID}territory/{choice.region}".encode()}


def _items(
    catalogue: Catalogue, kind: str, choice: Choice, sources: list[dict[str, Any]]
) -> Iterator[Item]:
    values: dict[str, tuple[str, ...]] = {}
    if choice.region:
        values["territory"] = (choice.region,)
    if choice.source or choice.licence:
        values["source"] = tuple(str(entry["name"]) for entry in sources)
    return catalogue.every(kind, Filters(values=values))


def _rows(
    release: Release,
    choice: Choice,
    sources: list[dict[str, Any]],
    syntax: Format,
    packed: str,
    path: Path,
) -> int:
    """Writes the rows of a kind, with the columns of its canonical table."""
    if not choice.kind:
        raise BadRequest(
            f"a table is of one kind: add one of {', '.join(BY_NAME)}",
            f"un tableau est d'une seule sorte : ajoutez l'une de {', '.join(BY_NAME)}",
        )
    catalogue = Catalogue(release.catalogue)
    columns = [column.name for column in catalogue.fields[choice.kind]]
    items = _items(catalogue, choice.kind, choice, sources)
    if syntax == CSV:
        with writing(path, packed) as file:
            return _csv(items, columns, file)
    with tempfile.NamedTemporaryFile(suffix=".csv") as plain:
        count = _csv(items, columns, cast(IO[bytes], plain))
        plain.flush()
        told = {"release": release.id, "sources": ", ".join(str(s["name"]) for s in sources)}
        metadata = ", ".join(f"{name}: {sql.text(value)}" for name, value in told.items())
        read = f"read_csv({sql.text(plain.name)}, all_varchar=true, header=true)"
        duckdb.connect().execute(
            f"COPY (SELECT * FROM {read}) TO {sql.text(str(path))} "
            f"(FORMAT parquet, COMPRESSION zstd, KV_METADATA {{{metadata}}})"
        )
    return count


def _csv(items: Iterable[Item], columns: list[str], file: IO[bytes]) -> int:
    text = io.TextIOWrapper(file, "utf-8", newline="", write_through=True)
    writer = csv.writer(text)
    writer.writerow(columns)
    count = 0
    for item in items:
        writer.writerow(["|".join(item.cells.get(name, ())) for name in columns])
        count += 1
    text.detach()
    return count


@contextmanager
def writing(path: Path, packed: str) -> Iterator[IO[bytes]]:
    """A file to write in, packed or not."""
    if packed == "gzip":
        with packing(path) as file:
            yield file
    elif packed == "zstd":
        packer = zstandard.ZstdCompressor(level=ZSTD_LEVEL)
        with path.open("wb") as plain, packer.stream_writer(plain) as file:
            yield cast(IO[bytes], file)
    else:
        with path.open("wb") as file:
            yield file

"""Small sources that speak of the same things, mapped and held to the project's shapes."""

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import duckdb

from kg import csvw_tables as canonical
from kg.mapping import map_source, open_work_database
from kg.mapping.rdf_mapping import load_rdf_files
from kg.sources import discover_sources
from kg.validation.batch_run import BatchOptions
from kg.validation.validate_build import ValidationOutcome, validate_work_database

ROOT = Path(__file__).parents[2]
SOURCE = """name = "{name}"
kind = "register"
language = "fr"
licence = "https://creativecommons.org/publicdomain/zero/1.0/"
retrieved = "{retrieved}"
[title]
fr = "{name}"
[description]
fr = "Fiches inventées."
[publisher]
fr = "essai"
{more}
"""
PREFIXES = """@prefix : <https://w3id.org/ess-kg/id/> .
@prefix ess: <https://w3id.org/ess-kg/ontology#> .
@prefix c: <https://w3id.org/ess-kg/scheme/> .
@prefix org: <http://www.w3.org/ns/org#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
"""


def write_source(
    folder: Path,
    name: str,
    files: Mapping[str, str],
    *,
    retrieved: str = "2026-01-15",
    more: str = "",
) -> None:
    """Writes a source; its files by name: `organisations.csv`, or `more.ttl` without prefixes."""
    source = folder / name
    source.mkdir(parents=True)
    described = SOURCE.format(name=name, retrieved=retrieved, more=more)
    (source / "source.toml").write_text(described, "utf-8")
    for file, text in files.items():
        place = source / ("tables" if file.endswith(".csv") else "rdf") / file
        place.parent.mkdir(exist_ok=True)
        place.write_text(text if file.endswith(".csv") else PREFIXES + text, "utf-8")


@dataclass(frozen=True)
class Judged:
    """What an inspection of sources left: refused and warned lines by source, and the rest."""

    inspection: ValidationOutcome
    refused: dict[str, int]
    warned: dict[str, int]
    kept: frozenset[tuple[str, str, str, str]]
    """Source, subject, property and object of what is accepted, IRIs without their namespaces."""

    def said(self, source: str) -> frozenset[tuple[str, str, str]]:
        return frozenset(quad[1:] for quad in self.kept if quad[0] == source)


def judge(folder: Path) -> Judged:
    """Maps the sources of a folder and holds them to the shapes."""
    tables = canonical.load_tables(ROOT / "ontology" / "tables")
    with closing(open_work_database()) as db:
        for name in ("ontology", "ontology/schemes"):
            load_rdf_files(db, "model", sorted((ROOT / name).glob("*.ttl")))
        sources = discover_sources(folder)
        for source in sources:
            map_source(db, source, tables)
        shapes = sorted((ROOT / "shapes").glob("*.ttl"))
        found = validate_work_database(
            db, shapes, tables, sources=sources, work=BatchOptions(processes=1)
        )
        names = [source.name for source in sources]
        return Judged(
            found,
            {name: _refused(db, name) for name in names},
            {name: found.count_warned(name) for name in names},
            _kept(db),
        )


def _refused(db: duckdb.DuckDBPyConnection, source: str) -> int:
    row = db.execute(
        "SELECT count(*) FROM refused JOIN records USING (record) WHERE source = ?", [source]
    ).fetchone()
    assert row is not None
    return int(row[0])


def _kept(db: duckdb.DuckDBPyConnection) -> frozenset[tuple[str, str, str, str]]:
    rows = db.execute(
        "SELECT source, regexp_extract(s, '[^/]*/[^/]*$'), regexp_extract(p, '[^/#]*$'), o "
        "FROM quads WHERE record IS NOT NULL"
    ).fetchall()
    return frozenset(rows)

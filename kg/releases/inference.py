"""Inference: triples derived from the accepted ones by the queries of `kg/queries/derive/`."""

import re
import tempfile
from collections.abc import Sequence
from importlib import resources
from pathlib import Path
from typing import Final

import duckdb
import pyoxigraph as ox

from kg import sql
from kg.mapping.ntriples_io import TRIPLE_LINE_SQL, export_lines, read_ntriples
from kg.namespaces import ID, expand
from kg.work_tables import QUADS

DERIVED_SOURCE: Final = "derived"
NAME_PATTERN: Final = re.compile(r"(?<![\w:<?$])([a-z][\w-]*:[A-Za-z][\w-]*)|<([^<>\s]+)>")
"""A prefixed name or an IRI in a rule."""


def materialise_inferences(db: duckdb.DuckDBPyConnection) -> int:
    """Adds what follows from the accepted triples to the graph `derived`; how many triples."""
    rules = read_derivation_rules()
    with tempfile.TemporaryDirectory() as folder:
        accepted, derived = Path(folder) / "told.nt", Path(folder) / "found.nt"
        export_lines(
            db,
            f"SELECT {TRIPLE_LINE_SQL} FROM {QUADS} WHERE {_build_input_condition(rules)}",
            accepted,
        )
        store = ox.Store()
        store.bulk_load(path=accepted, format=ox.RdfFormat.N_TRIPLES, lenient=True)
        with derived.open("wb") as file:
            for rule in rules:
                result = store.query(rule)
                assert isinstance(result, ox.QueryTriples)
                result.serialize(file, ox.RdfFormat.N_TRIPLES)
        count = read_ntriples(db, DERIVED_SOURCE, derived)
    return count + _insert_authorities(db)


def _insert_authorities(db: duckdb.DuckDBPyConnection) -> int:
    """Adds which organisation is the public body of which territory: both have one SIREN.

    No rule in SPARQL, which would have to look at the identifiers of every organisation.
    """
    number = sql.literal("#identifier-siren-")
    typed = f"SELECT s FROM {QUADS} WHERE p = {sql.literal(expand('rdf:type'))}"
    numbered = f"split_part(s, {number}, 1) AS {{0}}, split_part(s, {number}, 2) AS siren"
    organisations = sql.literal(f"{ID}organisation/")
    row = db.execute(
        f"""INSERT INTO {QUADS} SELECT DISTINCT {sql.literal(DERIVED_SOURCE)}, NULL, organisation,
            {sql.literal(expand("ess:authorityOf"))}, '<' || territory || '>'
        FROM (SELECT {numbered.format("territory")} FROM ({typed})
            WHERE starts_with(s, {sql.literal(f"{ID}territory/")}) AND contains(s, {number}))
        JOIN (SELECT {numbered.format("organisation")} FROM ({typed})
            WHERE starts_with(s, {organisations}) AND contains(s, {number})
            UNION ALL SELECT s, split_part(s, '/siren-', 2) FROM ({typed})
            WHERE starts_with(s, {organisations} || 'siren-') AND NOT contains(s, '#')
        ) USING (siren)
        WHERE NOT EXISTS (FROM {QUADS} q WHERE q.s = organisation
            AND q.p = {sql.literal(expand("ess:authorityOf"))}
            AND q.o = '<' || territory || '>')"""
    ).fetchone()
    return int(row[0]) if row else 0


def read_derivation_rules() -> list[str]:
    """The rules, as SPARQL CONSTRUCT queries (`kg/queries/derive/`)."""
    folder = resources.files("kg.queries") / "derive"
    return [file.read_text("utf-8") for file in sorted(folder.iterdir(), key=lambda f: f.name)]


def _build_input_condition(rules: Sequence[str]) -> str:
    """The triples rules can look at, those with a property they name: a few of all there are.

    Of the types, those they name. So a rule holds a variable property or class to some by name.
    """
    text = re.sub(r"(?m)^(#|PREFIX\b).*$", "", "\n".join(rules))
    iris = sorted({expand(name) if name else iri for name, iri in NAME_PATTERN.findall(text)})
    properties = ", ".join(map(sql.literal, iris))
    classes = ", ".join(sql.literal(f"<{iri}>") for iri in iris)
    return f"p IN ({properties}) OR p = {sql.literal(expand('rdf:type'))} AND o IN ({classes})"

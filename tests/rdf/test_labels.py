import re

import duckdb
import pytest

from kg import queries
from kg.namespaces import expand
from kg.rdf.labels import (
    FOREIGN_LABEL_PROPERTIES,
    LABEL_PROPERTIES,
    build_label_filter_sql,
    build_label_rank_sql,
)


def test_the_query_for_labels_reads_the_label_properties():
    names = re.search(r"\?property IN \(([^)]*)\)", queries.read_query("labels"))[1]
    assert {expand(name.strip()) for name in names.split(",")} == set(LABEL_PROPERTIES)


def test_labels_of_releases_rank_before_those_of_other_files():
    assert FOREIGN_LABEL_PROPERTIES[: len(LABEL_PROPERTIES)] == LABEL_PROPERTIES


@pytest.mark.parametrize("properties", [LABEL_PROPERTIES, FOREIGN_LABEL_PROPERTIES])
def test_sql_ranks_properties_as_python_does(properties):
    values = ", ".join(f"('{iri}')" for iri in [*properties, expand("skos:altLabel")])
    ranked = build_label_rank_sql("p", properties), build_label_filter_sql("p", properties)
    with duckdb.connect() as db:
        rows = db.execute(f"SELECT {', '.join(ranked)} FROM (VALUES {values}) t(p)").fetchall()
    assert rows == [(n, True) for n in range(len(properties))] + [(None, False)]

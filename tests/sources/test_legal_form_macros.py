"""Legal categories imply kinds and ESS forms of the code lists, as these relate them."""

from pathlib import Path

import duckdb
import pyoxigraph as ox
import pytest

from kg.namespaces import SCHEME, expand
from kg.sources.cell_cleaners import define_cleaners
from kg.sources.legal_form_macros import (
    ESS_FORM_BY_CATEGORY,
    KIND_BY_PATTERN,
    define_legal_form_macros,
)


@pytest.fixture(scope="module")
def db() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    define_cleaners(connection)
    define_legal_form_macros(connection)
    return connection


def read_scheme(root: Path, name: str) -> ox.Store:
    store = ox.Store()
    store.load(path=str(root / "ontology" / "schemes" / f"{name}.ttl"))
    return store


def test_ess_forms_are_those_that_the_scheme_relates(root: Path) -> None:
    related = ox.NamedNode(expand("skos:relatedMatch"))
    categories: dict[str, set[str]] = {}
    for quad in read_scheme(root, "ess-form").quads_for_pattern(None, related, None):
        form = quad.subject.value.removeprefix(f"{SCHEME}ess-form/")
        categories.setdefault(form, set()).add(quad.object.value.removeprefix(f"{SCHEME}cj/"))
    # the co-operative association of Alsace-Moselle is both
    categories["cooperative"].discard("5195")
    assert categories == {form: set(codes) for form, codes in ESS_FORM_BY_CATEGORY.items()}


def test_kinds_are_codes_of_the_scheme(root: Path) -> None:
    notation = ox.NamedNode(expand("skos:notation"))
    quads = read_scheme(root, "organisation-kind").quads_for_pattern(None, notation, None)
    assert {kind for _, kind in KIND_BY_PATTERN} <= {quad.object.value for quad in quads}


@pytest.mark.parametrize(
    ("category", "kind", "form"),
    [
        ("9220.0", "association", "association"),
        ("9300", "foundation", "foundation"),
        ("5558", "cooperative", "scop"),
        ("5710", "company", None),
        ("7344", "local-authority", None),
        ("7383", "higher-education-institution", None),
        ("7389", "public-body", None),
        ("8420", "trade-union", None),
        ("8210", None, "mutual"),
        ("1000", None, None),
        (None, None, None),
    ],
)
def test_a_category_implies_a_kind_and_a_form(
    db: duckdb.DuckDBPyConnection, category: str | None, kind: str | None, form: str | None
) -> None:
    found = db.execute("SELECT legal_form_kind($1), legal_form_ess_form($1)", [category])
    assert found.fetchone() == (kind, form)

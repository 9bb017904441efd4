"""The column where a person can act, for every kind of node that a line makes."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from kg import csvw_tables as canonical
from kg.csvw_tables import Table
from kg.namespaces import ID, expand
from kg.shacl.shapes import load_shapes
from kg.validation.findings import format_column_letter, is_value_in_cell
from kg.validation.result_columns import ConstrainedPaths, ResultColumns, parse_steps


@pytest.fixture(scope="module")
def tables(root: Path) -> Mapping[str, Table]:
    return canonical.load_tables(root / "ontology" / "tables")


@pytest.mark.parametrize(
    ("table", "focus", "path", "columns"),
    [
        ("organisations", "organisation/x", "org:classification", ("kind",)),
        ("organisations", "organisation/x#address", "locn:postCode", ("post_code",)),
        ("organisations", "organisation/x#address", "", ("address",)),
        ("organisations", "organisation/x", "locn:address", ("address",)),
        ("organisations", "organisation/x", "", ("id",)),
        ("identifiers", "organisation/x#identifier-siren-1", "^adms:identifier", ("subject",)),
        ("identifiers", "organisation/x#identifier-siren-1", "skos:notation", ("value",)),
        ("participations", "event/x#participation-s-1", "^m8g:hasParticipation", ("event",)),
        ("memberships", "person/x#membership-s-1-interval", "time:hasBeginning", ("start",)),
        ("memberships", "person/x#membership-s-1-interval", "time:hasEnd", ("end",)),
        ("memberships", "person/x#membership-s-1-interval-end", "time:inXSDDate", ("end",)),
        ("memberships", "person/x#membership-s-1-interval-begin", "time:inXSDgYear", ("start",)),
        ("memberships", "person/x#membership-s-1-interval-end", "ess:edtf", ("end",)),
        ("memberships", "person/x#membership-s-1", "org:memberDuring", ("start",)),
        ("events", "event/x", "schema:startDate|schema:endDate", ("start", "end")),
    ],
)
def test_a_result_leads_to_a_cell(
    tables: Mapping[str, Table], table: str, focus: str, path: str, columns: tuple[str, ...]
) -> None:
    steps = [f"{'^' * p.startswith('^')}<{expand(p.lstrip('^'))}>" for p in path.split("|") if p]
    found = ResultColumns(tables[table]).find_columns(ID + focus, parse_steps("|".join(steps)))
    assert found == columns


def test_the_language_of_a_value_tells_the_column(tables: Mapping[str, Table]) -> None:
    steps = parse_steps(expand("skos:prefLabel"))
    columns = ResultColumns(tables["organisations"])
    assert columns.find_columns(ID + "organisation/x", steps, "en") == ("label_en",)
    assert columns.find_columns(ID + "organisation/x", steps, "fr") == ("label_fr",)


def test_a_shape_without_a_path_leads_to_its_constraints_not_to_its_condition(root: Path) -> None:
    asked = ConstrainedPaths(load_shapes([root / "shapes"]))
    shape = "https://w3id.org/ess-kg/shapes#Identifier-siren"
    assert [step.iri for step in asked.get_steps(shape, None)] == [expand("skos:notation")]


def test_a_shape_with_sh_not_alone_leads_to_the_negated_properties(root: Path) -> None:
    asked = ConstrainedPaths(
        load_shapes([root / "shapes" / "locations.ttl", root / "shapes" / "common.ttl"])
    )
    steps = asked.get_steps("https://w3id.org/ess-kg/shapes#Coordinates-zero", None)
    assert steps[0].iri == expand("schema:latitude")


@pytest.mark.parametrize(("position", "shown"), [(0, "A"), (25, "Z"), (26, "AA"), (None, "")])
def test_columns_are_lettered_as_a_spreadsheet_does(position: int | None, shown: str) -> None:
    assert format_column_letter(position) == shown


def test_a_cell_holds_its_value_whatever_was_added_to_it() -> None:
    assert is_value_in_cell("a|b", "b")
    assert is_value_in_cell("2026-03-05T09:00+01:00", "2026-03-05T09:00:00+01:00")
    assert not is_value_in_cell("a|bc", "b")

"""A commune is found by its post code and its name where exactly one has both."""

from contextlib import closing

import pytest

from kg.mapping.named_communes import fold_name, resolve_named_communes
from kg.mapping.work_database import open_work_database
from kg.namespaces import ID, expand

COMMUNES = (
    ("59350", "Lille", "59000"),
    ("75056", "Paris", "75010"),
    ("42218", "Saint-Étienne", "42000"),
    ("01001", "Homonyme", "01000"),
    ("01002", "Homonyme", "01000"),
)


@pytest.mark.parametrize(
    ("reference", "meant"),
    [
        ("in-59000-lille-cedex", "59350"),
        ("in-75010-paris-10e", "75056"),
        ("in-42000-st-etienne", "42218"),
        ("in-59000-roubaix", "in-59000-roubaix"),
        ("in-01000-homonyme", "in-01000-homonyme"),
    ],
)
def test_a_commune_is_found_or_nothing_is_guessed(reference: str, meant: str) -> None:
    with closing(open_work_database()) as db:
        for code, name, post_code in COMMUNES:
            iri = f"{ID}territory/commune-{code}"
            for predicate, text in (
                ("skos:prefLabel", f'"{name}"@fr'),
                ("ess:postCode", post_code),
            ):
                stated = text if "@" in text else f'"{text}"'
                row = ["s", 1, iri, expand(predicate), stated]
                db.execute("INSERT INTO quads VALUES (?, ?, ?, ?, ?)", row)
        row = ["s", 2, "http://x", "http://p", f"<{ID}territory/commune-{reference}>"]
        db.execute("INSERT INTO quads VALUES (?, ?, ?, ?, ?)", row)
        left = resolve_named_communes(db)
        (found,) = db.execute("SELECT o FROM quads WHERE record = 2").fetchone() or ("",)
    assert found == f"<{ID}territory/commune-{meant}>"
    assert left == (reference == meant)


def test_names_are_compared_without_what_addresses_add() -> None:
    assert fold_name("L'Abergement-Clémenciat") == "abergement-clemenciat"
    assert fold_name("Ste Foy") == fold_name("SAINTE-FOY")

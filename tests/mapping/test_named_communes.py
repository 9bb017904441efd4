"""A commune is found by its post code and its name where exactly one has both."""

from contextlib import closing
from pathlib import Path

import pytest

from kg.csvw_tables import load_tables
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
    ("reference", "meant", "problem"),
    [
        ("59000-lille-cedex", "59350", ""),
        ("75010-paris-10e", "75056", ""),
        ("42000-st-etienne", "42218", ""),
        ("59000-roubaix", "", "commune-unknown"),
        ("01000-homonyme", "", "commune-ambiguous"),
    ],
)
def test_a_commune_is_found_or_its_cell_is_left_out(
    root: Path, reference: str, meant: str, problem: str
) -> None:
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
        subject = f"{ID}organisation/x"
        db.execute(
            "INSERT INTO records VALUES (2, 's', 'organisations', 'f', 2, ?, 'x')", [subject]
        )
        node = f"<{ID}territory/commune-in-{reference}>"
        row = ["s", 2, subject, expand("ess:headquarteredIn"), node]
        db.execute("INSERT INTO quads VALUES (?, ?, ?, ?, ?)", row)
        resolve_named_communes(db, load_tables(root / "ontology" / "tables"))
        found = db.execute("SELECT o FROM quads WHERE record = 2").fetchall()
        omitted = db.execute("FROM omitted").fetchall()
    assert found == ([(f"<{ID}territory/commune-{meant}>",)] if meant else [])
    written = reference.replace("-", " ", 1)
    assert omitted == ([(2, "territory", written, problem)] if problem else [])


@pytest.mark.parametrize(
    ("reference", "meant", "problem"),
    [
        ("74940-annecy-le-vieux", "commune-deleguee-74011", ""),
        ("50100-cherbourg", "commune-50129", ""),
        ("50120-equeurdreville", "", "commune-ambiguous"),
        ("59000-annecy-le-vieux", "", "commune-unknown"),
    ],
)
def test_a_commune_is_found_by_a_name_that_it_had(
    root: Path, reference: str, meant: str, problem: str
) -> None:
    within, name, code = map(expand, ("ess:within", "skos:prefLabel", "ess:postCode"))
    territory = f"{ID}territory/"
    stated = [
        (f"{territory}commune-74010", code, '"74940"'),
        (f"{territory}commune-74010", name, '"Annecy"@fr'),
        (f"{territory}commune-deleguee-74011", within, f"<{territory}commune-74010>"),
        (f"{territory}commune-deleguee-74011#former-a", name, '"Annecy-le-Vieux"@fr'),
        (f"{territory}commune-50129", code, '"50100"'),
        (f"{territory}commune-50129", code, '"50120"'),
        (f"{territory}commune-50129#former-b", name, '"Cherbourg"@fr'),
        (f"{territory}commune-50129#former-c", name, '"Équeurdreville"@fr'),
        (f"{territory}commune-deleguee-50173", within, f"<{territory}commune-50129>"),
        (f"{territory}commune-deleguee-50173#former-d", name, '"Équeurdreville"@fr'),
    ]
    with closing(open_work_database()) as db:
        for s, p, o in stated:
            db.execute("INSERT INTO quads VALUES ('s', 1, ?, ?, ?)", [s, p, o])
        subject = f"{ID}organisation/x"
        db.execute(
            "INSERT INTO records VALUES (2, 's', 'organisations', 'f', 2, ?, 'x')", [subject]
        )
        node = f"<{ID}territory/commune-in-{reference}>"
        row = [subject, expand("ess:headquarteredIn"), node]
        db.execute("INSERT INTO quads VALUES ('s', 2, ?, ?, ?)", row)
        resolve_named_communes(db, load_tables(root / "ontology" / "tables"))
        found = db.execute("SELECT o FROM quads WHERE record = 2").fetchall()
        omitted = db.execute("SELECT problem FROM omitted").fetchall()
    assert found == ([(f"<{territory}{meant}>",)] if meant else [])
    assert omitted == ([(problem,)] if problem else [])


def test_names_are_compared_without_what_addresses_add() -> None:
    assert fold_name("L'Abergement-Clémenciat") == "abergement-clemenciat"
    assert fold_name("Ste Foy") == fold_name("SAINTE-FOY")

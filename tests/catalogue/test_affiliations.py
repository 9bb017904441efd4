"""Organisations in affiliation strings, as authors write them."""

import sqlite3
from collections.abc import Iterator

import pytest

from kg.catalogue import schema
from kg.catalogue.affiliation_index import NamedOrganisation, write_names
from kg.catalogue.affiliations import recognise_organisations
from kg.catalogue.canonical_names import canonicalize, parse_name

LILLE, CNRS, CLERSE, PASTEUR, CHU, PHYSICS_LYON, PHYSICS_CAEN, OLD, NEW, INP = range(1, 11)
ORGANISATIONS = (
    NamedOrganisation(LILLE, ["Université de Lille", "University of Lille"], [], ["Lille"]),
    NamedOrganisation(CNRS, ["Centre national de la recherche scientifique"], ["CNRS"], ["Paris"]),
    NamedOrganisation(
        CLERSE,
        ["Centre lillois d'études et de recherches sociologiques et économiques", "UMR 8019"],
        ["CLERSE"],
        ["Villeneuve-d'Ascq"],
        [LILLE, CNRS],
    ),
    NamedOrganisation(PASTEUR, ["Institut Pasteur"], [], ["Paris"]),
    NamedOrganisation(CHU, ["Centre hospitalier universitaire de Lille"], [], ["Lille"]),
    NamedOrganisation(PHYSICS_LYON, ["Laboratoire de physique"], [], ["Lyon"]),
    NamedOrganisation(PHYSICS_CAEN, ["Laboratoire de physique"], [], ["Caen"]),
    NamedOrganisation(OLD, ["Université de l'Ouest"], [], ["Angers"], active=False),
    NamedOrganisation(NEW, ["Université de l'Ouest"], [], ["Angers"]),
    NamedOrganisation(INP, ["Institut national polytechnique de Toulouse"], ["INPT"], ["Toulouse"]),
    *(NamedOrganisation(20 + n, [f"Unité numéro {n} du CNRS"], [], [], [CNRS]) for n in range(5)),
)


@pytest.fixture(scope="module")
def names() -> Iterator[sqlite3.Connection]:
    file = sqlite3.connect(":memory:")
    file.executescript(schema.TABLES_SQL)
    write_names(file, ORGANISATIONS)
    yield file
    file.close()


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        (
            "Univ. Lille, CNRS, UMR 8019 - CLERSE, F-59000 Lille, France",
            {LILLE, CNRS, CLERSE},
        ),
        ("CLERSE (UMR CNRS 8019), Université de Lille, Villeneuve d'Ascq", {CLERSE, LILLE}),
        ("Department of Economics, University of Lille, France", {LILLE}),
        ("UNIVERSITE DE LILLE, LILLE, FRANCE", {LILLE}),
        ("Service de cardiologie, CHU Lille, 59000 Lille", {CHU}),
        ("Lille University Hospital, France", {CHU}),
        ("Laboratoire de Physique, 69007 Lyon, France", {PHYSICS_LYON}),
        ("Univ. de l'Ouest, Angers", {NEW}),
        ("Institut National Polytechnique (Toulouse)", {INP}),
        ("Institt Pasteur, Paris", {PASTEUR}),
        ("Institut Pasteur, 75015 Paris, France", {PASTEUR}),
        # France overseas is not abroad
        ("Institut Pasteur, Nouméa, Nouvelle-Calédonie", {PASTEUR}),
        # nothing of these is meant
        ("Institut Pasteur de Dakar, Dakar, Sénégal", set()),
        ("Laboratoire de physique, Marseille", set()),
        ("Lille, France", set()),
        ("University of Tokyo, Tokyo, Japan", set()),
        ("", set()),
        (", ; ( ) -", set()),
    ],
)
def test_organisations_of_a_string(names: sqlite3.Connection, text: str, meant: set[int]) -> None:
    sure = {found.id for found in recognise_organisations(names, text) if found.sure}
    assert sure == meant


def test_the_part_comes_before_its_whole(names: sqlite3.Connection) -> None:
    found = recognise_organisations(names, "Univ. Lille, CNRS, UMR 8019 - CLERSE, Lille, France")
    assert found[0].id == CLERSE


def test_a_long_string_is_read_in_part(names: sqlite3.Connection) -> None:
    assert len(recognise_organisations(names, "Université de Lille, " * 10_000)) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Univ. Paris I Panthéon-Sorbonne", "Université Paris 1 Panthéon Sorbonne"),
        ("Laboratory of Physics", "Laboratoire de physique"),
        ("UMR_8019", "UMR CNRS n°8019"),
        ("Centre Hospitalier Régional Universitaire de Tours", "CHU Tours"),
        ("L'Étoile", "ETOILE"),
    ],
)
def test_spellings_of_one_name(one: str, other: str) -> None:
    assert sorted(canonicalize(one)) == sorted(canonicalize(other))


def test_legal_forms_are_told_apart() -> None:
    parsed = parse_name("SOCIETE COOPERATIVE D'INTERET COLLECTIF Les Jardins")
    assert (parsed.words, parsed.forms) == (("jardins",), ("scic",))
    assert parse_name("Association").words == ("association",)

"""Organisations in affiliation strings, as authors write them."""

import sqlite3
from collections.abc import Iterator
from dataclasses import replace

import pytest

from kg.catalogue import schema
from kg.catalogue.affiliation_index import update_names, write_names
from kg.catalogue.affiliation_spellings import NamedOrganisation, iterate_spellings
from kg.catalogue.affiliations import is_affiliation, recognise_organisations
from kg.catalogue.canonical_names import build_key, canonicalize, parse_name

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
        (
            "CLERSE (UMR CNRS 8019), Université de Lille, Villeneuve d'Ascq",
            {CLERSE, CNRS, LILLE},
        ),
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


INSERM, IRSET, BICHAT, REIMS, DEBRE, PURPAN, TOULOUSE_1, PARIS, LJAD, NICE = range(40, 50)
INRA, INRAE, LISAH, LYON_1, PSL, DAUPHINE, SANOFI, ENSAE, AVIGNON, NICE_LAB, MONNET, MONNET_OLD = (
    range(50, 62)
)
MANY = (
    NamedOrganisation(INSERM, ["Inserm"], ["INSERM"], ["Paris"]),
    *(NamedOrganisation(70 + n, [f"Unité {n} de l'Inserm"], [], [], [INSERM]) for n in range(5)),
    NamedOrganisation(
        IRSET, ["Institut de recherche en santé", "UMRS 1085/UR 4321"], [], ["Rennes"], [INSERM]
    ),
    NamedOrganisation(DEBRE, ["Hôpital Robert-Debré"], [], ["Paris"]),
    NamedOrganisation(REIMS, ["Centre hospitalier universitaire de Reims"], [], ["Reims"]),
    NamedOrganisation(PURPAN, ["Hôpital Purpan"], [], ["Toulouse"]),
    NamedOrganisation(BICHAT, ["Hôpital Bichat-Claude-Bernard"], [], ["Paris"]),
    NamedOrganisation(TOULOUSE_1, ["Université Toulouse 1 Capitole"], [], ["Toulouse"]),
    NamedOrganisation(PARIS, ["Université de Paris"], [], ["Paris"]),
    NamedOrganisation(NICE, ["Université Côte d'Azur"], [], ["Nice"]),
    NamedOrganisation(LJAD, ["Laboratoire Jean-Alexandre Dieudonné"], [], ["Nice"], [NICE]),
    NamedOrganisation(INRA, ["Institut national de la recherche agronomique"], ["INRA"], ["Paris"]),
    NamedOrganisation(
        INRAE, ["Institut national pour l'agriculture"], ["INRAE"], ["Paris"], predecessors=[INRA]
    ),
    NamedOrganisation(LISAH, ["Laboratoire des sols"], ["LISAH"], ["Montpellier"], [INRAE]),
    NamedOrganisation(PSL, ["PSL Research University", "Université PSL"], ["PSL"], ["Paris"]),
    NamedOrganisation(
        DAUPHINE, ["Université Paris Dauphine-PSL", "Paris Dauphine University"], [], ["Paris"]
    ),
    NamedOrganisation(SANOFI, ["Sanofi (France)"], [], ["Paris"]),
    NamedOrganisation(ENSAE, ["École de la statistique"], ["ENSAE"], ["Palaiseau"]),
    NamedOrganisation(AVIGNON, ["Université d'Avignon et des Pays de Vaucluse"], [], ["Avignon"]),
    NamedOrganisation(NICE_LAB, ["NICE Lab"], [], ["Nice"]),
    NamedOrganisation(MONNET_OLD, ["Université Jean Monnet"], ["UJM"], ["Saint-Étienne"]),
    NamedOrganisation(
        MONNET, ["Université Jean Monnet"], ["UJM"], ["Saint-Étienne"], predecessors=[MONNET_OLD]
    ),
    NamedOrganisation(LYON_1, ["Université Lyon 1"], [], ["Villeurbanne"]),
)


@pytest.fixture(scope="module")
def many() -> Iterator[sqlite3.Connection]:
    file = sqlite3.connect(":memory:")
    file.executescript(schema.TABLES_SQL)
    write_names(file, MANY)
    yield file
    file.close()


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        # numbers of units: the body beside one is named, and kinds that share numbers are one
        ("Inserm U1318, Boston", {INSERM}),
        ("UMR Inserm 930, Tours", {INSERM}),
        ("U1085, Inserm, Rennes", {INSERM, IRSET}),
        ("Inserm, UMR_S 1085, 35000 Rennes", {INSERM, IRSET}),
        ("EA 4321, Rennes, France", {IRSET}),
        # a street is called after somebody
        ("12 avenue de l'Hôpital Purpan, Toulouse", set()),
        # hospitals: one kind for another, a part of the name, a namesake elsewhere
        ("CHU Purpan, 31059 Toulouse", {PURPAN}),
        ("Hôpital Bichat, 46 rue Henri Huchard, 75018 Paris", {BICHAT}),
        ("Ctr Hosp Univ Reims, Reims, France", {REIMS}),
        ("CHU de Reims, Hôpital Robert Debré, 51092 Reims, France", {REIMS}),
        ("Hôpital Robert Debré, 75019 Paris, France", {DEBRE}),
        # universities: their numbers, and their cities
        ("Univ Paris 06, Paris, France", set()),
        ("Univ Paris, Paris, France", {PARIS}),
        ("Univ Toulouse 1, Toulouse, France", {TOULOUSE_1}),
        ("Université d'Avignon, 84000 Avignon", {AVIGNON}),
        # initials that no register has, beside what they are part of
        ("LJAD, Université Côte d'Azur, Nice", {LJAD, NICE}),
        ("LJAD, Nice", set()),
        # what has a successor: its parts are those of it, and the successor is meant by its name
        ("LISAH, INRA, Montpellier", {LISAH, INRA}),
        ("Université Jean Monnet, Saint-Étienne", {MONNET}),
        # a name goes over a comma only if it leaves nothing of a segment
        ("Université Paris-Dauphine, PSL Research University, Paris", {DAUPHINE, PSL}),
        # a legal form, a department of research
        ("Sanofi SAS, Lyon", {SANOFI}),
        ("Sanofi R&D, Chilly-Mazarin", {SANOFI}),
        # initials are not corrected, a city in capitals is no initials
        ("ENSEA, Palaiseau", set()),
        ("UNIVERSITE COTE D'AZUR, F-06000 NICE", {NICE}),
        ("Universty of Paris, Paris", {PARIS}),
        # the initials in brackets are those of the name before them
        ("Centre de Recherche Purpan (CRP), Toulouse", set()),
        # each country is that of what stands before it
        ("Université Côte d'Azur; Harvard University, Boston, USA", set()),
        ("Harvard University, Boston, USA; Université Côte d'Azur", {NICE}),
        # an address of mail names nothing, a full stop may have no blank
        ("jean@psl.inserm.fr", set()),
        ("Hôpital Purpan.Toulouse", {PURPAN}),
    ],
)
def test_kinds_of_spellings(many: sqlite3.Connection, text: str, meant: set[int]) -> None:
    sure = {found.id for found in recognise_organisations(many, text) if found.sure}
    assert sure == meant


CEA, LIST, IRD, LOPS, ROUEN, GRENOBLE_CHU, PONTS, NANTERRE, BURGUNDY, IFREMER = range(2000, 2010)
STE_ANNE, HURIEZ, COUNTRYWIDE, LPC, LAB, VETERINARY, CLERMONT = range(2010, 2017)
PLACED = (
    NamedOrganisation(CEA, ["Commissariat à l'énergie atomique"], ["CEA"], ["Paris"]),
    NamedOrganisation(LIST, ["Laboratoire d'intégration"], ["CEA LIST"], ["Palaiseau"], [CEA]),
    *(NamedOrganisation(2100 + n, [f"Service {n} du CEA"], [], [], [CEA]) for n in range(5)),
    NamedOrganisation(IRD, ["Institut pour le développement"], ["IRD"], ["Marseille"]),
    NamedOrganisation(LOPS, ["Laboratoire des océans"], ["LOPS"], ["Plouzané"], [IRD]),
    NamedOrganisation(ROUEN, ["Université de Rouen"], [], ["Rouen"]),
    NamedOrganisation(
        GRENOBLE_CHU, ["Centre hospitalier universitaire de Grenoble"], [], ["Grenoble"]
    ),
    NamedOrganisation(PONTS, ["École des Ponts ParisTech"], [], ["Champs-sur-Marne"]),
    NamedOrganisation(NANTERRE, ["Paris X Nanterre"], [], ["Nanterre"]),
    NamedOrganisation(BURGUNDY, ["Université de Bourgogne"], [], ["Dijon"]),
    NamedOrganisation(IFREMER, ["Ifremer"], ["IFREMER"], ["Brest"]),
    *(NamedOrganisation(2200 + n, [f"Station {n}"], [], [], [IFREMER]) for n in range(50)),
    NamedOrganisation(STE_ANNE, ["Centre hospitalier Sainte-Anne"], [], ["Paris"]),
    NamedOrganisation(HURIEZ, ["Hôpital Claude Huriez"], [], ["Lille"]),
    NamedOrganisation(COUNTRYWIDE, ["Centre de la recherche"], ["CNRS"], ["Paris"]),
    *(NamedOrganisation(2300 + n, [f"Unité {n}"], [], [], [COUNTRYWIDE]) for n in range(300)),
    NamedOrganisation(LPC, ["Laboratoire de plasticité"], ["LPC"], ["Paris"], [COUNTRYWIDE]),
    NamedOrganisation(LAB, ["Laboratoire d'astronomie"], ["LAB"], ["Pessac"], [COUNTRYWIDE]),
    NamedOrganisation(VETERINARY, ["École nationale vétérinaire d'Alfort"], [], ["Maisons-Alfort"]),
    NamedOrganisation(CLERMONT, ["Institut Blaise"], ["BLAISE"], ["Aubière"], [COUNTRYWIDE]),
)


@pytest.fixture(scope="module")
def placed() -> Iterator[sqlite3.Connection]:
    file = sqlite3.connect(":memory:")
    file.executescript(schema.TABLES_SQL)
    write_names(file, PLACED)
    yield file
    file.close()


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        # the whole that a name over a comma has in it
        ("CEA, LIST, Gif-sur-Yvette", {CEA, LIST}),
        # abroad, beside a part of it; of itself it may be another's
        ("IRD, UMR LOPS, Dakar, Sénégal", {IRD, LOPS}),
        ("IRD, Dakar, Sénégal", set()),
        ("UNIROUEN, Rouen, France", {ROUEN}),
        ("CHU Grenoble Alpes, 38000 Grenoble", {GRENOBLE_CHU}),
        ("École des Ponts, Champs-sur-Marne", {PONTS}),
        ("Université Paris X, Nanterre", {NANTERRE}),
        ("University of Burgundy, Dijon", {BURGUNDY}),
        ("Ecole Vétérinaire d'Alfort, Maisons-Alfort", {VETERINARY}),
        # a town or a department after the initials of a national body
        ("Ifremer Nantes", {IFREMER}),
        # a hospital may have a namesake in another city
        ("Hôpital Sainte-Anne, Toulon, France", set()),
        ("Hôpital Sainte-Anne, 75014 Paris, France", {STE_ANNE}),
        ("Hospital Huriez, Lille, France", {HURIEZ}),
        # few letters beside a body that is everywhere tell nothing, more do
        ("LPC, CNRS, Clermont-Ferrand", {COUNTRYWIDE}),
        ("LPC, CNRS, Paris", {COUNTRYWIDE, LPC}),
        ("BLAISE, CNRS, Clermont-Ferrand", {COUNTRYWIDE, CLERMONT}),
        # a word is no initials
        ("CNRS, Laboratoire Dumont, Pessac", {COUNTRYWIDE}),
    ],
)
def test_places_and_wholes(placed: sqlite3.Connection, text: str, meant: set[int]) -> None:
    sure = {found.id for found in recognise_organisations(placed, text) if found.sure}
    assert sure == meant


ENS_PARIS, ENS_LYON, CHU_TOURS, CHU_CLERMONT, TOURS, FOREST, FOREST_TOURS, PHYSICS = range(
    3000, 3008
)
SOILS, MINISTRY, LYON, COPIED, APHP, APHM, VERNE, LIVER, NEW_UNIVERSITY = range(3008, 3017)
BODY, UNIT_OF_ANOTHER, CENTRE_TOURS = range(3017, 3020)
AS_COPIED = (
    NamedOrganisation(ENS_PARIS, ["École normale supérieure"], ["ENS"], ["Paris"]),
    NamedOrganisation(ENS_LYON, ["École normale supérieure de Lyon"], [], ["Lyon"]),
    NamedOrganisation(CHU_TOURS, ["Centre hospitalier universitaire de Tours"], [], ["Tours"]),
    NamedOrganisation(CHU_CLERMONT, ["CHU de Clermont-Ferrand"], [], ["Clermont-Ferrand"]),
    NamedOrganisation(TOURS, ["Université de Tours"], [], ["Tours"]),
    NamedOrganisation(FOREST, ["Office de la forêt"], ["FORETS"], ["Paris"]),
    *(NamedOrganisation(3100 + n, [f"Pépinière {n}"], [], [], [FOREST]) for n in range(6)),
    NamedOrganisation(FOREST_TOURS, ["FORETS Tours"], [], ["Tours"], [FOREST]),
    NamedOrganisation(PHYSICS, ["Institut de physique"], [], ["Paris"]),
    *(
        NamedOrganisation(3200 + n, [f"Institut {n} physique"], [], [], [PHYSICS])
        for n in range(13)
    ),
    NamedOrganisation(SOILS, ["Sols et racines"], ["SO-RA"], ["Tours"], [FOREST]),
    NamedOrganisation(LYON, ["Université Lyon 1"], [], ["Villeurbanne"]),
    NamedOrganisation(COPIED, ["Institut de biologie moléculaire et marine"], [], ["Roscoff"]),
    NamedOrganisation(APHP, ["Assistance Publique – Hôpitaux de Paris"], [], ["Paris"]),
    NamedOrganisation(APHM, ["Assistance Publique Hôpitaux de Marseille"], [], ["Marseille"]),
    NamedOrganisation(VERNE, ["Université de Touraine Léon Blanc"], [], ["Tours"]),
    NamedOrganisation(LIVER, ["Institut du foie"], [], ["Villejuif"]),
    *(NamedOrganisation(3400 + n, [f"Foie {n}"], [], [], []) for n in range(13)),
    NamedOrganisation(NEW_UNIVERSITY, ["Université Rivage Nouvelle"], [], ["Paris"]),
    NamedOrganisation(MINISTRY, ["Ministry of Forests and Rivers"], [], ["Paris"]),
    NamedOrganisation(BODY, ["Inserm"], ["INSERM"], ["Paris"]),
    *(NamedOrganisation(3500 + n, [f"Unité {n} de l'Inserm"], [], [], [BODY]) for n in range(50)),
    NamedOrganisation(UNIT_OF_ANOTHER, ["Pins et sapins", "UMR 0777"], [], ["Orléans"], [FOREST]),
    NamedOrganisation(
        CENTRE_TOURS, ["Centre de recherche FORETS Loire - Bassin Ouest"], [], ["Tours"], [FOREST]
    ),
)


@pytest.fixture(scope="module")
def as_copied() -> Iterator[sqlite3.Connection]:
    file = sqlite3.connect(":memory:")
    file.executescript(schema.TABLES_SQL)
    write_names(file, AS_COPIED)
    yield file
    file.close()


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        # a school or a hospital called what all of its kind are, its city elsewhere in the string
        ("Équipe de topologie, École normale supérieure, 69007 Lyon, France", {ENS_LYON}),
        ("Équipe de topologie, ENS, 12 rue du Parc 69007 Lyon, France", {ENS_LYON}),
        ("Équipe de topologie, École normale supérieure, Paris, France", {ENS_PARIS}),
        ("Équipe de topologie, École normale supérieure, France", {ENS_PARIS}),
        ("Urology Unit, University Hospital, Tours, France", {CHU_TOURS}),
        ("Urology, University Hospital, Clermont-Ferrand, France", {CHU_CLERMONT}),
        ("Urology, Tours Teaching Hospital, France", {CHU_TOURS}),
        ("Urology, University Hospital, Basel, Switzerland; Tours, France", set()),
        ("Urology, University Hospital, Basel, Switzerland", set()),
        ("Urology, University Hospital, 37044 Tours Cedex 9", {CHU_TOURS}),
        ("Urology, University Hospital, Tours Street, Boston", set()),
        # initials inside of a name
        ("École normale supérieure (ENS) de Lyon, France", {ENS_LYON}),
        ("University Hospital (CHU) of Tours", {CHU_TOURS}),
        # no commas, the city first
        ("Department of Urology Tours University Hospital Tours France", {CHU_TOURS}),
        # blanks lost
        ("Universitéde Tours, Tours", {TOURS}),
        ("UniversitéTours, Tours", {TOURS}),
        ("Urology, CHU de ToursFrance", {CHU_TOURS}),
        ("École normale supérieure de LyonGEO, France", {ENS_LYON}),
        ("Institut de biologie moléculaire etMarine, Roscoff", {COPIED}),
        ("Univ. Lyon1, Villeurbanne", {LYON}),
        # the number of a note is not that of a university
        ("1. Université Lyon, Villeurbanne, France", set()),
        ("1Université Lyon, Villeurbanne, France", set()),
        # a sentence ends after a city or a country
        ("Née à Lyon. Université de Tours. Historienne", {TOURS}),
        # something else after "and"
        ("FORETS and Group of Botany, Tours", {FOREST}),
        # overseas, of which a longer name is that of another country
        ("Office de la forêt, Cayenne, French Guiana", {FOREST}),
        # a body that no other is called like has offices abroad
        ("FORETS, Bogota, Colombia", {FOREST}),
        ("Office de la forêt, Bogota, Colombia", set()),
        # over a hyphen the city is a part of the name
        ("FORETS - Tours", {FOREST_TOURS}),
        # initials of two words
        ("FORETS, UMR SO-RA, Nairobi, Kenya", {FOREST, SOILS}),
        # a hyphen that is in a name
        ("Assistance Publique – Hôpitaux de Marseille, France", {APHM}),
        ("Assistance Publique - Hôpitaux de Paris, France", {APHP}),
        # a university by whom it honours, in its city
        ("Université Léon Blanc, 37000 Tours", {VERNE}),
        ("Université Léon Blanc, Dakar", set()),
        ("New Rivage University, Paris", {NEW_UNIVERSITY}),
        # a centre without what says that it is one
        ("Équipe Lichens, FORETS Loire-Bassin Ouest, France", {CENTRE_TOURS}),
        # all that the string says is a name
        ("Institut du foie", {LIVER}),
        ("Institut du foie, équipe 2", set()),
        # "E" before a number is a team of Inserm
        ("INSERM E 9955, Nancy, France", {BODY}),
        # the number of a unit of Inserm is not that of a unit of another body
        ("Inserm U777, Lille, France", {BODY}),
        ("UMR 777, Orléans", {UNIT_OF_ANOTHER}),
        # after a preposition initials may be written like a word
        ("Chercheuse à l'Inserm, Paris", {BODY}),
        # what any country has
        ("Ministry of Forests and Rivers", set()),
        ("Ministry of Forests and Rivers, France", {MINISTRY}),
        ("Institute of Physics, Academy of Sciences", set()),
        ("Institute of Physics, France", {PHYSICS}),
    ],
)
def test_strings_as_they_are_copied(
    as_copied: sqlite3.Connection, text: str, meant: set[int]
) -> None:
    sure = {found.id for found in recognise_organisations(as_copied, text) if found.sure}
    assert sure == meant


def test_replaced_organisations_are_as_if_written_anew() -> None:
    """One with other names, one that is gone, and two that others name by another number now."""
    changed = NamedOrganisation(
        AVIGNON,
        ["Université de Nîmes et du Gard", "UR 7"],
        ["UNG"],
        ["Nîmes"],
        [SANOFI],
        True,
        [MONNET],
    )
    new = {NICE: SANOFI, INRA: 99}
    settled = [
        changed
        if one.id == AVIGNON
        else replace(
            one,
            id=new.get(one.id, one.id),
            wholes=[new.get(whole, whole) for whole in one.wholes],
            predecessors=[new.get(earlier, earlier) for earlier in one.predecessors],
        )
        for one in MANY
        if one.id != SANOFI
    ]
    before = [one for one in MANY if one.id in (AVIGNON, NICE, INRA, SANOFI)]
    after = [one for one in settled if one.id in (AVIGNON, SANOFI, 99)]
    updated, anew = (sqlite3.connect(":memory:") for _ in range(2))
    for file in (updated, anew):
        file.executescript(schema.TABLES_SQL)
    write_names(updated, MANY)
    update_names(updated, before, after, {**new, SANOFI: None})
    write_names(anew, settled)
    for table in ("name", "named", "name_word", "succession"):
        query = f"SELECT * FROM {table} ORDER BY 1, 2"
        assert updated.execute(query).fetchall() == anew.execute(query).fetchall(), table
    updated.close()
    anew.close()


def test_the_part_comes_before_its_whole(names: sqlite3.Connection) -> None:
    found = recognise_organisations(names, "Univ. Lille, CNRS, UMR 8019 - CLERSE, Lille, France")
    assert found[0].id == CLERSE


@pytest.mark.parametrize(
    ("text", "more"),
    [
        ("Department of Urology Tours University Hospital Tours France", True),
        ("CNRS UMR 6011 Brest", True),
        ("CHU de Brest 29609 Brest", True),
        ("CHU de Brest BP 12 Brest Cedex", True),
        ("CHU, Brest", True),
        ("Les Amis du CHU de Brest", False),
        ("France", False),
        ("", False),
    ],
)
def test_what_says_more_than_a_name(text: str, more: bool) -> None:
    assert is_affiliation(text) == more


def test_universities_come_first_and_national_bodies_last() -> None:
    body, university, hospital, laboratory = range(1, 5)
    parts = [NamedOrganisation(100 + n, [f"Unité {n}"], [], [], [body]) for n in range(300)]
    file = sqlite3.connect(":memory:")
    file.executescript(schema.TABLES_SQL)
    named = [
        NamedOrganisation(body, ["Centre national du littoral"], ["CNDL"], ["Paris"]),
        NamedOrganisation(
            university, ["Université de Brest"], [], ["Brest"], kind="higher-education-institution"
        ),
        NamedOrganisation(hospital, ["CHU de Brest"], [], ["Brest"], kind="healthcare"),
        NamedOrganisation(
            laboratory, ["Laboratoire des dunes"], ["DUNES"], ["Brest"], [body, university]
        ),
    ]
    write_names(file, [*parts, *named])
    found = recognise_organisations(
        file, "Laboratoire des dunes, CNDL, CHU de Brest, Université de Brest, France"
    )
    file.close()
    assert [one.id for one in found] == [university, hospital, laboratory, body]
    assert all(one.sure for one in found)


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


@pytest.mark.parametrize("name", ["!!!", "&", "..."])
def test_a_name_without_words_has_no_spelling(name: str) -> None:
    organisation = NamedOrganisation(1, [name, "Institut du lac"], [name], [name, "Annecy"])
    keys = {key for key, _ in iterate_spellings(organisation)}
    assert build_key(canonicalize("Institut du lac")) in keys
    assert "" not in keys

"""A match that is certain is right: names as registers write them, held to what they name."""

import csv
import gzip
import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from registers import FORMS, SPELLINGS, capitals, certain, family_first

from kg.catalogue.catalogue import Catalogue
from kg.catalogue.namesakes import is_far_larger
from kg.catalogue.reconcile import ReconciliationQuery, ReconciliationValue
from kg.installation import InstallationPaths
from kg.release_layout import find_current_release
from tests.catalogue.graphs import write

ROOT = Path(__file__).resolve().parents[2]
NAMES = 250
LEAST = 0.99
"""Of the matches that are certain, those that must be right."""


@pytest.fixture(scope="module")
def real(national: InstallationPaths) -> Catalogue:
    return Catalogue(find_current_release(national.data / "releases").catalogue)


def sample(catalogue: Catalogue, kind: str, prefix: str = "") -> list[tuple[str, str]]:
    """(id, name) of some records."""
    known = catalogue.read_keys(kind, 0, catalogue.count_by_kind()[kind])
    keys = [key for key, _ in known if key.startswith(prefix)]
    chosen = random.Random(1).sample(keys, min(NAMES, len(keys)))
    items = filter(None, (catalogue.find_entity(kind, key) for key in chosen))
    return [(f"{kind}/{item.key}", item.label.fr) for item in items]


def told(
    catalogue: Catalogue, kind: str, asked: list[tuple[str, str]]
) -> Iterator[tuple[str, str, str]]:
    """(name, id that is meant, id it is matched with for certain)."""
    for id_, name in asked:
        candidates = catalogue.reconcile(ReconciliationQuery(name, (kind,)))
        first = candidates[0] if candidates else None
        yield name, id_, f"{kind}/{first.item.key}" if first and first.match else ""


@pytest.mark.parametrize("way", SPELLINGS)
@pytest.mark.parametrize(
    ("kind", "prefix", "recall"),
    [("territory", "commune-", 0.75), ("organisation", "", 0.9), ("person", "", 0.75)],
)
def test_of_names_as_registers_write_them(
    real: Catalogue, way: str, kind: str, prefix: str, recall: float
) -> None:
    known = [(id_, SPELLINGS[way](name)) for id_, name in sample(real, kind, prefix)]
    found = certain(told(real, kind, known))
    assert found.precision >= LEAST, found.wrong
    assert found.recall >= recall


def test_of_the_communes_called_after_saints(real: Catalogue) -> None:
    saints = [
        (id_, SPELLINGS["ST, STE"](name))
        for id_, name in ((i, n) for i, n in every_commune(real) if n.startswith("Sainte-"))
    ]
    found = certain(told(real, "territory", saints))
    assert found.wrong == ()
    assert found.recall > 0.6  # the others have namesakes


def every_commune(catalogue: Catalogue) -> Iterator[tuple[str, str]]:
    for item in catalogue.iterate_list("territory"):
        if item.key.startswith("commune-") and item.cells["kind"] == ["commune"]:
            yield f"territory/{item.key}", item.label.fr


def test_of_people_whose_family_name_comes_first(real: Catalogue) -> None:
    known = [(id_, family_first(name)) for id_, name in sample(real, "person")]
    found = certain(told(real, "person", known))
    assert found.precision >= LEAST, found.wrong
    assert found.recall > 0.75


Written = Callable[[str], str]


@pytest.mark.parametrize("written", [capitals, *(form.format for form in FORMS)])
def test_of_organisations_half_of_which_are_unknown(
    shared: Path, tmp_path: Path, written: Written
) -> None:
    file = shared / "data" / "ess" / "ess-numerique" / "x_enriched.csv"
    with file.open(encoding="utf-8-sig", newline="") as rows:
        names = {row["siren"]: row["denomination"].strip() for row in csv.DictReader(rows)}
    listed = sorted((siren, name) for siren, name in names.items() if name not in ("", "[ND]"))
    chance = random.Random(2)
    chance.shuffle(listed)
    known, unknown = listed[:NAMES], listed[NAMES : 2 * NAMES]
    catalogue = Catalogue(write(tmp_path / "catalogue.sqlite", organisations(known)))
    asked = [(f"organisation/siren-{siren}", written(capitals(name))) for siren, name in known]
    asked += [("", written(capitals(name))) for _, name in unknown]
    found = certain(told(catalogue, "organisation", asked))
    assert found.precision >= LEAST, found.wrong
    assert found.recall > 0.25  # half of them are there, and one word is never certain


def organisations(named: list[tuple[str, str]]) -> bytes:
    """A graph of organisations, in TriG."""
    lines = (
        f"<https://w3id.org/ess-kg/id/organisation/siren-{siren}> a org:Organization ; "
        f"skos:prefLabel {quoted(name)}@fr ."
        for siren, name in named
    )
    prefixes = (
        "@prefix org: <http://www.w3.org/ns/org#> . "
        "@prefix skos: <http://www.w3.org/2004/02/skos/core#> . "
    )
    text = prefixes + "<https://w3id.org/ess-kg/graph/alpha> {\n" + "\n".join(lines) + "\n}"
    return text.encode()


def quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


@pytest.mark.parametrize(
    ("name", "column", "value", "key"),
    [
        ("Saint-Denis", "département", "Seine-Saint-Denis", "commune-93066"),
        ("SAINT DENIS", "departement", "93", "commune-93066"),
        ("STE MARIE", "region", "Martinique", "commune-97228"),
        ("STE MARIE", "departement", "REUNION", "commune-97418"),
        ("Ste Colombe", "territoire", "Lot", "commune-46260"),
    ],
)
def test_a_column_that_says_where_is_enough(
    real: Catalogue, name: str, column: str, value: str, key: str
) -> None:
    query = ReconciliationQuery(
        name, ("territory",), (), ((column, (ReconciliationValue(value),)),)
    )
    first = real.reconcile(query)[0]
    assert (first.item.key, first.match) == (key, True)
    assert f"property:{column}" in first.features


@pytest.mark.parametrize(
    ("text", "first", "certain"),
    [
        ("Lille", "commune-59350", True),
        ("Paris", "commune-75056", True),
        ("ST ETIENNE", "commune-42218", True),
        ("Ste Menehould", "commune-51507", True),
        ("Ste Maure", "commune-10352", False),  # so was Sainte-Maure-de-Touraine called
        ("Nord (département)", "departement-59", True),
        ("Ste Marie (974)", "commune-97418", True),
        ("Ste Marie (Réunion)", "commune-97418", True),
        ("Commune de Ste Colombe (Lot)", "commune-46260", True),
        ("Ville de Lille", "commune-59350", True),
        ("Région Bretagne", "region-53", True),
        ("COMMUNAUTE DE COMMUNES FAUCIGNY GLIERES", "epci-200000172", True),
        ("LHAY LES ROSES", "commune-94038", True),
        ("FONTENAY S/S BOIS", "commune-94033", True),
        ("CHALON S/ SAONE", "commune-71076", True),
        ("CHALONS EN CHAMPAGNE", "commune-51108", True),  # not its communauté
        ("CA DE CHALONS EN CHAMPAGNE", "epci-200066876", True),
        ("Cherbourg", "commune-50129", False),  # the seat of the arrondissement of that name
        ("Arrondissement de Cherbourg", "arrondissement-502", True),
        ("Cherbourg (arrondissement)", "arrondissement-502", True),
        ("Paris 11e arrondissement", "arrondissement-municipal-75111", True),
        ("Guadeloupe", "departement-971", False),  # and a région
        ("La Croix", "commune-59163", False),  # Croix is another name
        ("Lile", "commune-59350", False),
    ],
)
def test_what_is_meant_comes_first_and_is_certain_where_it_is(
    real: Catalogue, text: str, first: str, certain: bool
) -> None:
    found = real.reconcile(ReconciliationQuery(text, ("territory",)))
    assert (found[0].item.key, found[0].match) == (first, certain)


@pytest.mark.parametrize(
    ("text", "column", "key", "became", "until"),
    [
        ("EVRY", "", "commune-89162", "commune-91228", "2019-01-01"),
        ("Évry", "", "commune-89162", "commune-91228", "2019-01-01"),
        ("Commune d'Évry", "", "commune-89162", "commune-91228", "2019-01-01"),
        ("EVRY", "Essonne", "commune-91228", "commune-91228", "2019-01-01"),
        ("Évry (Essonne)", "", "commune-91228", "commune-91228", "2019-01-01"),
        ("ORSONNETTE", "", "commune-63255", "commune-63255", "2016-01-01"),
    ],
)
def test_what_had_a_name_is_offered_and_makes_it_uncertain(
    real: Catalogue, text: str, column: str, key: str, became: str, until: str
) -> None:
    properties = (("département", (ReconciliationValue(column),)),) if column else ()
    for kinds in ((), ("commune",)):
        found = real.reconcile(ReconciliationQuery(text, ("territory",), kinds, properties, 10))
        assert (found[0].item.key, found[0].match) == (key, False)
        (successor,) = [one for one in found if one.item.key == became]
        assert successor.features["former_name"] is True
        assert successor.formerly is not None
        assert successor.formerly.until == until


def test_a_name_of_today_is_certain_where_a_column_says_which(real: Catalogue) -> None:
    yonne = (("département", (ReconciliationValue("Yonne"),)),)
    first = real.reconcile(ReconciliationQuery("EVRY", ("territory",), ("commune",), yonne))[0]
    assert (first.item.key, first.match, first.formerly) == ("commune-89162", True, None)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("Avignon", "commune-84007"),  # a village was called so until 1972
        ("Annecy", "commune-74010"),  # and so is the commune that it was before it grew
        ("Béthune", "commune-62119"),  # which was shared out, and is called so still
    ],
)
def test_names_of_the_past_take_no_city_away(real: Catalogue, text: str, key: str) -> None:
    for kinds in ((), ("commune",)):
        first = real.reconcile(ReconciliationQuery(text, ("territory",), kinds))[0]
        assert (first.item.key, first.match) == (key, True)


def test_of_names_that_communes_had_none_is_certain_of_another(real: Catalogue) -> None:
    """Of communes that are called otherwise today: what is certain lies where they were."""
    wrong = []
    for name, keys in sorted(former_communes().items())[::20]:
        first = real.reconcile(ReconciliationQuery(capitals(name), ("territory",), ("commune",)))[0]
        found = list(filter(None, (real.find_entity("territory", key) for key in keys)))
        wholes = {ref for one in found for ref in (f"territory/{one.key}", *one.cells["within"])}
        right = f"territory/{first.item.key}" in wholes
        if first.match and not right and not all(is_far_larger(first.item, o) for o in found):
            wrong.append((name, first.item.key))
    assert wrong == []


def former_communes() -> dict[str, set[str]]:
    """Name to the keys of what became of the communes that had it."""
    file = ROOT / "data" / "sources" / "territoires" / "raw" / "former_communes.csv.gz"
    found: dict[str, set[str]] = {}
    with gzip.open(file, "rt", encoding="utf-8", newline="") as rows:
        for row in csv.DictReader(rows):
            found.setdefault(row["label"], set()).update(row["became"].split("|"))
    return found


@pytest.mark.parametrize(
    ("text", "key", "offered"),
    [
        ("LaRochelle", "commune-17300", "la rochelle"),
        ("larochelle", "commune-17300", "la rochelle"),
        ("SaintDenis", "commune-93066", "saint denis"),
        ("SAINTETIENNE", "commune-42218", "saint etienne"),
    ],
)
def test_words_that_run_together_are_offered_and_never_certain(
    real: Catalogue, text: str, key: str, offered: str
) -> None:
    found = real.reconcile(ReconciliationQuery(text, ("territory",), ("commune",), (), 25))
    assert key in [one.item.key for one in found]
    assert not any(one.match for one in found)
    searched = real.search(text, ("territory",))
    assert searched.suggestion == offered
    again = real.search(offered, ("territory",)).items
    assert key in [item.key for item in again]


def test_an_arrondissement_is_certain_where_its_kind_is_said(real: Catalogue) -> None:
    essonne, kind = (ReconciliationValue("Essonne"),), (ReconciliationValue("arrondissement"),)
    of_the_departement = ReconciliationQuery(
        "EVRY", ("territory",), (), (("département", essonne),)
    )
    first = real.reconcile(of_the_departement)[0]
    assert not first.match  # the commune that had this name is Évry-Courcouronnes
    for said in (
        ReconciliationQuery("EVRY", ("territory",), ("arrondissement",)),
        ReconciliationQuery("EVRY", ("territory",), (), (("kind", kind), ("département", essonne))),
    ):
        first = real.reconcile(said)[0]
        assert (first.item.key, first.match) == ("arrondissement-912", True)


def test_words_that_begin_a_name_weigh_little_and_make_nothing_certain(real: Catalogue) -> None:
    first = real.reconcile(ReconciliationQuery("Institut Lille 1", ("organisation",)))[0]
    assert (first.item.key, first.match) == ("inocrea-lille-1", False)
    assert first.score > 90
    (of_saints, *others) = real.reconcile(ReconciliationQuery("STE MARIE", ("territory",)))
    assert of_saints.item.label.fr == "Sainte-Marie"
    assert not of_saints.match
    assert "commune-06080" not in [one.item.key for one in others]  # Marie


@pytest.mark.parametrize(
    ("code", "key"),
    [
        ("59350", "commune-59350"),
        ("75111", "arrondissement-municipal-75111"),
        ("93059", "commune-deleguee-93059"),
        ("74010", "commune-74010"),  # a delegated commune has it too
        ("63266", "commune-63255"),
        ("2a004", "commune-2A004"),
    ],
)
def test_the_code_of_a_commune_is_one_territory(real: Catalogue, code: str, key: str) -> None:
    first = real.reconcile(ReconciliationQuery(code, ("territory",)))[0]
    assert (first.item.key, first.score, first.match) == (key, 100.0, True)


def test_kinds_of_territories_are_types(real: Catalogue) -> None:
    def first(text: str, kind: str) -> tuple[str, bool]:
        found = real.reconcile(ReconciliationQuery(text, ("territory",), (kind,)))
        return found[0].item.key, found[0].match

    assert first("Guadeloupe", "region") == ("region-01", True)
    assert first("Lille", "arrondissement") == ("arrondissement-595", True)
    assert first("Métropole Européenne de Lille", "epci") == ("epci-200093201", True)
    assert real.reconcile(ReconciliationQuery("Lille", ("territory",), ("country",))) == []

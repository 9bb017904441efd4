"""The official code lists: complete, closed, labelled, and true to the codes they describe."""

import re
from collections import Counter
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from rdflib import DCTERMS, RDF, SKOS, Graph, Literal, Namespace, URIRef

ROOT = Path(__file__).resolve().parents[2]
SCHEMES = ROOT / "ontology" / "schemes"
INSEE_GEO = ROOT.parent / "shared" / "data" / "vocab" / "insee" / "insee-geo.ttl"
ESS = Namespace("https://w3id.org/ess-kg/ontology#")
SCHEME = "https://w3id.org/ess-kg/scheme/"
OFFICIAL = ("cj", "nafr2")
OWN = ("ess-form", "identifier-scheme", "status-label", "territory-kind")
WRONG = {
    "cog": "2C004",
    "doi": "11.1000/182",
    "finess": "59078019",
    "fundref": "10.13039/501100001665",
    "grid": "grid.4444",
    "hal": "HAL 01234567",
    "idhal": "Camille Exemple",
    "idref": "026927609",
    "isbn": "9780262516038",
    "isni": "0000000121032684",
    "iso-3166-1": "FRA",
    "iso-3166-2": "ES_CT",
    "orcid": "0000-0002-1825-0098",
    "rna": "751000001",
    "rnsr": "199812965",
    "ror": "02en5vm53",
    "siren": "123456789",
    "siret": "12345678200011",
    "uai": "0750654E",
    "wikidata": "Q0",
}


@cache
def scheme(name: str) -> Graph:
    return Graph().parse(SCHEMES / f"{name}.ttl")


def concepts(name: str) -> dict[str, URIRef]:
    """The concepts of a scheme, by code."""
    graph = scheme(name)
    found = [c for c in graph.subjects(RDF.type, SKOS.Concept) if isinstance(c, URIRef)]
    return {str(graph.value(c, SKOS.notation)): c for c in found}


def label(name: str, code: str, language: str) -> str | None:
    texts = scheme(name).objects(concepts(name)[code], SKOS.prefLabel)
    return next((str(t) for t in texts if isinstance(t, Literal) and t.language == language), None)


def levels(name: str) -> list[int]:
    """How many concepts at each level, from the first."""
    counts = Counter(int(str(level)) for level in scheme(name).objects(None, ESS.level))
    return [counts[level] for level in sorted(counts)]


@pytest.mark.parametrize(
    ("name", "expected"), [("cj", [9, 37, 260]), ("nafr2", [21, 88, 272, 615, 732])]
)
def test_the_official_lists_are_complete(name: str, expected: list[int]) -> None:
    assert levels(name) == expected
    assert len(concepts(name)) == sum(expected)


@pytest.mark.parametrize("name", OFFICIAL)
def test_each_code_is_one_level_below_its_broader_code(name: str) -> None:
    graph = scheme(name)
    for concept in concepts(name).values():
        level = int(str(graph.value(concept, ESS.level)))
        broader = list(graph.objects(concept, SKOS.broader))
        assert len(broader) == (level > 1), concept
        for parent in broader:
            assert int(str(graph.value(parent, ESS.level))) == level - 1, concept


@pytest.mark.parametrize("name", [*OFFICIAL, *OWN])
def test_broader_stays_inside_the_scheme(name: str) -> None:
    graph, known = scheme(name), set(concepts(name).values())
    assert set(graph.objects(None, SKOS.broader)) <= known
    tops = set(graph.subjects(SKOS.topConceptOf, URIRef(SCHEME + name)))
    assert tops == {c for c in known if graph.value(c, SKOS.broader) is None}


@pytest.mark.parametrize("name", [*OFFICIAL, *OWN])
def test_the_address_of_a_concept_is_its_code(name: str) -> None:
    assert concepts(name) == {code: URIRef(f"{SCHEME}{name}/{code}") for code in concepts(name)}
    assert set(scheme(name).objects(None, SKOS.inScheme)) == {URIRef(SCHEME + name)}


@pytest.mark.parametrize("name", [*OFFICIAL, *OWN])
def test_a_scheme_says_what_it_is_where_it_comes_from_and_its_licence(name: str) -> None:
    graph, itself = scheme(name), URIRef(SCHEME + name)
    assert (itself, RDF.type, SKOS.ConceptScheme) in graph
    for predicate in (DCTERMS.title, DCTERMS.description):
        assert languages(graph, itself, predicate) == ["en", "fr"]
    assert isinstance(graph.value(itself, DCTERMS.license), URIRef)
    sources = list(graph.objects(itself, DCTERMS.source))
    assert sources
    assert all(isinstance(source, URIRef) for source in sources)


def languages(graph: Graph, subject: URIRef, predicate: URIRef) -> list[str]:
    """The languages in which a text says something, one entry a text."""
    texts = graph.objects(subject, predicate)
    return sorted(str(t.language) for t in texts if isinstance(t, Literal) and is_clean(t))


def is_clean(text: Literal) -> bool:
    """Whether a text says something, without stray white space."""
    return bool(str(text)) and " ".join(str(text).split()) == str(text)


@pytest.mark.parametrize("name", OFFICIAL)
def test_every_official_code_has_one_french_label(name: str) -> None:
    graph = scheme(name)
    for concept in concepts(name).values():
        assert languages(graph, concept, SKOS.prefLabel) in (["fr"], ["en", "fr"]), concept


@pytest.mark.parametrize("name", OWN)
def test_every_code_of_our_own_is_labelled_and_defined_in_both_languages(name: str) -> None:
    graph = scheme(name)
    for concept in concepts(name).values():
        assert languages(graph, concept, SKOS.prefLabel) == ["en", "fr"], concept
        assert languages(graph, concept, SKOS.definition) == ["en", "fr"], concept


@pytest.mark.parametrize("name", [*OFFICIAL, *OWN])
def test_no_text_is_empty_or_without_language(name: str) -> None:
    for predicate in (SKOS.prefLabel, SKOS.altLabel, SKOS.definition, SKOS.scopeNote):
        for text in scheme(name).objects(None, predicate):
            assert isinstance(text, Literal)
            assert is_clean(text), text
            assert text.language in ("fr", "en"), text


def test_legal_categories_have_their_known_labels() -> None:
    assert label("cj", "9220", "fr") == "Association déclarée"
    assert label("cj", "92", "fr") == "Association loi 1901 ou assimilé"
    assert label("cj", "5458", "fr") == "SARL coopérative de production (SCOP)"


def test_labels_of_activities_are_whole() -> None:
    # The CSV of the staged source is cut at the first semicolon: this one was.
    assert label("nafr2", "84", "fr") == (
        "Administration publique et défense ; sécurité sociale obligatoire"
    )
    assert label("nafr2", "94.99Z", "fr") == (
        "Autres organisations fonctionnant par adhésion volontaire"
    )


def test_activities_have_an_english_label_where_nace_says_the_same() -> None:
    graph = scheme("nafr2")
    for code, concept in concepts("nafr2").items():
        same_as_nace = len(code) < 6 or code.endswith("Z")
        assert ("en" in languages(graph, concept, SKOS.prefLabel)) is same_as_nace, code
    assert label("nafr2", "A", "en") == "Agriculture, forestry and fishing"


def test_subclasses_point_to_the_same_code_at_insee() -> None:
    matches = dict(scheme("nafr2").subject_objects(SKOS.exactMatch))
    base = "http://id.insee.fr/codes/nafr2/sousClasse/"
    expected = {c: URIRef(base + code) for code, c in concepts("nafr2").items() if len(code) == 6}
    assert matches == expected


def test_ess_forms_point_to_legal_categories_that_exist() -> None:
    matches = set(scheme("ess-form").objects(None, SKOS.relatedMatch))
    assert matches
    assert matches <= set(concepts("cj").values())


@pytest.mark.parametrize("code", ["scic", "cae", "endowment-fund", "ess-company"])
def test_a_form_that_no_legal_category_means_has_none(code: str) -> None:
    form = concepts("ess-form")[code]
    assert list(scheme("ess-form").objects(form, SKOS.relatedMatch)) == []
    assert languages(scheme("ess-form"), form, SKOS.scopeNote) == ["en", "fr"]


def test_scop_are_the_three_production_cooperatives() -> None:
    codes = scheme("ess-form").objects(concepts("ess-form")["scop"], SKOS.relatedMatch)
    assert {str(c).rsplit("/", 1)[1] for c in codes} == {"5458", "5558", "5658"}


def test_each_status_says_its_law() -> None:
    graph = scheme("status-label")
    for concept in concepts("status-label").values():
        assert list(graph.objects(concept, DCTERMS.source)), concept
        assert languages(graph, concept, DCTERMS.bibliographicCitation) == ["fr"], concept


@pytest.mark.skipif(not INSEE_GEO.is_file(), reason="INSEE's ontology is not beside the repository")
def test_territory_kinds_imply_classes_that_exist() -> None:
    insee = set(Graph().parse(INSEE_GEO).subjects(RDF.type, None))
    ours = set(Graph().parse(ROOT / "ontology" / "ontology.ttl").subjects(RDF.type, None))
    implied = set(scheme("territory-kind").objects(None, ESS.impliesClass))
    assert len(implied) > 9
    assert implied <= insee | ours


def test_every_identifier_scheme_has_a_counter_example() -> None:
    assert set(WRONG) == set(concepts("identifier-scheme"))


@pytest.mark.parametrize("code", sorted(WRONG))
def test_an_identifier_scheme_accepts_its_example_and_refuses_a_wrong_one(code: str) -> None:
    graph, concept = scheme("identifier-scheme"), concepts("identifier-scheme")[code]
    syntax = re.compile(str(graph.value(concept, ESS.syntax)))
    check = CHECKS[str(graph.value(concept, ESS.checksum))]
    example = str(graph.value(concept, SKOS.example))
    assert syntax.search(example)
    assert check(example)
    assert not (syntax.search(WRONG[code]) and check(WRONG[code]))


@pytest.mark.parametrize("code", ["siren", "siret", "orcid", "isni", "idref", "isbn", "uai", "ror"])
def test_where_there_is_a_key_the_wrong_example_is_wrong_by_its_key(code: str) -> None:
    graph, concept = scheme("identifier-scheme"), concepts("identifier-scheme")[code]
    assert re.search(str(graph.value(concept, ESS.syntax)), WRONG[code])


def luhn(value: str) -> bool:
    doubled = (int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(value)))
    return sum(sum(divmod(number, 10)) for number in doubled) % 10 == 0


def mod_11_2(value: str) -> bool:
    total = 0
    for character in value.replace("-", "")[:-1]:
        total = (total + int(character)) * 2
    return "0123456789X"[(12 - total % 11) % 11] == value[-1]


def mod_97_10(value: str) -> bool:
    number = 0
    for character in value[:7]:
        number = number * 32 + "0123456789abcdefghjkmnpqrstvwxyz".index(character)
    return 98 - number * 100 % 97 == int(value[7:])


def mod_11(value: str) -> bool:
    total = sum(int(digit) * weight for digit, weight in zip(value, range(9, 1, -1), strict=False))
    return "0123456789X"[-total % 11] == value[-1]


def mod_23(value: str) -> bool:
    return "ABCDEFGHJKLMNPRSTUVWXYZ"[int(value[:7]) % 23] == value[7]


def isbn(value: str) -> bool:
    digits = [10 if character == "X" else int(character) for character in value]
    if len(digits) == 10:
        return sum(d * w for d, w in zip(digits, range(10, 0, -1), strict=True)) % 11 == 0
    return sum(d * (1 + 2 * (place % 2)) for place, d in enumerate(digits)) % 10 == 0


CHECKS: dict[str, Callable[[str], bool]] = {
    "luhn": luhn,
    "iso7064-mod-11-2": mod_11_2,
    "iso7064-mod-97-10": mod_97_10,
    "mod-11": mod_11,
    "mod-23": mod_23,
    "isbn": isbn,
    "none": lambda value: True,
}

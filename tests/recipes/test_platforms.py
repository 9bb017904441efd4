"""What the recipes of calendars, feeds, portals and platforms make of small files."""

from pathlib import Path

import pyoxigraph as ox
import pytest

from tests.recipes.conftest import RECIPES, CheckRecipe, RecipeGraph, count_rows


def find_point(graph: RecipeGraph, source: str, key: str) -> tuple[float, ...]:
    """Latitude and longitude of a record."""
    about = graph.describe(source, key)
    return tuple(
        float(value) for name in ("latitude", "longitude") for value in about[f"schema:{name}"]
    )


def test_icalendar(recipe_graph: RecipeGraph) -> None:
    source, series = "icalendar", "event/ical-seance-agenda-example"
    assert recipe_graph.list_keys(source, "event") == [
        "ical-fete",
        "ical-flottant",
        "ical-seance-agenda-example",
        "ical-seance-agenda-example-20260326t190000",
        "ical-seance-agenda-example-20260402t190000",
        "ical-seance-agenda-example-20260409t190000",
    ]
    about = recipe_graph.describe(source, series)
    assert about["schema:startDate"] == ["2026-03-26T19:00:00+01:00"]
    assert "schema:endDate" not in about  # that of its first occurrence is not its own
    assert about["dct:description"] == ["Renseignements : […], […]."]
    assert about["schema:location"] == ["place/ical-la-grange-lille"]
    assert find_point(recipe_graph, source, "place/ical-la-grange-lille") == (50.63, 3.06)
    moved = recipe_graph.describe(source, f"{series}-20260402t190000")
    assert moved["skos:prefLabel"] == ["Atelier de réparation (reporté)"]
    assert moved["schema:startDate"] == ["2026-04-03T20:00:00+02:00"]
    assert moved["schema:superEvent"] == [series]
    party = recipe_graph.describe(source, "event/ical-fete")
    assert (party["schema:startDate"], party["schema:endDate"]) == (["2026-07-01"], ["2026-07-03"])
    floating = recipe_graph.describe(source, "event/ical-flottant")
    assert floating["schema:startDate"] == ["2026-09-10"]
    assert floating["ess:dateText"] == ["2026-09-10 09:00"]
    assert not recipe_graph.list_keys(source, "person")


def test_feed(recipe_graph: RecipeGraph) -> None:
    article = recipe_graph.describe("feed", "publication/feed-grange-12")
    assert article["skos:prefLabel"] == ["Un four & des voisins"]
    assert article["dct:issued"] == ["2026-11-05"]
    assert article["ess:publishedIn"] == ["publication/feed-https-grange-example"]
    assert article["dct:description"] == ["Le four est prêt. Écrire à […]"]
    event = recipe_graph.describe("feed", "event/feed-https-grange-example-fournee")
    assert event["schema:startDate"] == ["2026-11-14T10:00:00+01:00"]
    assert not recipe_graph.list_keys("feed", "person")


def test_openagenda(recipe_graph: RecipeGraph) -> None:
    source = "openagenda"
    assert recipe_graph.list_keys(source, "event") == [
        "openagenda-101",
        "openagenda-101-2026-11-14t10-00-00-01-00",
        "openagenda-101-2026-11-21t10-00-00-01-00",
        "openagenda-102",  # what is not published is not taken
        "openagenda-104",  # of pages kept in one file, one of them with numbers for names
        "openagenda-105",
    ]
    about = recipe_graph.describe(source, "event/openagenda-101")
    assert about["skos:prefLabel"] == ["Fournée commune", "Shared baking"]
    assert about["schema:startDate"] == ["2026-11-14T10:00:00+01:00"]
    assert about["schema:endDate"] == ["2026-11-21T12:00:00+01:00"]
    assert about["dct:description"] == ["Venez avec votre pâte. […]"]
    place = recipe_graph.describe(source, "place/openagenda-7")
    assert place["ess:territory"] == ["territory/commune-59350"]
    assert find_point(recipe_graph, source, "place/openagenda-7") == (50.63, 3.06)
    night = recipe_graph.describe(source, "event/openagenda-102")
    assert night["skos:prefLabel"] == ["Lange Nacht"]
    assert night["ess:eventStatus"] == ["event-status/cancelled"]
    assert "schema:endDate" not in night  # before its beginning
    assert "ess:territory" not in recipe_graph.describe(source, "place/openagenda-8")
    abroad = recipe_graph.describe(source, "place/openagenda-8#address")
    assert abroad["locn:adminUnitL1"] == ["DE"]


def test_hal(recipe_graph: RecipeGraph) -> None:
    source = "hal"
    assert recipe_graph.list_keys(source, "publication") == ["hal-01000001", "tel-01000002"]
    article = recipe_graph.describe(source, "publication/hal-01000001")
    assert article["skos:prefLabel"] == ["Des communs productifs", "Productive commons"]
    assert article["ess:publicationKind"] == ["publication-kind/journal-article"]
    assert article["dct:issued"] == ["2024-03"]
    assert recipe_graph.list_identifiers(source, "publication/hal-01000001") == [
        "doi-10.1234/communs.1",
        "hal-hal-01000001",
    ]
    # one person in two spellings of an IdHAL, and a form that is nobody's
    assert recipe_graph.list_keys(source, "person") == ["hal-form-33", "idhal-ada-exemple"]
    assert recipe_graph.list_keys(source, "organisation") == ["hal-struct-700"]
    # what is no DOI is left out
    identifiers = recipe_graph.list_identifiers(source, "publication/tel-01000002")
    assert identifiers == ["hal-tel-01000002"]


def test_hal_in_tei(recipe_graph: RecipeGraph) -> None:
    source = "hal-tei"
    article = recipe_graph.describe(source, "publication/hal-01000003")
    assert article["skos:prefLabel"] == ["Des ateliers & des communs", "Shared workshops"]
    assert article["dct:issued"] == ["2024-05"]
    assert article["dct:description"] == ["Ce que partager veut dire."]
    # the same keys as in the answers of the search API
    assert recipe_graph.list_keys(source, "person") == ["hal-form-55", "idhal-ada-exemple"]
    assert recipe_graph.list_keys(source, "organisation") == ["hal-struct-700", "hal-struct-701"]
    laboratory = recipe_graph.describe(source, "organisation/hal-struct-700")
    assert laboratory["skos:prefLabel"] == ["Laboratoire d’exemple"]
    assert laboratory["ess:acronym"] == ["LEX"]
    assert recipe_graph.list_identifiers(source, "organisation/hal-struct-701") == [
        "isni-000000041937060X",
        "ror-02en5vm52",
    ]
    address = recipe_graph.describe(source, "organisation/hal-struct-701#address")
    assert address["locn:adminUnitL1"] == ["BE"]
    links = [key for key in recipe_graph.list_nodes(source, "organisation") if "#relation-" in key]
    (link,) = links
    relation = recipe_graph.describe(source, f"organisation/{link}")
    assert relation["ess:objectOrganisation"] == ["organisation/hal-struct-701"]


def test_openalex(recipe_graph: RecipeGraph) -> None:
    source = "openalex"
    work = recipe_graph.describe(source, "publication/openalex-w100")
    assert work["dct:issued"] == ["2024-03-05"]
    assert recipe_graph.list_keys(source, "person") == ["openalex-a2", "orcid-0000-0002-1825-0097"]
    assert recipe_graph.list_keys(source, "organisation") == ["ror-02en5vm52"]
    person = recipe_graph.describe(source, "person/orcid-0000-0002-1825-0097")
    assert person["skos:prefLabel"] == ["Ada Exemple"]


def test_orcid(recipe_graph: RecipeGraph) -> None:
    source, person = "orcid", "person/orcid-0000-0002-1825-0097"
    # whose name is not public is not there, with nothing of what is theirs
    assert recipe_graph.list_keys(source, "person") == ["orcid-0000-0002-1825-0097"]
    about = recipe_graph.describe(source, person)
    assert about["skos:prefLabel"] == ["Ada Exemple"]
    assert recipe_graph.list_identifiers(source, person) == ["orcid-0000-0002-1825-0097"]
    # neither what is not public, nor the DOI of the book for that of a chapter
    works = ["doi-10.1234-communs-1", "orcid-work-7"]
    assert recipe_graph.list_keys(source, "publication") == works
    work = recipe_graph.describe(source, f"publication/{works[0]}")
    assert work["dct:issued"] == ["2024-03"]
    assert recipe_graph.list_identifiers(source, f"publication/{works[0]}") == [
        "doi-10.1234/Communs(1)"
    ]
    assert not recipe_graph.list_identifiers(source, f"publication/{works[1]}")
    # the employer is that of the register
    employers = ["fundref-100000001", "ror-02en5vm52"]
    assert recipe_graph.list_keys(source, "organisation") == employers
    identifiers = recipe_graph.list_identifiers(source, f"organisation/{employers[0]}")
    assert identifiers == employers[:1]
    fund = recipe_graph.describe(source, f"organisation/{employers[0]}")
    assert fund["ess:headquarteredIn"] == ["territory/country-GB"]
    post = recipe_graph.describe(source, f"{person}#membership-orcid-6")
    assert post["org:organization"] == ["organisation/ror-02en5vm52"]
    assert post["ess:postTitle"] == ["Chercheuse, Économie"]
    assert "@" not in str(about)


def test_orcid_in_xml(recipe_graph: RecipeGraph) -> None:
    source, person = "orcid-xml", "person/orcid-0000-0003-1415-9269"
    assert recipe_graph.describe(source, person)["skos:prefLabel"] == ["B. Exemple"]
    # one with that of the other author
    assert recipe_graph.list_keys(source, "publication") == ["doi-10.1234-communs-1"]
    employers = ["grid-1234.5a", "orcid-fr-atelier-d-exemple"]
    assert recipe_graph.list_keys(source, "organisation") == employers
    identifiers = recipe_graph.list_identifiers(source, f"organisation/{employers[0]}")
    assert identifiers == ["grid-grid.1234.5a"]
    nodes = recipe_graph.list_nodes(source, "person")
    posts = [node for node in nodes if "#membership-" in node and node[-2:].isdigit()]
    assert [node.rpartition("-")[2] for node in posts] == ["60", "62"]
    start = recipe_graph.describe(source, f"person/{posts[0]}-interval-begin")
    assert "2011-09" in str(start)
    assert "@" not in "".join(nodes)


def test_theses(recipe_graph: RecipeGraph) -> None:
    source = "theses"
    thesis = recipe_graph.describe(source, "publication/theses-2020xxxx0001")
    assert thesis["dct:issued"] == ["2020-06-01"]
    assert thesis["dct:publisher"] == ["organisation/idref-026403390"]
    # one of them is the author of one thesis and the supervisor of the other; one has no number
    assert recipe_graph.list_keys(source, "person") == ["idref-139254544", "idref-139254951"]
    check_doctorate(recipe_graph, source)


def check_doctorate(graph: RecipeGraph, source: str) -> None:
    doctorate = f"person/idref-139254544#membership-{source}-2020xxxx0001-author-1"
    about = graph.describe(source, doctorate)
    assert about["org:role"] == ["membership-role/doctoral-graduate"]
    assert about["org:organization"] == ["organisation/idref-026403390"]
    assert about["ess:postTitle"] == ["Doctorat, Économie"]
    assert "2020-06-01" in str(graph.describe(source, f"{doctorate}-interval-begin"))


def test_theses_in_csv(recipe_graph: RecipeGraph) -> None:
    """Those in preparation, members of juries and people without a number are left out."""
    source = "theses-csv"
    theses = ["theses-1999xxxx0009", "theses-2020xxxx0001"]
    assert recipe_graph.list_keys(source, "publication") == theses
    assert recipe_graph.list_keys(source, "person") == ["idref-139254544", "idref-139254951"]
    thesis = recipe_graph.describe(source, f"publication/{theses[1]}")
    assert thesis["dct:description"] == ["Écrire à […]"]
    roles = {
        node: recipe_graph.describe(source, f"publication/{node}").get("ess:authorshipRole")
        for node in recipe_graph.list_nodes(source, "publication")
        if "#authorship" in node
    }
    assert sorted(str(role) for role in roles.values() if role) == [
        "['authorship-role/author']",
        "['authorship-role/contributor']",
        "['authorship-role/contributor']",
    ]
    check_doctorate(recipe_graph, source)


def test_people_of_scanr(recipe_graph: RecipeGraph) -> None:
    source, person = "scanr-people", "person/idref-139254544"
    assert recipe_graph.list_keys(source, "person") == ["idref-059731036", "idref-139254544"]
    assert recipe_graph.list_identifiers(source, person) == [
        "idhal-ada-exemple",
        "idref-139254544",
        "orcid-0000-0002-1825-0097",
    ]
    laboratory = recipe_graph.describe(source, "organisation/rnsr-200815499S")
    # the main address of several
    assert laboratory["ess:headquarteredIn"] == ["territory/commune-59350"]
    link = recipe_graph.describe(source, f"{person}#membership-{source}-139254544-200815499S")
    assert link["org:role"] == ["membership-role/affiliated"]
    # years of publications are no dates of it
    assert "org:memberDuring" not in link
    assert "Selon ses publications de 2018 à 2024." in str(link)
    assert recipe_graph.list_keys(source, "publication") == [
        "scanr-doi10-1234-communs-1",
        "scanr-nnt2021xxxx0002",
    ]


def test_scanr(recipe_graph: RecipeGraph) -> None:
    source, publication = "scanr", "publication/scanr-doi10-1234-2fcommuns-1"
    assert recipe_graph.list_identifiers(source, publication) == [
        "doi-10.1234/communs.1",
        "hal-hal-01000001",
    ]
    assert recipe_graph.list_keys(source, "person") == ["idref-139254544"]
    unit = recipe_graph.describe(source, "organisation/rnsr-199812965F")
    assert unit["ess:headquarteredIn"] == ["territory/commune-59350"]


def test_idref(recipe_graph: RecipeGraph) -> None:
    about = recipe_graph.describe("idref", "person/idref-139254544")
    assert about["skos:prefLabel"] == ["Ada Exemple"]
    assert recipe_graph.list_identifiers("idref", "person/idref-139254544") == ["idref-139254544"]
    assert "Née" not in str(about)


def test_yeswiki_bazar(recipe_graph: RecipeGraph) -> None:
    source = "yeswiki-bazar"
    assert recipe_graph.list_keys(source, "organisation") == ["yeswiki-lagrange"]
    barn = recipe_graph.describe(source, "organisation/yeswiki-lagrange")
    assert barn["ess:headquarteredIn"] == ["territory/commune-59350"]
    assert barn["foaf:homepage"] == ["https://www.grange.example"]
    assert barn["dct:description"] == ["Un tiers-lieu, écrire à […]"]
    event = recipe_graph.describe(source, "event/yeswiki-fournee")
    assert event["schema:startDate"] == ["2026-11-14"]  # its hour has no zone
    assert event["ess:dateText"] == ["2026-11-14T10:00:00"]


def test_yeswiki_activitystreams(recipe_graph: RecipeGraph) -> None:
    source = "yeswiki-activitystreams"
    project = recipe_graph.describe(source, "project/yeswiki-fourcommun")
    assert project["ess:projectStatus"] == ["project-status/ongoing"]
    assert find_point(recipe_graph, source, "organisation/yeswiki-lagrange") == (50.63, 3.06)


def test_gogocarto(recipe_graph: RecipeGraph) -> None:
    source = "gogocarto"
    assert recipe_graph.list_keys(source, "organisation") == ["gogocarto-10k", "gogocarto-10l"]
    barn = recipe_graph.describe(source, "organisation/gogocarto-10k")
    assert barn["dct:description"] == ["Un tiers-lieu. Tél. […]"]
    assert find_point(recipe_graph, source, "organisation/gogocarto-10k") == (50.63, 3.06)


def test_gogocarto_in_its_compact_form(recipe_graph: RecipeGraph) -> None:
    source = "gogocarto-compact"
    # neither what is proposed nor what is deleted
    assert recipe_graph.list_keys(source, "organisation") == ["gogocarto-20a", "gogocarto-20b"]
    workshop = recipe_graph.describe(source, "organisation/gogocarto-20a")
    assert workshop["skos:prefLabel"] == ["L’Atelier"]
    assert workshop["foaf:homepage"] == ["https://www.atelier.example"]
    assert find_point(recipe_graph, source, "organisation/gogocarto-20a") == (50.63, 3.06)


def test_communecter(recipe_graph: RecipeGraph) -> None:
    source, key = "communecter", "organisation/communecter-57186ed894ef47210d7b242d"
    barn = recipe_graph.describe(source, key)
    assert barn["org:classification"] == ["organisation-kind/association"]
    assert barn["ess:headquarteredIn"] == ["territory/commune-59350"]
    assert barn["foaf:homepage"] == ["https://www.grange.example"]
    assert not recipe_graph.list_keys(source, "person")


def test_pair(recipe_graph: RecipeGraph) -> None:
    source, key = "pair", "organisation/pair-data-exemple-org-organizations-la-grange"
    barn = recipe_graph.describe(source, key)
    assert barn["foaf:homepage"] == ["https://grange.example/"]
    address = recipe_graph.describe(source, f"{key}#address")
    assert address["locn:fullAddress"] == ["1 rue des Arts, 59000 Lille"]
    assert find_point(recipe_graph, source, key) == (50.63, 3.06)
    event = recipe_graph.describe(source, "event/pair-data-exemple-org-events-fournee")
    assert event["schema:startDate"] == ["2026-11-14T10:00:00+01:00"]
    assert not recipe_graph.list_keys(source, "person")


def test_essglobal(recipe_graph: RecipeGraph) -> None:
    source = "essglobal"
    union, garden = "uk-cooperatives-r000001", "essglobal-oxford-17"
    assert recipe_graph.list_keys(source, "organisation") == [garden, union]
    about = recipe_graph.describe(source, f"organisation/{union}")
    # the record that the table of the register has
    assert union in recipe_graph.list_keys("uk-cooperatives", "organisation")
    assert about["skos:prefLabel"] == ["Trial Credit Union Limited"] * 2
    assert about["org:classification"] == ["organisation-kind/cooperative"]
    assert about["foaf:homepage"] == ["https://www.trial.example"]
    assert about["ess:headquarteredIn"] == ["territory/country-GB"]
    assert "dct:description" not in about
    assert find_point(recipe_graph, source, f"organisation/{union}") == (51.499869, -0.092964)
    address = recipe_graph.describe(source, f"organisation/{union}#address")
    assert address["locn:fullAddress"] == ["19 Example Road, The Park, London, SE1 4YR"]
    assert "trial@" not in str([about, address])
    other = recipe_graph.describe(source, f"organisation/{garden}")
    assert other["org:classification"] == ["organisation-kind/federation"]
    assert "locn:address" not in other


def test_wikidata(recipe_graph: RecipeGraph) -> None:
    source, key = "wikidata", "organisation/siren-900000019"
    about = recipe_graph.describe(source, key)
    assert about["skos:prefLabel"] == ["Coopérative d’exemple", "Example co-operative"]
    assert about["ess:foundedOn"] == ["1998"]
    assert find_point(recipe_graph, source, key) == (50.63, 3.06)
    assert recipe_graph.list_identifiers(source, key) == ["siren-900000019", "wikidata-Q100"]


def test_queries_of_recipes_are_constructs() -> None:
    queries = sorted(RECIPES.glob("*/fetch/*.rq"))
    assert queries
    store = ox.Store()
    for path in queries:
        assert isinstance(store.query(path.read_text("utf-8")), ox.QueryTriples)


@pytest.mark.parametrize(
    ("recipe", "files", "refused"),
    [
        (
            "openagenda",
            [
                *("albi-events", "events.response", "oiseaux-de-nuit.event"),
                *("onlineAttendance.event", "rodin-bourdelle.event", "manyEvents.response"),
            ],
            0,
        ),
        # deposits whose number is a word (“1-will-not-change”)
        ("hal", ["docs_for_researcher_version_1", "docs_with_contributor_identifiers"], 3),
        ("hal-tei", ["hal-0*", "tel-*", "mem_*", "inria-*"], 0),
        ("openalex", ["open_alex_work_response", "open_alex_work_with_various_locations"], 0),
        ("orcid", ["record-full-3.0"], 0),
        ("orcid-xml", ["record-3.0", "record-no-city-country*"], 0),
        ("theses", ["theses-sample-data"], 0),
        ("scanr-people", ["scanr_api_person_doc"], 0),
        ("scanr", ["scanr_api_publication_doc", "scanr_publication_doc_with_anon_author"], 0),
        ("idref", ["idref_person"], 0),
        ("yeswiki-activitystreams", ["projets-pc.redacted", "projets-rcc.redacted"], 0),
    ],
)
def test_real_files(
    check_recipe: CheckRecipe, shared: Path, recipe: str, files: list[str], refused: int
) -> None:
    data = shared / "data"
    paths = [
        path.relative_to(data).as_posix()
        for name in files
        for path in data.rglob(f"{name}.*")
        if path.suffix in (".json", ".rdf", ".xml")
    ]
    with check_recipe(recipe, *paths) as checked:
        accepted, turned_down = count_rows(checked)
    assert accepted
    assert turned_down == refused

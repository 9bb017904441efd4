"""The SPARQL query of a list gives the records that the list has."""

from urllib.parse import parse_qs

import pyoxigraph as ox
import pytest

from kg.catalogue.catalogue import Catalogue
from kg.catalogue.filters import parse_filters
from kg.kinds import KIND_BY_NAME
from kg.sparql.text_search import rewrite_searches
from tests.catalogue.graphs import HERE, write
from tests.catalogue.test_same_things import GRAPH as SAME

EVENTS = (HERE.parent / "api" / "lists" / "events.trig").read_bytes()
DATED = b"""
PREFIX ess: <https://w3id.org/ess-kg/ontology#>
PREFIX org: <http://www.w3.org/ns/org#>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
PREFIX xsd: <http://www.w3.org/2001/XMLSchema#>
PREFIX edtf: <http://id.loc.gov/datatypes/edtf/>
PREFIX organisation: <https://w3id.org/ess-kg/id/organisation/>
GRAPH <https://w3id.org/ess-kg/graph/alpha> {
  organisation:day a org:Organization ; skos:prefLabel "a" ; ess:foundedOn "2020-03-21"^^xsd:date .
  organisation:spring a org:Organization ; skos:prefLabel "b" ; ess:foundedOn "2020-21"^^edtf:EDTF .
  organisation:winter a org:Organization ; skos:prefLabel "c" ; ess:foundedOn "2020-24"^^edtf:EDTF .
  organisation:decade a org:Organization ; skos:prefLabel "d" ; ess:foundedOn "201X"^^edtf:EDTF .
  organisation:gone a org:Organization ; skos:prefLabel "e" ; ess:dissolvedOn "2015"^^xsd:gYear .
  organisation:period a org:Organization ; skos:prefLabel "f" ;
    ess:foundedOn "1998/2001-05"^^edtf:EDTF ; ess:dissolvedOn "../2019-06-01"^^edtf:EDTF .
  organisation:unknown a org:Organization ; skos:prefLabel "g" ;
    ess:foundedOn "XXXX-03-22"^^edtf:EDTF .
  organisation:month a org:Organization ; skos:prefLabel "h" ; ess:foundedOn "2020-03?"^^edtf:EDTF .
}
"""
MAIN = (HERE / "graph.trig").read_bytes()
SELECTIONS = {
    MAIN: (
        "organisation", "event", "territory", "topic", "person", "place", "publication",
        "organisation?kind=laboratory", "organisation?kind=-",
        "organisation?kind=-&kind=laboratory", "organisation?territory=departement-59",
        "organisation?territory=commune-75056&territory=commune-59512", "organisation?territory=-",
        "organisation?territory=-&territory=commune-59512", "event?territory=departement-59",
        "event?territory=-", "territory?territory=region-32", "territory?territory=-",
        "place?territory=region-32", "organisation?source=alpha", "organisation?source=-",
        "organisation?source=-&source=beta", "event?source=alpha",
        "event?source=alpha&territory=commune-59512&kind=event", "event?assertion=-",
        "organisation?assertion=inferred", "event?topics=ess", "event?topics=-&topics=communs",
        "organisation?country=-", "person?organisation=alpha-maison", "person?organisation=-",
        "person?discipline=sociologie", "person?discipline=-", "event?language=fr",
        "event?q=mutualisation", "organisation?q=maison&kind=laboratory", "event?q=de la",
        "event?from=2010-11-04&to=2010-11-04", "event?begun=2019-02", "organisation?to=2000",
    ),
    EVENTS: tuple(
        f"event?{period}"
        for period in (
            "from=2026-05-14", "to=2026-05-01", "from=2026-04&to=2026-06-14", "from=2025-10",
            "to=2025-09", "begun=2026-05", "begun=2025", "begun=2026-02", "organisation=host",
            "from=2026-07-14", "status=-", "status=cancelled&status=postponed",
        )
    ),
    DATED: tuple(
        f"organisation?{period}"
        for period in (
            "from=2020-03-05&to=2020-03-11", "to=2020-02", "to=2020-05", "to=2020-11",
            "from=2019-05", "from=2019-07", "from=2015", "from=2016", "to=2016", "to=1999",
            "begun=2020-03", "begun=201X", "begun=2020", "begun=1990/2015", "begun=2015",
        )
    ),
    SAME: (
        "organisation", "topic", "organisation?source=register", "organisation?source=members",
        "organisation?source=-", "organisation?source=-&source=register",
        "organisation?territory=commune-59350", "organisation?territory=-",
        "organisation?topics=register-communs", "organisation?topics=-",
        "person?organisation=members-atelier", "event?organisation=siren-552100554",
        "organisation?q=atelier", "organisation?country=-",
    ),
}  # fmt: skip
CASES = [(graph, selection) for graph, several in SELECTIONS.items() for selection in several]


@pytest.fixture(scope="module")
def frozen(tmp_path_factory: pytest.TempPathFactory) -> dict[bytes, tuple[Catalogue, ox.Store]]:
    """The catalogue and the store of each graph."""
    opened = {}
    for graph in SELECTIONS:
        store = ox.Store()
        store.load(graph, ox.RdfFormat.TRIG)
        path = write(tmp_path_factory.mktemp("selections") / "catalogue.sqlite", graph)
        opened[graph] = Catalogue(path), store
    return opened


@pytest.mark.parametrize(("graph", "selection"), CASES, ids=[selection for _, selection in CASES])
def test_the_query_gives_what_the_list_has(
    frozen: dict[bytes, tuple[Catalogue, ox.Store]], graph: bytes, selection: str
) -> None:
    catalogue, store = frozen[graph]
    name, _, filters = selection.partition("?")
    parsed = parse_filters(KIND_BY_NAME[name], parse_qs(filters))
    query = catalogue.write_query(KIND_BY_NAME[name], parsed, ["a comment"])
    assert query is not None
    assert query.startswith("# a comment\nPREFIX ")
    text = rewrite_searches(query, catalogue.score_matches)
    rows = store.query(text, use_default_graph_as_union=True)
    assert isinstance(rows, ox.QuerySolutions)
    found = [str(row["record"].value) for row in rows]
    assert sorted(found) == sorted(item.iri for item in catalogue.iterate_list(name, parsed))


def test_the_dates_tell_the_records_apart(
    frozen: dict[bytes, tuple[Catalogue, ox.Store]],
) -> None:
    catalogue, _ = frozen[DATED]
    kind = KIND_BY_NAME["organisation"]
    kept = {}
    for period in ("to=2020-03-11", "from=2016", "begun=2020-03"):
        filters = parse_filters(kind, parse_qs(period))
        kept[period] = {item.key for item in catalogue.iterate_list(kind.name, filters)}
    assert kept["to=2020-03-11"] == {"decade", "gone", "period", "spring", "month"}
    assert kept["from=2016"] == {"day", "decade", "month", "period", "spring", "winter"}
    assert kept["begun=2020-03"] == {"day", "month"}


def test_a_box_has_no_query(catalogue: Catalogue) -> None:
    kind = KIND_BY_NAME["organisation"]
    assert catalogue.write_query(kind, parse_filters(kind, {"bbox": ["2,48,3,51"]})) is None


def test_words_are_one_string_of_the_query(catalogue: Catalogue) -> None:
    kind = KIND_BY_NAME["event"]
    filters = parse_filters(kind, {"q": ['a "b" \\c\n) } #d']})
    query = catalogue.write_query(kind, filters) or ""
    assert r'ess:matches(?record, "a \"b\" \\c ) } #d")' in query

"""What is inferred is found to be inferred by the query that the documentation gives."""

import re
from collections import Counter
from pathlib import Path

import pyoxigraph as ox
import pytest

from kg.installation import InstallationPaths
from kg.namespaces import ID, PREFIXES, SCHEME
from kg.release_layout import find_current_release

HEAD = "".join(f"PREFIX {name}: <{iri}>\n" for name, iri in PREFIXES.items())
INFERRED = f"<{SCHEME}assertion/inferred>"


@pytest.fixture(scope="module")
def store(national: InstallationPaths) -> ox.Store:
    return ox.Store.read_only(str(find_current_release(national.releases).store))


@pytest.fixture(scope="module")
def documented(root: Path) -> str:
    """The filter of docs/model.md."""
    found, _ = filters(root)
    return found


def filters(root: Path) -> list[str]:
    """The filters of docs/model.md: of facts, of links that follow from relations."""
    return re.findall(
        r"```sparql\n(FILTER NOT EXISTS \{\n.*?\n\})\n```",
        (root / "docs" / "model.md").read_text("utf-8"),
        re.DOTALL,
    )


def rows(store: ox.Store, query: str) -> list[tuple[str, ...]]:
    return [tuple(str(value) for value in row) for row in store.query(HEAD + query)]  # type: ignore[union-attr]


def test_every_inferred_fact_names_what_is_inferred(store: ox.Store) -> None:
    mute = f"""SELECT ?fact {{ ?fact a ess:Fact ; ess:assertion {INFERRED}
        FILTER NOT EXISTS {{ ?fact rdf:object ?o }} }}"""
    assert rows(store, mute) == []


def test_what_an_inferred_fact_names_is_in_the_graph(store: ox.Store) -> None:
    unsaid = f"""SELECT ?fact {{
        ?fact a ess:Fact ; ess:assertion {INFERRED} ;
            rdf:subject ?s ; rdf:predicate ?p ; rdf:object ?o
        FILTER NOT EXISTS {{ ?s ?p ?o }} }}"""
    assert rows(store, unsaid) == []


def test_the_documented_filter_leaves_out_all_that_is_inferred(
    store: ox.Store, documented: str
) -> None:
    facts = f"""SELECT ?s ?p ?o {{ ?fact a ess:Fact ; ess:assertion {INFERRED} ;
        rdf:subject ?s ; rdf:predicate ?p ; rdf:object ?o }}"""
    inferred = set(rows(store, facts))
    assert len(inferred) > 140
    said = "SELECT ?s ?p ?o { { SELECT DISTINCT ?s { ?x rdf:subject ?s } } ?s ?p ?o %s }"
    everything = set(rows(store, said % ""))
    assert set(rows(store, said % documented)) == everything - inferred
    assert inferred <= everything


def test_events_of_paris_by_their_certainty(store: ox.Store, documented: str) -> None:
    """Two of them are in Paris by the name of their venue alone."""
    paris = f"""SELECT ?s {{ VALUES (?p ?o) {{ (ess:territory <{ID}territory/commune-75056>) }}
        ?s ?p ?o ; a schema:Event %s }}"""
    guessed = set(rows(store, paris % "")) - set(rows(store, paris % documented))
    assert guessed == {
        (f"<{ID}event/sharers-workers-{name}>",)
        for name in ("plateformes-services-2018", "agora-parisienne-travail")
    }


def test_proposals_whose_addressee_is_inferred(store: ox.Store, documented: str) -> None:
    addressed = "SELECT ?s { ?s ?p ?o VALUES ?p { ess:addressedTo } %s }"
    guessed = Counter(rows(store, addressed % "")) - Counter(rows(store, addressed % documented))
    assert {s.rpartition("#")[2].rstrip(">") for (s,) in guessed} == {
        "proposal-clicc", "proposal-mobilite", "proposal-note-27", "proposal-rapport-09",
        "proposal-rapport-30",
    }  # fmt: skip


def test_links_that_follow_from_an_inferred_relation(store: ox.Store, root: Path) -> None:
    _, follows = filters(root)
    derived = """SELECT ?s ?p ?o { GRAPH <https://w3id.org/ess-kg/graph/derived> { ?s ?p ?o }
        FILTER(?p IN (schema:organizer, schema:performer, org:memberOf, org:subOrganizationOf))
        %s }"""
    left_out = set(rows(store, derived % "")) - set(rows(store, derived % follows))
    by_node = rows(
        store,
        f"""SELECT DISTINCT ?s ?o {{ ?node ess:assertion {INFERRED}
        {{ ?s m8g:hasParticipation ?node . ?node ess:participant ?o }} UNION
        {{ ?node org:member ?s ; org:organization ?o }} UNION
        {{ ?node ess:subjectOrganisation ?s ; ess:objectOrganisation ?o }} }}""",
    )
    assert {(s, o) for s, _, o in left_out} <= set(by_node)
    clicc = (f"<{ID}event/clicc-2012-11-05>", f"<{ID}organisation/clicc>")
    assert clicc in {(s, o) for s, _, o in left_out}
    assert len(left_out) > 5

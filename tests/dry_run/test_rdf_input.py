"""RDF in a dry run: addresses of ours are held to, and what no rule judges is told apart."""

from pathlib import Path

import pyoxigraph as ox
import pytest

from kg import reports
from kg.dry_run import DryRunResult
from kg.installation import InstallationPaths
from kg.kinds import Text
from tests.dry_run.conftest import Check

HEAD = """@prefix ess: <https://w3id.org/ess-kg/ontology#> .
@prefix id: <https://w3id.org/ess-kg/id/> .
@prefix org: <http://www.w3.org/ns/org#> .
@prefix foaf: <http://xmlns.com/foaf/0.1/> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix schema: <https://schema.org/> .
@prefix : <http://example.org/> .
@prefix sh: <http://www.w3.org/ns/shacl#> .
"""
A, SCHEME = "<https://w3id.org/ess-kg/id/organisation/a>", "<https://w3id.org/ess-kg/scheme/"
KIND = f"org:classification {SCHEME}organisation-kind/association>"
BELOW = "<http://www.w3.org/2000/01/rdf-schema#subClassOf>"
GOOD = f'{A} a org:Organization ; skos:prefLabel "A"@fr ; {KIND} .\n'


def found(checked: DryRunResult) -> set[tuple[str, int | None, bool]]:
    """Components of what is refused or warned of, with the line."""
    return {
        (f.component, f.row, f.refused)
        for f in checked.inspection.findings
        if f.severity.value != "Info"
    }


@pytest.mark.parametrize(
    ("text", "component", "advice"),
    [
        (f'{A} skos:prefLabel "A"@fr .', "class-missing", "org:Organization"),
        (f'{A} a foaf:Agent ; skos:prefLabel "A"@fr .', "class-other", "org:Organization"),
        (GOOD + A.replace("a>", "a#x>") + ' schema:name "x" .', "class-of-part-missing", "org:M"),
        (GOOD.replace(KIND, f"{KIND} ; :p [ :q 1 ]"), "class-of-part-missing", "org:M"),
        (GOOD + A.replace("a>", "a#x>") + " a foaf:Agent .", "class-of-part-other", "org:M"),
        (A.replace("organisation", "thing") + " a foaf:Agent .", "kind-unknown", "organisation, "),
        (f'{SCHEME}cj/92> skos:prefLabel "Tout"@fr .', "subject-not-yours", "ontology/"),
        ("ess:foundedOn a skos:Concept .", "subject-not-yours", "ontology/"),
        ("<https://w3id.org/ess-kg/graph/iness> schema:name 1 .", "subject-not-yours", "ontology/"),
        (
            f"{A.replace('organisation/a', 'source/iness')} a foaf:Agent .",
            "subject-not-yours",
            "source.",
        ),
    ],
)
def test_a_subject_of_ours_has_the_class_that_its_address_promises(
    check: Check, text: str, component: str, advice: str
) -> None:
    with check(("data.ttl", HEAD + text)) as checked:
        told = [f for f in checked.inspection.findings if f.component == component]
        assert [(f.file, f.refused) for f in told] == [("data.ttl", True)]
        assert told[0].row == HEAD.count("\n") + 1
        assert advice in told[0].advice.en
        assert advice in told[0].advice.fr
        assert checked.exit_code == 1
        assert checked.files[0].counts.accepted == 0


def test_all_its_problems_are_reported_in_one_run(check: Check) -> None:
    text = f'{A} skos:prefLabel ""@fr ; ess:foundedOn "not a date" .'
    with check(("data.ttl", HEAD + text)) as checked:
        said = {f.heading for f in checked.inspection.findings if f.refused}
        assert said >= {"rdf:type", "skos:prefLabel", "ess:foundedOn"}


def test_a_class_may_stand_in_another_file(check: Check) -> None:
    kept = f'{A} skos:prefLabel "A"@fr ; {KIND} .'
    files = (("a.ttl", HEAD + kept), ("b.ttl", HEAD + f"{A} a org:Organization ."))
    with check(*files) as checked:
        assert [file.counts.refused for file in checked.files] == [0, 0]


def test_entities_outside_the_namespace_are_counted_apart(check: Check) -> None:
    elsewhere = ':x foaf:name "X" . :y a foaf:Agent . [] foaf:name "nobody" .'
    with check(("data.ttl", HEAD + GOOD + elsewhere)) as checked:
        counts = checked.files[0].counts
        assert (counts.read, counts.accepted, counts.refused, counts.unjudged) == (4, 1, 0, 3)
        assert ("not-judged", 0, False) in found(checked)
        assert checked.exit_code == 0
        made = reports.build_report(checked.db, checked.inspection, Text("", ""))
        assert "1 accepted, 0 refused, 0 of which warned, 3 not judged" in reports.render_text(
            made, "en"
        )
        assert "1 acceptée, 0 refusée, 0 dont avertie, 3 non jugées" in reports.render_text(
            made, "fr"
        )
        assert reports.render_json(made)["counts"]["unjudged"] == 3
        assert "not judged" in reports.render_html(made, "en")


def test_a_file_in_which_nothing_is_validated_exits_with_1(check: Check) -> None:
    with check(("data.ttl", HEAD + ":y a foaf:Agent .")) as checked:
        assert checked.exit_code == 1
        (finding,) = checked.inspection.findings
        assert "foaf:Agent" in finding.message["en"]


def test_a_class_of_the_model_on_a_foreign_address_is_validated(check: Check) -> None:
    text = GOOD.replace(A, ":a")
    with check(("data.ttl", HEAD + text)) as checked:
        counts = checked.files[0].counts
        assert (counts.refused, counts.unjudged) == (1, 0)


def test_an_empty_rdf_file_is_reported(check: Check) -> None:
    with check(("data.ttl", HEAD), ("others.ttl", HEAD + GOOD)) as checked:
        counts = {file.name: file.counts for file in checked.files}
        assert counts["data.ttl"].refused == 1
        assert ("file-silent", None, True) in found(checked)
        assert checked.exit_code == 1


# --- rules of others


def by(check: Check, folder: Path, data: str, shapes: str, name: str = "data.ttl") -> object:
    (folder / "shapes.ttl").write_text(HEAD + shapes)
    return check((name, HEAD + data), shapes=[folder / "shapes.ttl"])


def test_blank_nodes_are_named_by_the_way_to_them(check: Check, tmp_path: Path) -> None:
    data = ":a :p [ :q [ :r 1 ] , [ :r 2 ] ] .\n[] a :Loose ; :r 3 .\n_:b :r 4 .\n"
    shapes = ":S sh:targetSubjectsOf :r ; sh:nodeKind sh:IRI ."
    with by(check, tmp_path, data, shapes) as checked:  # type: ignore[attr-defined]
        told = {(f.value, f.focus, f.label) for f in checked.inspection.findings}
        way = "http://example.org/a → http://example.org/p → http://example.org/q"
        ways = {f"{way} (1) → [ ]", f"{way} (2) → [ ]", "[ a http://example.org/Loose ]", "[ ]"}
        assert told == {(each, each, each) for each in ways}
        rows = {f.value: f.row for f in checked.inspection.findings}
        first = HEAD.count("\n") + 1
        assert rows[f"{way} (1) → [ ]"] == first
        assert rows["[ ]"] == first + 2
        made = reports.build_report(checked.db, checked.inspection, Text("", ""))
        for form in (
            reports.render_text(made, "fr"),
            reports.render_html(made, "en"),
            str(reports.render_json(made)),
        ):
            assert "genid" not in form
            assert "_:" not in form
        kinds = {
            type(q.object)
            for q in ox.parse(
                reports.render_shacl(made, checked.inspection), format=ox.RdfFormat.TURTLE
            )
            if q.predicate.value.endswith("focusNode")
        }
        assert kinds == {ox.BlankNode}


def test_blank_nodes_of_two_files_are_not_one(check: Check, tmp_path: Path) -> None:
    (tmp_path / "shapes.ttl").write_text(HEAD + ":S sh:targetSubjectsOf :p ; sh:property :P . "
                                         ":P sh:path :p ; sh:maxCount 1 .")  # fmt: skip
    files = [(name, HEAD + f"_:b :p {name[0]} .") for name in ("1.ttl", "2.ttl")]
    with check(*files, shapes=[tmp_path / "shapes.ttl"]) as checked:
        assert checked.inspection.report.results == ()
        assert checked.exit_code == 0


def test_a_literal_is_reported_at_its_record(check: Check, tmp_path: Path) -> None:
    data = ':a :p "ab" .\n:b :q "ab" .\n:c :p "abc" .'
    shapes = ":S sh:targetObjectsOf :p ; sh:minLength 3 ."
    with by(check, tmp_path, data, shapes) as checked:  # type: ignore[attr-defined]
        (finding,) = checked.inspection.findings
        assert (finding.value, finding.row) == ("ab", HEAD.count("\n") + 1)
        assert [file.counts.refused for file in checked.files] == [1]


def test_a_node_that_only_the_shapes_name_is_reported(check: Check, tmp_path: Path) -> None:
    shapes = ":S sh:targetNode :absent ; sh:property [ sh:path :p ; sh:minCount 1 ] ."
    with by(check, tmp_path, ":a :p 1 .", shapes) as checked:  # type: ignore[attr-defined]
        (finding,) = checked.inspection.findings
        assert (finding.refused, finding.label) == (True, "http://example.org/absent")
        assert checked.exit_code == 1


@pytest.mark.parametrize(
    ("shapes", "told", "code"),
    [
        (":S sh:targetClass :C ; sh:rule [ a sh:TripleRule ] .", "sh:rule", 1),
        (":S sh:targetClass :C ; sh:js [ sh:jsFunctionName 'f' ] .", "sh:js", 1),
        (":S sh:target [ a sh:SPARQLTarget ] ; sh:nodeKind sh:IRI .", "sh:target", 1),
        (":S sh:targetClass :C ; sh:singleLine true .", "sh:singleLine", 1),
        ("<> sh:entailment <http://www.w3.org/ns/entailment/RDFS> .", "sh:entailment", 1),
        (":S sh:targetClass :C ; sh:property :Nowhere .", "http://example.org/Nowhere", 1),
        (":S sh:targetClass :C ; sh:property [ sh:path :p ; sh:node :S ] .", "recursive", 0),
        (":S sh:targetClass :C ; sh:deactivated true ; sh:rule [ a sh:TripleRule ] .", "", 0),
        (":S sh:targetClass :C ; sh:name 'S' ; sh:order 1 ; sh:group :G .", "", 0),
    ],
)
def test_unsupported_parts_are_reported_and_exit_with_1(
    check: Check, tmp_path: Path, shapes: str, told: str, code: int
) -> None:
    with by(check, tmp_path, ":a a :C ; :p 1 .", shapes) as checked:  # type: ignore[attr-defined]
        said = [f for f in checked.inspection.findings if f.component == "shape-not-judged"]
        assert bool(said) is bool(told)
        made = reports.build_report(checked.db, checked.inspection, Text("", ""))
        assert (b"rdfs:comment" in reports.render_shacl(made, checked.inspection)) is bool(told)
        assert all(told in f.message.en and f.file == "shapes.ttl" for f in said)
        assert checked.exit_code == code


def test_described_shapes_are_validated_with_an_undescribed_one(
    check: Check, tmp_path: Path
) -> None:
    shapes = ":S sh:targetClass :C ; sh:property :Nowhere , [ sh:path :p ; sh:maxCount 0 ] ."
    with by(check, tmp_path, ":a a :C ; :p 1 .", shapes) as checked:  # type: ignore[attr-defined]
        assert {f.component for f in checked.inspection.findings} == {
            "shape-not-judged", "sh:MaxCountConstraintComponent"
        }  # fmt: skip


@pytest.mark.parametrize(
    ("data", "shapes", "told"),
    [
        (f":a a :D . :D {BELOW} :C .", ":S sh:targetClass :C .", 0),
        (":a a :D .", ":S sh:targetClass :C .", 1),
        (":a :p 1 .", ":S sh:targetObjectsOf :p .", 0),
    ],
)  # fmt: skip
def test_a_file_without_a_target_is_reported(
    check: Check, tmp_path: Path, data: str, shapes: str, told: int
) -> None:
    with by(check, tmp_path, data, shapes) as checked:  # type: ignore[attr-defined]
        assert [f.component for f in checked.inspection.findings] == ["no-target"] * told
        assert checked.exit_code == 0


def test_the_blank_nodes_of_a_source_are_blank_for_rules_of_others(
    check: Check, places: InstallationPaths, tmp_path: Path
) -> None:
    source = places.sources / "demo"
    (source / "rdf").mkdir()
    (source / "rdf" / "data.ttl").write_text(HEAD + ":a a :C ; :p [ :q 1 ] .")
    for kind, refused in (("IRI", 1), ("BlankNode", 0)):
        shapes = tmp_path / f"{kind}.ttl"
        rule = f":S sh:targetClass :C ; sh:property [ sh:path :p ; sh:nodeKind sh:{kind} ] ."
        shapes.write_text(HEAD + rule)
        with check(source=source, shapes=[shapes]) as checked:
            counts = {file.name: file.counts for file in checked.files}
            assert counts["data.ttl"].refused == refused

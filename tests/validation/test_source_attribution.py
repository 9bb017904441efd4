"""Sources that disagree cost no record: a line is refused for what its own source says."""

from pathlib import Path

import pytest

from kg.shacl.results import Severity
from kg.validation.findings import Finding
from tests.disagreeing import Judged, judge, write_source

ORGANISATIONS = "id,label_fr,kind,founded_on\n"
TERRITORIES = "id,label_fr,kind,code,population\n"
LILLE = "https://w3id.org/ess-kg/id/territory/commune-59350"


def discrepancies(judged: Judged, source: str) -> list[Finding]:
    found = judged.inspection.findings
    return [finding for finding in found if finding.source == source and finding.is_discrepancy]


def test_two_names_of_one_record_stay(tmp_path: Path) -> None:
    register = {"territories.csv": TERRITORIES + "commune-59350,Lille,city,59350,238695\n"}
    partner = {"territories.csv": TERRITORIES + "commune-59350,LILLE,city,59350,\n"}
    write_source(tmp_path, "registre", register)
    alone = judge(tmp_path)
    write_source(tmp_path, "partenaire", partner)
    judged = judge(tmp_path)
    assert judged.refused == {"registre": 0, "partenaire": 0}
    assert judged.warned["registre"] == alone.warned["registre"]
    assert judged.said("registre") == alone.said("registre")
    assert ("territory/commune-59350", "prefLabel", '"LILLE"@fr') in judged.said("partenaire")
    (mine,) = discrepancies(judged, "registre")
    (theirs,) = discrepancies(judged, "partenaire")
    assert (mine.value, mine.other_values) == ("Lille", "partenaire: LILLE")
    assert (theirs.value, theirs.other_values) == ("LILLE", "registre: Lille")
    assert (mine.column, mine.row, mine.focus) == ("label_fr", 2, LILLE)
    assert mine.severity is theirs.severity is Severity.INFO
    assert "this line" in mine.message.en
    assert "of the other" in theirs.message.en


def test_a_source_that_breaks_a_rule_by_itself_loses_its_cell_alone(tmp_path: Path) -> None:
    good = {"organisations.csv": ORGANISATIONS + "o-1,Un,association,2006\n"}
    bad = {"organisations.csv": ORGANISATIONS + "o-1,Un,association,not a date\n"}
    write_source(tmp_path, "bonne", good)
    write_source(tmp_path, "mauvaise", bad)
    judged = judge(tmp_path)
    assert judged.refused == {"bonne": 0, "mauvaise": 0}
    assert ("organisation/o-1", "prefLabel", '"Un"@fr') in judged.said("bonne")
    said = {predicate for _, predicate, _ in judged.said("mauvaise")}
    assert "prefLabel" in said
    assert "foundedOn" not in said


def test_a_source_that_says_two_names_itself_is_refused(tmp_path: Path) -> None:
    text = "a org:Organization ; org:classification c:organisation-kind\\/association ;"
    twice = f'<{LILLE[:-23]}organisation/o-1> {text} skos:prefLabel "Un"@fr, "Deux"@fr .'
    write_source(tmp_path, "double", {"o.ttl": twice})
    once = {"organisations.csv": ORGANISATIONS + "o-1,Trois,association,2006\n"}
    write_source(tmp_path, "simple", once)
    judged = judge(tmp_path)
    assert judged.refused == {"double": 1, "simple": 0}
    assert ("organisation/o-1", "prefLabel", '"Trois"@fr') in judged.said("simple")


def test_a_source_in_rdf_only_adds(tmp_path: Path) -> None:
    # no name and no kind: it is judged beside the others, and has none of its own to give
    write_source(
        tmp_path,
        "registre",
        {"territories.csv": TERRITORIES + "commune-59350,Lille,city,59350,238695\n"},
    )
    write_source(
        tmp_path, "chiffres", {"p.ttl": f"<{LILLE}> a ess:Territory ; ess:population 240000 ."}
    )
    judged = judge(tmp_path)
    assert judged.refused == {"registre": 0, "chiffres": 0}
    (finding,) = discrepancies(judged, "chiffres")
    assert (finding.value, finding.other_values) == ("240000", "registre: 238695")


def test_an_end_and_a_beginning_of_two_sources_that_do_not_fit(tmp_path: Path) -> None:
    columns = "id,label_fr,kind,founded_on,dissolved_on\n"
    write_source(tmp_path, "un", {"organisations.csv": columns + "o-1,Un,association,2010,\n"})
    write_source(tmp_path, "deux", {"organisations.csv": columns + "o-1,Un,association,,2005\n"})
    judged = judge(tmp_path)
    assert judged.refused == {"un": 0, "deux": 0}
    assert [f.other_values for f in discrepancies(judged, "un")] == ["deux"]
    assert [f.other_values for f in discrepancies(judged, "deux")] == ["un"]
    write_source(
        tmp_path, "trois", {"organisations.csv": columns + "o-1,Un,association,2010,2005\n"}
    )
    assert judge(tmp_path).refused == {"un": 0, "deux": 0, "trois": 1}


def test_a_loop_made_of_links_of_two_sources(tmp_path: Path) -> None:
    columns = "id,label_fr,kind,code,within\n"
    a, b = "a,A,foreign-region,,", "b,B,foreign-region,,"
    write_source(tmp_path, "un", {"territories.csv": f"{columns}{a}territory/b\n{b}\n"})
    write_source(tmp_path, "deux", {"territories.csv": f"{columns}{a}\n{b}territory/a\n"})
    judged = judge(tmp_path)
    assert judged.refused == {"un": 0, "deux": 0}
    assert discrepancies(judged, "un")
    assert discrepancies(judged, "deux")


def test_remaining_statements_of_a_rejected_record_are_validated_again(tmp_path: Path) -> None:
    # the only name was in the line that is refused: what another adds cannot stand without it
    bad = {"territories.csv": TERRITORIES + "commune-59350,Lille,nothing,59350,\n"}
    write_source(tmp_path, "registre", bad)
    more = f"<{LILLE}> a ess:Territory ; ess:territoryKind <{LILLE[:23]}scheme/territory-kind/city>"
    write_source(tmp_path, "types", {"p.ttl": f"{more} ; ess:population 240000 ."})
    judged = judge(tmp_path)
    assert judged.refused == {"registre": 1, "types": 1}
    assert not judged.kept


@pytest.mark.parametrize("names", ["abc", "bca", "cab"])
def test_three_sources_in_any_order(tmp_path: Path, names: str) -> None:
    lines = ["o-1,CAP DIGITAL,association,2006", "o-1,Cap Digital,association,2006-03-01",
             "o-1,Cap Digital,association,2007"]  # fmt: skip
    for name, line in zip(names, lines, strict=True):
        write_source(tmp_path, name, {"organisations.csv": ORGANISATIONS + line + "\n"})
    judged = judge(tmp_path)
    assert judged.refused == dict.fromkeys(sorted(names), 0)
    first = {
        (finding.column, finding.value)
        for finding in judged.inspection.findings
        if finding.is_discrepancy and "this line" in finding.message.en
    }
    assert first == {("label_fr", "Cap Digital"), ("founded_on", "2006-03-01")}


def test_precedence_is_before_precision(tmp_path: Path) -> None:
    for name, line, more in (
        ("a", "o-1,Cap Digital,association,2006-03-01", ""),
        ("b", "o-1,CAP DIGITAL,association,2006", "[precedence]\nlabel = 2"),
        ("c", "o-1,Cap digital,association,2005", "[precedence]\ndefault = 1"),
    ):
        files = {"organisations.csv": ORGANISATIONS + line + "\n"}
        write_source(tmp_path, name, files, more=more)
    first = {
        (finding.column, finding.value)
        for finding in judge(tmp_path).inspection.findings
        if finding.is_discrepancy and "this line" in finding.message.en
    }
    assert first == {("label_fr", "CAP DIGITAL"), ("founded_on", "2005")}


def test_a_point_is_taken_from_one_source(tmp_path: Path) -> None:
    columns = "id,label_fr,kind,latitude,longitude\n"
    for name, point in (("a", "50.63,3.1"), ("b", "50.6,3.0633")):
        line = f"p-1,Halle,building,{point}\n"
        write_source(tmp_path, name, {"places.csv": columns + line})
    first = {
        (finding.source, finding.value)
        for finding in judge(tmp_path).inspection.findings
        if finding.is_discrepancy and "this line" in finding.message.en
    }
    assert first == {("b", "50.6"), ("b", "3.0633")}


def test_names_that_differ_in_case_and_accents_at_one_place_are_likely_duplicates(
    tmp_path: Path,
) -> None:
    columns = "id,label_fr,kind,territory\n"
    lines = {
        "a": "meshs,Maison européenne des sciences,public-body,territory/commune-59350\n",
        "b": "ror-1,MAISON EUROPEENNE DES SCIENCES,public-body,territory/commune-59350\n"
        "ror-2,Maison Européenne des Sciences,public-body,territory/commune-13055\n",
    }
    towns = {
        "territories.csv": TERRITORIES + "commune-59350,Lille,city,,\ncommune-13055,M,city,,\n"
    }
    write_source(tmp_path, "villes", towns)
    for name, text in lines.items():
        write_source(tmp_path, name, {"organisations.csv": columns + text})
    judged = judge(tmp_path)
    assert judged.refused == {"a": 0, "b": 0, "villes": 0}
    assert [(f.value, f.other_values) for f in discrepancies(judged, "a")] == [
        (
            "Maison européenne des sciences",
            "organisation/ror-1: MAISON EUROPEENNE DES SCIENCES",
        )
    ]
    (theirs,) = discrepancies(judged, "b")
    assert theirs.other_values == "organisation/meshs: Maison européenne des sciences"
    assert "may be the same" in theirs.message.en

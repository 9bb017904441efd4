"""Records that are one thing: compared, queued, judged, linked."""

from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from kg.errors import SourceError
from kg.namespaces import ID, expand
from kg.resolution.features import build_table, compute_features, normalize_site
from kg.resolution.judgements import (
    Decision,
    Judgement,
    append_judgements,
    is_settled,
    read_judgements,
)
from kg.resolution.linking import decide_pairs, link_records
from kg.resolution.pairs import DescribedRecord, ScoredPair
from kg.resolution.queue import (
    DOUBTFUL,
    SURE,
    compute_evidence,
    read_queue,
    write_queue,
)
from kg.resolution.resolve import resolve_records
from kg.resolution.statements import insert_resolution
from kg.work_tables import create_work_tables

AMIS, AMIS_REGISTERED, THUNKEN, THUNKEN_LILLE, THUNKEN_LYON, ALONE = (
    f"organisation/{name}" for name in ("a-1", "r-1", "a-2", "r-2", "r-3", "a-3")
)
RECORDS = [
    DescribedRecord(AMIS, "a", "organisation", ["Les Amis de Saint-Malo"], (), "35288"),
    DescribedRecord(
        AMIS_REGISTERED, "r", "organisation", ["ASSO LES AMIS DE ST MALO"], (), "35288"
    ),
    DescribedRecord(THUNKEN, "a", "organisation", ["Thunken"]),
    DescribedRecord(THUNKEN_LILLE, "r", "organisation", ["THUNKEN SCOP"], (), "59350"),
    DescribedRecord(THUNKEN_LYON, "r", "organisation", ["THUNKEN SARL"], (), "69123"),
    DescribedRecord(ALONE, "a", "organisation", ["Coopérative des Tilleuls"], (), "59350"),
]


@pytest.fixture(scope="module")
def queue():
    return resolve_records(RECORDS)


def test_the_same_name_in_the_same_commune_is_sure_and_one_of_two_namesakes_is_not(queue):
    status = {(pair.left, pair.right): pair.status for pair in queue}
    assert status[AMIS, AMIS_REGISTERED] == SURE
    assert status[THUNKEN, THUNKEN_LILLE] == status[THUNKEN, THUNKEN_LYON] == DOUBTFUL
    assert not any(ALONE in pair for pair in status)


def test_the_doubtful_come_before_the_sure_with_reasons(queue):
    certainties = [abs(float(pair.certainty)) for pair in queue]
    assert certainties == sorted(certainties)
    assert queue[-1].left == AMIS
    assert "place: same commune" in queue[-1].reasons


def test_a_source_has_a_thing_once():
    pairs = [
        ScoredPair("x", "y", 20, 0, (("name", "same words", 20.0),), sure=False),
        ScoredPair("x", "z", 19, 0, (("name", "same words", 20.0),), sure=False),
        ScoredPair("y", "z", 18, 0, (("name", "same words", 20.0),), sure=False),
    ]
    datasets = {"x": frozenset("a"), "y": frozenset("b"), "z": frozenset("b")}
    decided = decide_pairs(pairs, datasets)
    assert [(pair.left, pair.right) for pair in decided] == [("x", "y"), ("x", "z")]
    assert not decided[1].sure
    apart = datasets | {"z": frozenset("c")}
    assert all(pair.sure for pair in decide_pairs(pairs, apart))


def test_identifiers_that_differ_are_never_sure():
    reasons = (("name", "same words", 20.0), ("identifiers", "identifiers differ", -7.0))
    pair = ScoredPair("x", "y", 20, 0, reasons, sure=False)
    assert not decide_pairs([pair], {"x": frozenset("a"), "y": frozenset("b")})[0].sure


def test_features_of_a_record():
    features = compute_features(
        DescribedRecord(
            "organisation/x",
            "a",
            "organisation",
            ["Société coopérative d'intérêt collectif Les 3 Jardins (LTJ)"],
            (),
            "97411",
            "",
            "https://www.lestroisjardins.fr/accueil",
            "1900-01-01",
            [("siren", "552 100 554"), ("internal", "7")],
        )
    )
    assert features["core"] == "3 jardins"
    assert (features["form"], features["department"], features["year"]) == ("scic", "974", None)
    assert features["site"] == "lestroisjardins.fr"
    assert features["ids"] == ["siren:552100554"]


@pytest.mark.parametrize(
    ("founded", "year", "day"),
    [
        ("2019-05-17", 2019, "2019-05-17"),
        ("2019-01-01", 2019, None),  # stands for the year
        ("2019-05", 2019, None),
        ("1900-05-17", None, None),
        ("", None, None),
    ],
)
def test_the_day_is_compared_where_it_is_known(founded, year, day):
    features = compute_features(replace(RECORDS[0], founded=founded))
    assert (features["year"], features["day"]) == (year, day)


@pytest.mark.parametrize(
    ("one", "other", "reason", "sure"),
    [
        ("2019-05-17", "2019-05-17", "same day", True),
        ("2019-05-17", "2019-06-02", "another day of the year", False),
        ("2019", "2019-06-02", "same year", True),
        ("2017-05-17", "2019-05-17", "differs", False),
    ],
)
def test_without_a_place_the_day_of_foundation_decides(one, other, reason, sure):
    name = ["Les Amis du Moulin Neuf"]
    records = [
        DescribedRecord("organisation/a", "a", "organisation", name, founded=one),
        DescribedRecord("organisation/b", "b", "organisation", name, founded=other),
        DescribedRecord("organisation/c", "b", "organisation", name, founded="1984-02-03"),
    ]
    db = duckdb.connect()
    db.register("features", build_table(records))
    db.execute("CREATE TABLE record AS FROM features")
    (pair,) = (p for p in link_records(db, "record", ("a", "b")) if p.right == "organisation/b")
    assert {what: how for what, how, _ in pair.reasons}["year"] == reason
    assert pair.sure is sure


@pytest.mark.parametrize(
    ("address", "site"),
    [
        ("www.example.org", "example.org"),
        ("https://facebook.com/Chez-Nous/", "facebook.com/chez-nous"),
        ("https://www.facebook.com", ""),
        ("n/a", ""),
        ("", ""),
    ],
)
def test_sites(address, site):
    assert normalize_site(address) == site


def test_a_pair_is_asked_again_only_when_its_records_have_changed(tmp_path):
    path = tmp_path / "judgements.csv"
    evidence = compute_evidence(RECORDS[0], RECORDS[1])
    judgement = Judgement(AMIS, AMIS_REGISTERED, Decision.SAME, "me", "2026-01-01", "", evidence)
    append_judgements(path, [judgement])
    judged = read_judgements(path)
    changed = compute_evidence(replace(RECORDS[0], names=["Amis de Saint-Malo"]), RECORDS[1])
    assert is_settled(judged, AMIS, AMIS_REGISTERED, evidence)
    assert not is_settled(judged, AMIS, AMIS_REGISTERED, changed)
    append_judgements(path, [replace(judgement, decision=Decision.UNDECIDED)])
    assert not is_settled(read_judgements(path), AMIS, AMIS_REGISTERED, evidence)


def test_a_decision_that_is_none_is_told_with_its_line(tmp_path):
    path = tmp_path / "judgements.csv"
    path.write_text("left,right,decision,who,when,why,evidence\na,b,perhaps,,,,\n")
    with pytest.raises(SourceError, match="line 2: decision 'perhaps'"):
        read_judgements(path)


def test_the_queue_is_read_as_it_was_written(tmp_path, queue):
    path = tmp_path / "resolution" / "candidates.csv"
    write_queue(path, queue)
    assert read_queue(path) == queue


@pytest.mark.parametrize("change", [("{score}", "2,5"), (",{evidence}", "")])
def test_a_queue_that_was_edited_wrongly_is_told(tmp_path, queue, change):
    path = tmp_path / "candidates.csv"
    write_queue(path, queue)
    old, new = (part.format(**vars(queue[0])) for part in change)
    path.write_text(path.read_text("utf-8").replace(old, f'"{new}"' if new else "", 1), "utf-8")
    with pytest.raises(SourceError, match="is no queue"):
        read_queue(path)


def test_decisions_saved_by_a_spreadsheet_are_told_or_read(tmp_path):
    path = tmp_path / "judgements.csv"
    heading, line = "left,right,decision,who,when,why,evidence\n", "a,b,same,Zoé,,,"
    path.write_bytes((heading + line).encode("cp1252"))
    with pytest.raises(SourceError, match="UTF-8"):
        read_judgements(path)
    path.write_bytes((heading + line).encode("utf-8-sig"))
    append_judgements(path, [Judgement("c", "d", Decision.SAME, "", "", "", "")])
    assert set(read_judgements(path)) == {("a", "b"), ("c", "d")}


def link(data: Path, records) -> set[tuple[str, str, str]]:
    """The links between records that a build would have."""
    with duckdb.connect() as db:
        create_work_tables(db)
        db.executemany(
            "INSERT INTO quads VALUES ('a', 1, ?, ?, '<x>')",
            [(ID + record, expand("rdf:type")) for record in records],
        )
        insert_resolution(db, data)
        rows = db.execute("SELECT s, p, o FROM quads WHERE source = 'resolution'").fetchall()
    return {
        (s.removeprefix(ID), p, o.strip("<>").removeprefix(ID)) for s, p, o in rows if "#" not in s
    }


def test_what_is_sure_is_close_and_what_was_judged_is_the_same(tmp_path, queue):
    write_queue(tmp_path / "resolution" / "candidates.csv", queue)
    records = [record.id for record in RECORDS]
    close, same = expand("skos:closeMatch"), expand("owl:sameAs")
    pair = (AMIS, AMIS_REGISTERED)
    assert link(tmp_path, records) == {(pair[0], close, pair[1]), (pair[1], close, pair[0])}
    # a record that the build has not is linked with nothing
    assert link(tmp_path, records[:1]) == set()
    judgement = Judgement(*pair, Decision.SAME, "me", "2026-01-01T00:00:00Z", "", "")
    append_judgements(tmp_path / "judgements.csv", [judgement])
    assert link(tmp_path, records) == {(pair[0], same, pair[1]), (pair[1], same, pair[0])}
    append_judgements(
        tmp_path / "judgements.csv", [replace(judgement, decision=Decision.DIFFERENT)]
    )
    assert link(tmp_path, records) == set()

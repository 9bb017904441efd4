"""`ess-kg resolve`, from the records of two sources to the links of a release."""

import shutil
import subprocess
import sys
from pathlib import Path

import pyoxigraph as ox
import pytest

from kg import pipeline
from kg.errors import SourceError
from kg.installation import InstallationPaths
from kg.namespaces import ID, expand
from kg.release_layout import Release
from kg.resolution.judgements import (
    JUDGEMENTS_FILE,
    Decision,
    Judgement,
    append_judgements,
    read_judgements,
)
from kg.resolution.queue import DOUBTFUL, SURE
from tests.resolution.conftest import AMIS, ROUE, THUNKEN_LILLE, THUNKEN_LYON, Command, Settled

LINKS = f"<{expand('owl:sameAs')}> <{expand('skos:closeMatch')}>"


def find_links(release: Release) -> set[tuple[str, str, str]]:
    """The links between records of a release, without their prefixes."""
    store = ox.Store.read_only(str(release.store))
    rows = store.query(
        f"SELECT ?s ?p ?o WHERE {{ GRAPH ?g {{ VALUES ?p {{ {LINKS} }} ?s ?p ?o }} "
        "FILTER(STRENDS(STR(?g), '/graph/resolution')) }"
    )
    return {
        (row["s"].value.removeprefix(ID), row["p"].value, row["o"].value.removeprefix(ID))
        for row in rows
    }


def both_ways(pair: tuple[str, str], link: str) -> set[tuple[str, str, str]]:
    return {(pair[0], expand(link), pair[1]), (pair[1], expand(link), pair[0])}


def test_candidates_are_kept_with_the_doubtful_first(settled: Settled) -> None:
    status = {pair: each.status for pair, each in settled.queue.items()}
    assert status == {
        AMIS: SURE, ROUE: SURE, THUNKEN_LYON: DOUBTFUL, THUNKEN_LILLE: DOUBTFUL,
    }  # fmt: skip
    assert set(list(status)[:2]) == {THUNKEN_LYON, THUNKEN_LILLE}


def test_a_build_publishes_what_was_judged_and_what_is_sure(settled: Settled) -> None:
    assert find_links(settled.release) == (
        both_ways(AMIS, "owl:sameAs") | both_ways(ROUE, "skos:closeMatch")
    )


def test_who_decided_and_why_is_kept(settled: Settled) -> None:
    judged = read_judgements(settled.places.data / JUDGEMENTS_FILE)
    assert judged[AMIS].decision == Decision.SAME
    assert (judged[AMIS].who, judged[AMIS].why) == ("ana", "seen on its site")
    assert judged[AMIS].evidence == settled.queue[AMIS].evidence


def test_what_was_judged_is_not_asked_again_and_can_be_taken_back(
    tmp_path: Path, settled: Settled, run: Command
) -> None:
    places = InstallationPaths(tmp_path / "data", settled.places.model)
    shutil.copytree(settled.places.data, places.data)
    asked = run(places, "resolve", "--judge", "--by", "ben", typed="n\ns\n")
    assert "1 of 2" in asked
    assert "Les Amis" not in asked
    run(places, "resolve", "--withdraw", settled.queue[AMIS].id)
    release = pipeline.build(places).release
    assert find_links(release) == (
        both_ways(AMIS, "skos:closeMatch") | both_ways(ROUE, "owl:sameAs")
    )


def test_a_decision_that_violates_a_shape_is_told_and_not_published(
    tmp_path: Path, settled: Settled
) -> None:
    places = InstallationPaths(tmp_path / "data", settled.places.model)
    shutil.copytree(settled.places.data / "sources", places.sources)
    written = [
        Judgement(*AMIS, Decision.SAME, "ana", "hier", "", ""),
        Judgement(*ROUE, Decision.SAME, "ana", "2026-01-15T10:00:00Z", "", ""),
    ]
    append_judgements(places.data / JUDGEMENTS_FILE, written)
    built = pipeline.build(places)
    assert find_links(built.release) == both_ways(ROUE, "owl:sameAs")
    assert len(built.notes) == 1
    assert built.notes[0].startswith(AMIS[0])
    assert "The date of the decision is not a date" in built.notes[0]


def test_a_decision_on_what_is_no_candidate_any_more_can_be_taken_back(
    tmp_path: Path, settled: Settled, run: Command
) -> None:
    places = InstallationPaths(tmp_path / "data", settled.places.model)
    places.data.mkdir()
    shutil.copy(settled.places.data / JUDGEMENTS_FILE, places.data)
    run(places, "resolve", "--withdraw", settled.queue[AMIS].id)
    assert read_judgements(places.data / JUDGEMENTS_FILE)[AMIS].decision == Decision.UNDECIDED


def test_an_id_that_no_pair_has_is_told(settled: Settled, run: Command) -> None:
    with pytest.raises(SourceError, match="no candidate has the id 'zzz'"):
        run(settled.places, "resolve", "--accept", "zzz")


def test_a_build_does_not_load_what_compares_records() -> None:
    loaded = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys, kg.cli.build, kg.pipeline; print('splink' in sys.modules, "
            "'pyarrow' in sys.modules)",
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    assert loaded.stdout.split() == ["False", "False"]

"""A bad cell of an optional column costs that cell; what is required still refuses the line."""

from pathlib import Path

import pytest

from kg.shacl.results import Severity
from tests.disagreeing import Judged, judge, write_source

COLUMNS = "id,label_fr,kind,activity,homepage,founded_on,dissolved_on,latitude,longitude\n"
ROWS = (
    "o-1,Un,association,45.2R,www.un.fr,2006,,,\n"
    "o-2,Deux,association,,,hier,,50.6,3.1\n"
    'o-3,Trois,association,,,,,"48,85",2.3\n'
    "o-4,Quatre,association,,,,,0,0\n"
    "o-5,,association,45.2R,,,,,\n"
    "o-6,Six,association,,,2010,2005,,\n"
    "o-7,Sept,asociation,,,,,,\n"
    "o-8,Huit,association,#N/D,https://huit.fr,,,,\n"
    "o-9,Neuf,association,,,46154,,,\n"
)


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Judged:
    folder: Path = tmp_path_factory.mktemp("sources")
    write_source(folder, "registre", {"organisations.csv": COLUMNS + ROWS})
    return judge(folder)


def test_each_bad_cell_is_told_with_its_column(judged: Judged) -> None:
    told = {(f.row, f.column, f.value) for f in judged.inspection.findings if f.omitted}
    assert {
        (2, "activity", "45.2R"),
        (2, "homepage", "www.un.fr"),
        (3, "founded_on", "hier"),
        (4, "latitude", "48,85"),
        (9, "activity", "#N/D"),
        (10, "founded_on", "46154"),
    } <= told
    assert {row for row, _, _ in told} == {2, 3, 4, 5, 9, 10}
    severities = {f.severity for f in judged.inspection.findings if f.omitted}
    assert severities == {Severity.WARNING}


def test_what_is_left_out_is_not_doubted_as_well(judged: Judged) -> None:
    of_cell = [f for f in judged.inspection.findings if (f.row, f.value) == (10, "46154")]
    assert [f.omitted for f in of_cell] == [True]


def test_records_are_published_without_it(judged: Judged) -> None:
    said: dict[str, set[str]] = {}
    for subject, predicate, _ in judged.said("registre"):
        said.setdefault(subject, set()).add(predicate)
    assert {"organisation/o-1", "organisation/o-2", "organisation/o-3"} < set(said)
    assert "foundedOn" in said["organisation/o-1"]
    assert not {"companyActivity", "homepage"} & said["organisation/o-1"]
    assert "latitude" in said["organisation/o-2"]
    assert "foundedOn" not in said["organisation/o-2"]
    # neither says anything without the other
    for name in ("organisation/o-3", "organisation/o-4"):
        assert not {"latitude", "longitude"} & said[name]
    assert "homepage" in said["organisation/o-8"]


def test_what_is_required_or_contradicts_itself_refuses_the_line(judged: Judged) -> None:
    assert judged.refused == {"registre": 3}
    refused = {f.row for f in judged.inspection.findings if f.refused}
    assert refused == {6, 7, 8}

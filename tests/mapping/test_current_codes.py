"""References by codes of communes become those of today, on the day of which the codes are."""

from collections.abc import Iterator

import duckdb
import pytest

from kg.mapping.current_codes import Former, make_todays
from kg.mapping.work import open_work
from kg.namespaces import ID, expand

HERE = f"{ID}territory/"
ONE, OTHER, PART = "commune-59002", "commune-59003", "commune-deleguee-59001"
FORMER = (
    (PART, "59001", "2017-01-01"),
    (ONE, "59004", "2000-01-01"),
    (ONE, "59005", "1990-01-01"),
    (OTHER, "59005", "1990-01-01"),
    (PART, "59002", "2017-01-01"),  # what 59002 was before it was the code of the whole
)


@pytest.fixture
def db() -> Iterator[duckdb.DuckDBPyConnection]:
    work = open_work()
    kind = expand("ess:territoryKind")
    told = [("territories", f"{HERE}{key}", kind, "<x>") for key in (ONE, OTHER, PART)] + [
        ("territories", HERE + PART, expand("ess:within"), f"<{HERE}{ONE}>")
    ]
    for number, (key, code, until) in enumerate(FORMER):
        node = f"{HERE}{key}#former-{number}"
        told += [
            ("territories", HERE + key, expand("ess:formerly"), f"<{node}>"),
            ("territories", node, expand("skos:notation"), f'"{code}"'),
            ("territories", node, expand("ess:until"), f'"{until}"^^<{expand("xsd:date")}>'),
        ]
    work.executemany("INSERT INTO quads VALUES (?, 0, ?, ?, ?)", told)
    yield work
    work.close()


def referred(db: duckdb.DuckDBPyConnection, source: str, *codes: str) -> None:
    """Adds lines of a source that refer to the communes of some codes."""
    for number, code in enumerate(codes, 1):
        place = f"<{HERE}commune-{code}>"
        subject = f"{ID}organisation/{source}-{number}"
        db.execute(
            "INSERT INTO quads VALUES (?, ?, ?, ?, ?)",
            [source, number, subject, expand("ess:headquarteredIn"), place],
        )
        db.execute(
            "INSERT INTO records VALUES (?, ?, 'organisations', 'a.csv', ?, ?, '')",
            [number, source, number + 1, subject],
        )


def places(db: duckdb.DuckDBPyConnection, source: str) -> list[str]:
    rows = db.execute("SELECT o FROM quads WHERE source = ? ORDER BY record", [source]).fetchall()
    return [o.strip("<>").removeprefix(HERE) for (o,) in rows]


def test_without_a_day_a_code_of_today_is_that_and_others_are_what_they_became(
    db: duckdb.DuckDBPyConnection,
) -> None:
    referred(db, "list", "59001", "59002", "59004", "59005", "59009")
    told = make_todays(db)
    assert places(db, "list") == [PART, ONE, ONE, "commune-59005", "commune-59009"]
    assert told == [
        Former("a.csv", "commune-59001", (PART,), 1),
        Former("a.csv", "commune-59004", (ONE,), 1),
        Former("a.csv", "commune-59005", (ONE, OTHER), 1),
    ]


def test_a_code_is_taken_on_the_day_that_its_source_states(db: duckdb.DuckDBPyConnection) -> None:
    referred(db, "list", "59001", "59002", "59004")
    make_todays(db, {"list": "2010-01-01"})
    assert places(db, "list") == [PART, PART, ONE]


def test_what_is_there_stays_as_it_is(db: duckdb.DuckDBPyConnection) -> None:
    referred(db, "list", "59002", "59003")
    assert make_todays(db) == []
    assert places(db, "list") == [ONE, OTHER]

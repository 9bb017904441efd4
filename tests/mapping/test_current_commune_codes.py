"""Commune code update: references by former codes become current, as of their date."""

from collections.abc import Iterator

import duckdb
import pytest

from kg.mapping.current_commune_codes import FormerCode, parse_period, update_commune_codes
from kg.mapping.work_database import open_work_database
from kg.namespaces import ID, expand

HERE = f"{ID}territory/"
ONE, OTHER, PART = "commune-59002", "commune-59003", "commune-deleguee-59001"
FORMER = (
    (PART, "59001", "2017-01-01"),
    (ONE, "59004", "2000-01-01"),
    (ONE, "59005", "1990-01-01"),
    (OTHER, "59005", "1990-01-01"),
    (
        PART,
        "59002",
        "2017-01-01",
    ),  # the code of this part before that of the whole
)


@pytest.fixture
def db() -> Iterator[duckdb.DuckDBPyConnection]:
    work = open_work_database()
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
    """Add rows of a source that refer to communes by these codes."""
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


def test_undated_current_codes_stay_and_former_ones_are_replaced(
    db: duckdb.DuckDBPyConnection,
) -> None:
    referred(db, "list", "59001", "59002", "59004", "59005", "59009")
    told = update_commune_codes(db)
    assert places(db, "list") == [PART, ONE, ONE, "commune-59005", "commune-59009"]
    assert told == [
        FormerCode("a.csv", "commune-59001", (PART,), 1),
        FormerCode("a.csv", "commune-59004", (ONE,), 1),
        FormerCode("a.csv", "commune-59005", (ONE, OTHER), 1),
    ]


def test_codes_are_read_as_of_the_date_of_the_source(db: duckdb.DuckDBPyConnection) -> None:
    referred(db, "list", "59001", "59002", "59004")
    update_commune_codes(db, {"list": "2010-01-01"})
    assert places(db, "list") == [PART, PART, ONE]


def test_references_to_described_territories_are_unchanged(db: duckdb.DuckDBPyConnection) -> None:
    referred(db, "list", "59002", "59003")
    assert update_commune_codes(db) == []
    assert places(db, "list") == [ONE, OTHER]


def test_references_to_parts_of_communes_are_unchanged(db: duckdb.DuckDBPyConnection) -> None:
    referred(db, "list", "59002")
    db.execute("UPDATE quads SET o = ? WHERE source = 'list'", [f"<{HERE}{PART}>"])
    assert update_commune_codes(db, {"list": "2020-01-01"}) == []
    assert places(db, "list") == [PART]


@pytest.mark.parametrize(
    ("written", "days"),
    [
        ("2015", ("2015-01-01", "2015-12-31")),
        ("2015-06", ("2015-06-01", "2015-06-31")),
        ("2015-06-30", ("2015-06-30", "2015-06-30")),
        ("2015-06-30T19:00+02:00", ("2015-06-30", "2015-06-30")),
        ("30/6/2015", ("2015-06-30", "2015-06-30")),
        ("2015?", None),
        ("été 2015", None),
        ("", None),
    ],
)
def test_periods_of_years_months_and_days(written: str, days: tuple[str, str] | None) -> None:
    assert parse_period(written) == days


def dated(db: duckdb.DuckDBPyConnection, *dates: str) -> None:
    """Set the dates of the rows."""
    rows = [(number, written) for number, written in enumerate(dates, 1) if written]
    db.executemany("INSERT INTO code_dates VALUES (?, ?)", rows)


def test_codes_are_read_as_of_the_date_of_the_row(db: duckdb.DuckDBPyConnection) -> None:
    # until 2017, 59002 was the code of a commune that is now a part; then of the whole
    referred(db, "list", *["59002"] * 7)
    dated(db, "2010", "2016-12", "2016-12-31", "2017-01-01", "2017", "31/12/2016", "2016-06/2017")
    told = update_commune_codes(db)
    assert places(db, "list") == [PART, PART, PART, ONE, ONE, PART, ONE]
    assert told == [FormerCode("a.csv", "commune-59002", (PART,), 4)]


def test_rows_without_a_date_use_the_date_of_the_source(db: duckdb.DuckDBPyConnection) -> None:
    referred(db, "list", "59002", "59002", "59002")
    referred(db, "other", "59002")
    dated(db, "2020", "", "about 2020")
    update_commune_codes(db, {"list": "2010-01-01"})
    assert places(db, "list") == [ONE, PART, PART]
    assert places(db, "other") == [ONE]


def test_ambiguous_codes_are_unchanged_and_restored_ones_are_current(
    db: duckdb.DuckDBPyConnection,
) -> None:
    # 59003 was part of the first commune from 1972 to 1999: only a reference to it means it
    node = f"{HERE}{ONE}#former-back"
    db.executemany(
        "INSERT INTO quads VALUES ('territories', 0, ?, ?, ?)",
        [
            (HERE + OTHER, expand("ess:formerly"), f"<{node}-2>"),
            (f"{node}-2", expand("skos:notation"), '"59003"'),
            (f"{node}-2", expand("ess:until"), '"1972-01-01"'),
            (HERE + ONE, expand("ess:formerly"), f"<{node}>"),
            (node, expand("skos:notation"), '"59003"'),
            (node, expand("ess:until"), '"1999-07-01"'),
        ],
    )
    referred(db, "list", "59003", "59003", "59003", "59003", "59005", "59005")
    dated(db, "1960", "1980", "1999", "2005", "1980-05", "1999")
    told = update_commune_codes(db)
    assert places(db, "list") == [OTHER, ONE, OTHER, OTHER, "commune-59005", "commune-59005"]
    assert told == [
        FormerCode("a.csv", "commune-59003", (ONE,), 1),
        FormerCode("a.csv", "commune-59003", (ONE, OTHER), 1),  # in the course of that year
        FormerCode("a.csv", "commune-59005", (ONE, OTHER), 2),
    ]

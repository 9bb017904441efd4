"""Events of calendars as rows: zones, recurrences, entries that cannot be read."""

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from kg.errors import SourceError
from kg.sources import OpenedTable, open_file
from kg.sources.calendar_files import MAX_OCCURRENCES

ZONE = """BEGIN:VTIMEZONE
TZID:Bureau
BEGIN:STANDARD
DTSTART:19700101T000000
TZOFFSETFROM:+0{0}00
TZOFFSETTO:+0{0}00
END:STANDARD
END:VTIMEZONE
"""


@pytest.fixture
def db() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        yield connection


def open_text(db: duckdb.DuckDBPyConnection, path: Path, content: str) -> OpenedTable:
    path.write_text(f"BEGIN:VCALENDAR\nVERSION:2.0\n{content}END:VCALENDAR\n", "utf-8")
    return open_file(db, path, "t")


def write_event(*lines: str, uid: str = "a") -> str:
    return "\n".join(["BEGIN:VEVENT", f"UID:{uid}", *lines, "SUMMARY:Séance", "END:VEVENT", ""])


def read(db: duckdb.DuckDBPyConnection, columns: str) -> list[tuple[object, ...]]:
    return db.execute(f"SELECT {columns} FROM t ORDER BY ALL").fetchall()


@pytest.mark.parametrize(
    ("start", "expected"),
    [
        ("DTSTART:20260701T180000Z", ("2026-07-01T18:00:00+00:00", None)),
        ("DTSTART;TZID=Europe/Paris:20260701T180000", ("2026-07-01T18:00:00+02:00", None)),
        ("DTSTART;TZID=Bureau:20260701T180000", ("2026-07-01T18:00:00+05:00", None)),
        # a program's own name of a zone that is known
        ("DTSTART;TZID=/x.org/20070129_1/Europe/Paris:20260701T180000",
         ("2026-07-01T18:00:00+02:00", None)),
        ("DTSTART:20260701T180000", ("2026-07-01", "2026-07-01 18:00")),
        ("DTSTART;VALUE=DATE:20260701", ("2026-07-01", None)),
    ],
)  # fmt: skip
def test_a_time_has_the_offset_of_its_zone(
    db: duckdb.DuckDBPyConnection, tmp_path: Path, start: str, expected: tuple[str, str | None]
) -> None:
    open_text(db, tmp_path / "a.ics", ZONE.format(5) + write_event(start))
    assert read(db, '"start", date_text') == [expected]


def test_the_zone_of_a_calendar_is_that_of_its_times(
    db: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    content = "X-WR-TIMEZONE:Europe/Paris\n" + write_event("DTSTART:20260701T230000Z")
    open_text(db, tmp_path / "a.ics", content + write_event("DTSTART:20260702T180000", uid="b"))
    assert read(db, 'uid, "start"') == [
        ("a", "2026-07-02T01:00:00+02:00"),
        ("b", "2026-07-02T18:00:00+02:00"),
    ]


def test_a_zone_of_one_file_is_not_that_of_another(
    db: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    event = write_event("DTSTART;TZID=Bureau:20260701T180000")
    for hours in (5, 8):
        open_text(db, tmp_path / f"{hours}.ics", ZONE.format(hours) + event)
        assert read(db, '"start"') == [(f"2026-07-01T18:00:00+0{hours}:00",)]


def test_a_zone_of_one_calendar_is_not_that_of_the_next_in_a_file(
    db: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    text = "".join(
        f"BEGIN:VCALENDAR\n{zone}{write_event('DTSTART;TZID=Bureau:20260701T180000', uid=uid)}"
        "END:VCALENDAR\n"
        for uid, zone in (("a", ZONE.format(5)), ("b", ZONE.format(8)), ("c", ""))
    )
    (tmp_path / "a.ics").write_text(text, "utf-8")
    open_file(db, tmp_path / "a.ics", "t")
    # a calendar without zones is in the file of those that define them
    assert read(db, 'uid, "start"') == [
        ("a", "2026-07-01T18:00:00+05:00"),
        ("b", "2026-07-01T18:00:00+08:00"),
        ("c", "2026-07-01T18:00:00+08:00"),
    ]


def test_whole_days_end_on_their_last_one(db: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    open_text(
        db, tmp_path / "a.ics",
        write_event("DTSTART;VALUE=DATE:20260701", "DTEND;VALUE=DATE:20260702")
        + write_event("DTSTART;VALUE=DATE:20260701", "DURATION:P3D", uid="b")
        + write_event("DTSTART:20260701T180000Z", "DURATION:PT1H30M", uid="c"),
    )  # fmt: skip
    assert read(db, 'uid, "end"') == [
        ("a", None),
        ("b", "2026-07-03"),
        ("c", "2026-07-01T19:30:00+00:00"),
    ]


def test_hours_are_exact_where_the_clocks_change(
    db: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    # RFC 5545, 3.3.6: days are of the calendar, hours exact. icalendar 7.3.0 adds both on the
    # clock, and reads PT24H as P1D (findings/icalendar-hours-across-summer-time.sh)
    start = "DTSTART;TZID=Europe/Paris:20260328T200000"
    open_text(
        db, tmp_path / "a.ics",
        write_event(start, "DURATION:PT8H", uid="a")
        + write_event(start, "DURATION:P1D", uid="b")
        + write_event(start, "DURATION:PT24H", uid="c")
        + write_event(start, "DURATION:P1DT1H", uid="d")
        + write_event(
            start, "DURATION:PT8H", "RRULE:FREQ=DAILY;COUNT=2",
            "RDATE;TZID=Europe/Paris;VALUE=PERIOD:20260401T200000/PT2H", uid="e",
        ),
    )  # fmt: skip
    assert read(db, 'uid, recurrence, "end"') == [
        ("a", "single", "2026-03-29T05:00:00+02:00"),
        ("b", "single", "2026-03-29T20:00:00+02:00"),
        ("c", "single", "2026-03-29T21:00:00+02:00"),
        ("d", "single", "2026-03-29T21:00:00+02:00"),
        ("e", "occurrence", "2026-03-29T05:00:00+02:00"),
        ("e", "occurrence", "2026-03-30T04:00:00+02:00"),
        ("e", "occurrence", "2026-04-01T22:00:00+02:00"),
        ("e", "series", "2026-03-29T05:00:00+02:00"),
    ]


def test_occurrences_keep_their_hour_and_their_exceptions(
    db: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    zone = ";TZID=Europe/Paris:"
    content = write_event(
        f"DTSTART{zone}20260322T190000", "RRULE:FREQ=WEEKLY;COUNT=3", f"EXDATE{zone}20260329T190000"
    ) + write_event(f"RECURRENCE-ID{zone}20260405T190000", f"DTSTART{zone}20260406T200000")
    opened = open_text(db, tmp_path / "a.ics", content)
    assert opened.rows == 3
    assert read(db, 'recurrence, occurrence, "start", _row') == [
        ("occurrence", "20260322T190000", "2026-03-22T19:00:00+01:00", 3),
        ("occurrence", "20260405T190000", "2026-04-06T20:00:00+02:00", 10),
        ("series", None, "2026-03-22T19:00:00+01:00", 3),
    ]


def test_a_rule_without_an_end_is_followed_for_a_year(
    db: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    rule = ("DTSTAMP:20260101T000000Z", "RRULE:FREQ=MONTHLY")
    open_text(db, tmp_path / "a.ics", write_event("DTSTART;VALUE=DATE:20251215", *rule))
    assert read(db, 'min("start"), max("start"), count(*)') == [("2025-12-15", "2026-12-15", 14)]


@pytest.mark.parametrize(
    ("rule", "rows", "told"),
    [
        ("FREQ=HOURLY", 1, "every hour"),
        ("FREQ=FORTNIGHTLY", 1, "cannot be read"),
        ("FREQ=DAILY;COUNT=100000", MAX_OCCURRENCES + 1, "more occurrences"),
    ],
)
def test_recurrences_have_bounds_and_are_told(
    db: duckdb.DuckDBPyConnection, tmp_path: Path, rule: str, rows: int, told: str
) -> None:
    event = write_event("DTSTART:20260101T090000Z", f"RRULE:{rule}")
    opened = open_text(db, tmp_path / "a.ics", event)
    assert opened.rows == rows
    (note,) = opened.notes
    assert told in note.en
    assert "lines 3" in note.en


def test_an_entry_that_cannot_be_read_is_told_with_its_line(
    db: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    good = write_event("DTSTART:20260101T090000Z", "GEO:ici")
    content = (
        write_event("DTSTART:20261399T090000Z") + good + "BEGIN:VEVENT\nUID:c\n"
        "DTSTART:20260101T090000Z\n" + write_event("SUMMARY:Sans début", uid="d")
    )
    opened = open_text(db, tmp_path / "a.ics", content)
    assert read(db, "uid, _row") == [("a", 8)]
    assert "optional values" in opened.notes[0].en
    malformed = db.execute(f'SELECT row, problem FROM "{opened.malformed}" ORDER BY row').fetchall()
    assert malformed == [(3, "entry-date"), (14, "entry-open"), (17, "entry-date")]


def test_private_entries_and_tasks_are_left_out_and_told(
    db: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    content = write_event("DTSTART:20260101T090000Z", "ORGANIZER;CN=Moi:mailto:moi@x.example")
    content += write_event("DTSTART:20260101T090000Z", "CLASS:PRIVATE", uid="b")
    content += "BEGIN:VTODO\nUID:c\nSUMMARY:Ranger\nEND:VTODO\n"
    opened = open_text(db, tmp_path / "a.ics", content)
    assert opened.rows == 1
    assert "Moi" not in str(read(db, "*"))
    assert [note.en.partition(" ")[0] for note in opened.notes] == ["1", "1"]


def test_a_text_is_no_calendar(db: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    path = tmp_path / "a.ics"
    path.write_text("bonjour\n", "utf-8")
    with pytest.raises(SourceError, match="no iCalendar"):
        open_file(db, path, "t")


def test_calendars_of_users_are_read(db: duckdb.DuckDBPyConnection, shared: Path) -> None:
    """Every calendar gives events, or says why it has none."""
    read_files, unread = 0, []
    for path in sorted((shared / "data" / "events" / "ics").glob("*.ics")):
        try:
            read_files += bool(open_file(db, path, "t").rows)
        except SourceError as error:
            unread.append((path.name, error.message_in("fr")))
    assert all(name in message for name, message in unread)
    assert read_files > 60


@pytest.mark.parametrize(
    "lines",
    [
        ("DTSTAMP:99991231T000000Z", "DTSTART:20260701T180000Z", "RRULE:FREQ=YEARLY"),
        ("DTSTART:20260701T180000Z", "DURATION:P9999999D"),
        ("DTSTART;TZID=Europe/Paris:00010101T000000", "RRULE:FREQ=YEARLY;COUNT=2"),
        (
            "DTSTART;TZID=America/New_York:99991231T235959",
            "DTEND;TZID=Europe/Paris:99991231T235959",
        ),
    ],
)
def test_a_date_at_an_end_of_time_costs_no_other_entry(
    db: duckdb.DuckDBPyConnection, tmp_path: Path, lines: tuple[str, ...]
) -> None:
    good = write_event("DTSTART:20260701T180000Z", uid="good")
    open_text(db, tmp_path / "a.ics", write_event(*lines) + good)
    assert ("good",) in read(db, "uid")

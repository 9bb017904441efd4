"""Forgetting in calendars and feeds: people whom no row names, events, entries."""

import gzip
import shutil
from pathlib import Path

import feedparser
import icalendar
import pytest

from kg.installation import InstallationPaths
from kg.privacy.calendar_redaction import redact_calendar
from kg.privacy.feed_redaction import redact_feed
from kg.privacy.forget import forget
from kg.privacy.traces import Traces
from kg.releases.redaction_record import Reason
from tests.conftest import ROOT

ALIX = Traces(
    "person", "demo-alix", names=frozenset({"Alix Martin", "Été, Zoë"})
)  # fmt: skip
EVENT = (
    "BEGIN:VEVENT\r\nUID:{uid}\r\nDTSTAMP:20260101T000000Z\r\nDTSTART:20260305T180000Z\r\n"
    "SUMMARY:{summary}\r\n{more}END:VEVENT\r\n"
)
FOLDED = (
    "ATTENDEE;ROLE=CHAIR;CN=Alix Mar\r\n tin;PARTSTAT=ACCEPTED:mailto:al\r\n\tix@example.org\r\n"
    "ATTENDEE;CN=Zoé Petit:mailto:zoe@example.org\r\nORGANIZER:mailto:alix@example.org\r\n"
    "CONTACT:Été\\, Zoë\r\n"
)
CALENDAR = (
    "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//demo//FR\r\n"
    + EVENT.format(uid="a@x", summary="Assemblée", more=FOLDED)
    + EVENT.format(uid="b@x", summary="Rencontre avec Alix Martin", more="")
    + EVENT.format(uid="c@x", summary="Atelier", more="RRULE:FREQ=DAILY;COUNT=2\r\n")
    + "END:VCALENDAR\r\n"
)
FEED = """<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom" xmlns:dc="http://purl.org/dc/elements/1.1/">
  <title>Site</title><id>https://example.org/</id><link href="https://example.org/"/>
  <author><name>Alix Martin</name><email>alix@example.org</email></author>
  <entry>
    <id>https://example.org/1</id><title>Un</title><updated>2026-01-01T00:00:00Z</updated>
    <author><name>&#65;lix Martin</name></author><author><name>Zoé Petit</name></author>
  </entry>
  <entry>
    <id>https://example.org/2</id><title>Portrait d'Alix Martin</title>
    <updated>2026-01-02T00:00:00Z</updated><dc:creator>Alix  Martin</dc:creator>
  </entry>
</feed>
"""


def find_line(text: str, start: str) -> int:
    return text[: text.index(start)].count("\n") + 1


def test_people_of_a_calendar_are_removed_and_the_rest_stays() -> None:
    fresh, events, people, left = redact_calendar(CALENDAR, frozenset(), ALIX)
    assert fresh == CALENDAR.replace(FOLDED, "ATTENDEE;CN=Zoé Petit:mailto:zoe@example.org\r\n")
    assert (events, people) == (0, 3)
    # a title that mentions somebody is to be edited by hand
    assert left == [find_line(CALENDAR, "SUMMARY:Rencontre")]


def test_events_are_removed_and_series_are_told() -> None:
    lines = {uid: find_line(CALENDAR, f"BEGIN:VEVENT\r\nUID:{uid}") for uid in ("b@x", "c@x")}
    fresh, events, _, left = redact_calendar(CALENDAR, frozenset(lines.values()), ALIX)
    kept = icalendar.Calendar.from_ical(fresh)
    assert [str(event["UID"]) for event in kept.events] == ["a@x", "c@x"]
    assert events == 1
    assert left == [lines["c@x"]]


def test_people_and_entries_of_a_feed_are_removed() -> None:
    fresh, entries, people, left = redact_feed(FEED, frozenset(), ALIX)
    assert (entries, people) == (0, 3)
    assert [a.name for e in feedparser.parse(fresh).entries for a in e.get("authors", [])] == [
        "Zoé Petit"
    ]
    assert left == [find_line(fresh, "    <id>https://example.org/2")]
    second = find_line(FEED, "  <entry>\n    <id>https://example.org/2")
    fresh, entries, _, left = redact_feed(FEED, frozenset({second}), ALIX)
    assert [e.id for e in feedparser.parse(fresh).entries] == ["https://example.org/1"]
    assert (entries, left) == (1, [])


@pytest.mark.parametrize(
    "feed",
    [
        # two entries on one line, and one that is only in a comment: which is meant is not sure
        FEED.replace("</entry>\n  <entry>", "</entry><entry>"),
        FEED.replace("<title>Un</title>", "<title>Un</title><!-- <entry> -->"),
    ],
)
def test_an_entry_that_is_not_sure_stays_and_is_told(feed: str) -> None:
    line = find_line(feed, "<id>https://example.org/2")
    _, entries, _, left = redact_feed(feed, frozenset({line}), ALIX)
    assert entries == 0
    assert line in left


def test_sources_are_searched_for_people_whom_no_row_names(places: InstallationPaths) -> None:
    agenda = add_source(places, "icalendar", "agenda.ics", CALENDAR.encode())
    site = add_source(places, "feed", "site.xml.gz", gzip.compress(FEED.encode()))
    trial = forget(places, "person/demo-alix", Reason.ERASURE, "2026-11-29", dry_run=True)
    mention = find_line(CALENDAR, "SUMMARY:Rencontre")
    assert f"sources/icalendar/raw/agenda.ics, row {mention}" in trial.left
    assert agenda.read_bytes() == CALENDAR.encode()
    done = forget(places, "person/demo-alix", Reason.ERASURE, "2026-11-29")
    for told in (trial, done):
        assert {line.partition(":")[0] for line in told.removed} >= {
            "sources/icalendar/raw/agenda.ics", "sources/feed/raw/site.xml.gz",
        }  # fmt: skip
    mention = find_line(agenda.read_text("utf-8"), "SUMMARY:Rencontre")
    assert f"sources/icalendar/raw/agenda.ics, row {mention}" in done.left
    assert gzip.decompress(site.read_bytes()).decode().count("Martin") == 1
    again = forget(places, "person/demo-alix", Reason.ERASURE, "2026-11-29")
    assert again.removed == []


def add_source(places: InstallationPaths, recipe: str, name: str, content: bytes) -> Path:
    folder = places.sources / recipe
    shutil.copytree(ROOT / "data" / "recipes" / recipe, folder)
    description = folder / "source.toml"
    description.write_text("retrieved = 2026-11-01\n" + description.read_text("utf-8"), "utf-8")
    (folder / "raw").mkdir()
    (folder / "raw" / name).write_bytes(content)
    return folder / "raw" / name

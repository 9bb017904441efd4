"""EDTF intervals: unknown parts of a date are not guessed."""

import pytest

from kg.catalogue.edtf import (
    OPEN_END,
    compute_extent,
    compute_sort_key,
    parse_interval,
    parse_span,
    parse_typed_date,
)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("2011", ("2011-01-01", "2011-12-31")),
        ("2012-02", ("2012-02-01", "2012-02-29")),
        ("2010-11-04", ("2010-11-04", "2010-11-04")),
        ("2010-11-04T16:30:00+01:00", ("2010-11-04T16:30", "2010-11-04T16:30")),
        ("2019-02-01?", ("2019-02-01", "2019-02-01")),
        ("2016-23", ("2016-09-01", "2016-11-30")),
        ("201X", ("2010-01-01", "2019-12-31")),
        ("2011-XX", ("2011-01-01", "2011-12-31")),
        ("2009/2010", ("2009-01-01", "2010-12-31")),
        ("2009/..", ("2009-01-01", "2009-12-31")),
        ("XXXX-03-22", None),
        ("bientôt", None),
        ("", None),
    ],
)
def test_edtf_dates_become_intervals(written: str, expected: tuple[str, str] | None) -> None:
    assert parse_interval(written) == expected


def test_an_organisation_without_an_end_is_open_ended() -> None:
    assert compute_extent("organisation", ["2005"], []) == ("2005-01-01", OPEN_END)
    assert compute_extent("organisation", ["2005"], ["2010"]) == ("2005-01-01", "2010-12-31")


def test_an_event_without_an_end_ends_when_it_begins() -> None:
    assert compute_extent("event", ["2011"], []) == ("2011-01-01", "2011-12-31")


def test_a_record_without_usable_date_has_no_interval() -> None:
    assert compute_extent("event", ["XXXX-03-22"], []) == (None, None)


@pytest.mark.parametrize(
    ("written", "zone", "expected"),
    [
        ("2026-05-12T17:30Z", "Europe/Paris", "2026-05-12T19:30"),
        ("2026-05-12T22:30:00.000Z", "Europe/Paris", "2026-05-13T00:30"),
        ("2026-05-12T17:30Z", None, "2026-05-12T17:30"),
        ("2026-05-12T17:30", "Europe/Paris", "2026-05-12T17:30"),
    ],
)
def test_moments_are_converted_to_local_time(written: str, zone: str | None, expected: str) -> None:
    assert parse_interval(written, zone) == (expected, expected)


def test_instants_of_several_zones_sort_together() -> None:
    there = compute_sort_key("2026-05-13T01:00+04:00", "2026-05-13T01:00", "Indian/Reunion")
    here = compute_sort_key("2026-05-12T22:30Z", "2026-05-13T00:30", "Europe/Paris")
    assert there == "2026-05-12T23:00"
    assert here == "2026-05-13T00:30"
    assert compute_sort_key("2026", "2026-01-01", None) == "2026-01-01"


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("31/12/2018", ("2018-12-31", "2018-12-31")),
        ("1.2.2018", ("2018-02-01", "2018-02-01")),
        ("12/2018", ("2018-12-01", "2018-12-31")),
        ("2018", ("2018-01-01", "2018-12-31")),
        ("2018/2020", ("2018-01-01", "2020-12-31")),
        ("31/02/2018", None),
        ("13/2018", None),
        ("hier/2018", None),
        ("demain", None),
    ],
)
def test_typed_dates_become_intervals(typed: str, expected: tuple[str, str] | None) -> None:
    assert parse_typed_date(typed) == expected


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("2010-11-04T16:30:00+01:00", ("2010-11-04", "2010-11-04", "time")),
        ("2010-11-04", ("2010-11-04", "2010-11-04", "day")),
        ("2010-11?", ("2010-11-01", "2010-11-30", "month")),
        ("2010-22", ("2010-06-01", "2010-08-31", "season")),
        ("2010~", ("2010-01-01", "2010-12-31", "year")),
        ("201X", ("2010-01-01", "2019-12-31", "decade")),
        ("2010/2011-03", ("2010-01-01", "2011-03-31", "period")),
        ("2010/..", ("2010-01-01", None, "period")),
        ("../2010", (None, "2010-12-31", "period")),
        ("XXXX-03-22", (None, None, "unknown")),
        ("un jour", (None, None, "unknown")),
    ],
)
def test_spans_have_days_and_precision(
    written: str, found: tuple[str | None, str | None, str]
) -> None:
    assert parse_span(written) == found

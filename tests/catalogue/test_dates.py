"""Dates as intervals: what is unknown stays so."""

import pytest

from kg.catalogue.dates import FOREVER, extent, interval


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
def test_interval(written: str, expected: tuple[str, str] | None) -> None:
    assert interval(written) == expected


def test_an_organisation_goes_on_until_its_end_is_stated() -> None:
    assert extent("organisation", ["2005"], []) == ("2005-01-01", FOREVER)
    assert extent("organisation", ["2005"], ["2010"]) == ("2005-01-01", "2010-12-31")


def test_an_event_without_end_ends_as_it_begins() -> None:
    assert extent("event", ["2011"], []) == ("2011-01-01", "2011-12-31")


def test_a_record_without_usable_date_has_no_interval() -> None:
    assert extent("event", ["XXXX-03-22"], []) == (None, None)

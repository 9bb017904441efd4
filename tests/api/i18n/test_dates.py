"""Dates and durations in words."""

import pytest

from api.i18n.dates import format_date, format_duration


@pytest.mark.parametrize(
    ("written", "french", "english"),
    [
        ("P3Y", "3\u00a0ans", "3\u00a0years"),
        ("P1Y6M", "1\u00a0an et 6\u00a0mois", "1\u00a0year and 6\u00a0months"),
        ("P2W", "2\u00a0semaines", "2\u00a0weeks"),
        ("PT1H30M", "1\u00a0heure et 30\u00a0minutes", "1\u00a0hour and 30\u00a0minutes"),
        ("P", "P", "P"),
        ("P1DT", "P1DT", "P1DT"),
        ("trois ans", "trois ans", "trois ans"),
    ],
)
def test_a_duration_is_told_in_words(written: str, french: str, english: str) -> None:
    assert format_duration(written, "fr") == french
    assert format_duration(written, "en") == english


def test_a_french_time_does_not_break() -> None:
    written = "2010-11-04T16:30:00+01:00/2010-11-04T19:00:00+01:00"
    told = format_date(written, "fr", "Europe/Paris")
    assert told == "4 novembre 2010, 16\u00a0h\u00a030 – 19\u00a0h"

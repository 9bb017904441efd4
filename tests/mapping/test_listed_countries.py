"""A country that a row states is a territory where there is a record of it."""

from contextlib import closing

import pytest

from kg.mapping.listed_countries import resolve_stated_countries
from kg.mapping.work_database import open_work_database
from kg.namespaces import ID, expand

TERRITORY = f"{ID}territory/"


@pytest.mark.parametrize(
    ("records", "found"),
    [
        (("country-BE", "commune-59350"), ["country-BE"]),
        (("country-IT",), []),
        (("commune-59350",), []),
        # without territories no reference to one is judged
        ((), ["country-BE"]),
    ],
)
def test_a_stated_country_is_replaced_or_left_out(
    records: tuple[str, ...], found: list[str]
) -> None:
    subject = f"{ID}organisation/x"
    seat, kept = expand("ess:headquarteredIn"), f"<{TERRITORY}commune-75056>"
    with closing(open_work_database()) as db:
        for key in records:
            row = [f"{TERRITORY}{key}", expand("skos:prefLabel"), '"A"@fr']
            db.execute("INSERT INTO quads VALUES ('s', 1, ?, ?, ?)", row)
        for node in (f"<{TERRITORY}country-of-BE>", kept):
            db.execute("INSERT INTO quads VALUES ('s', 2, ?, ?, ?)", [subject, seat, node])
        resolve_stated_countries(db)
        rows = db.execute("SELECT o FROM quads WHERE record = 2 ORDER BY o").fetchall()
        omitted = db.execute("FROM omitted").fetchall()
    assert sorted(o for (o,) in rows) == sorted([*(f"<{TERRITORY}{key}>" for key in found), kept])
    assert not omitted  # the address names the country

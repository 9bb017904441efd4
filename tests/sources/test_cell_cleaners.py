"""Cleaners of cells: what they make of what registers write."""

import duckdb
import pytest

from kg.sources.cell_cleaners import define_cleaners


@pytest.fixture(scope="module")
def db() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    define_cleaners(connection)
    return connection


@pytest.mark.parametrize(
    ("cleaner", "written", "cleaned"),
    [
        ("html", "Caf&eacute; &amp; th&#233; L&#039;A & B", "Café & thé L'A & B"),
        ("html", "&amp;eacute; &zzz; &#1; &#55296;", "&eacute; &zzz; &#1; &#55296;"),
        ("html", "<p>un<br>deux</p><script>x()</script>", "un\ndeux"),
        ("html", "<p> </p>", None),
        ("compact", " 0000 0001\u00a02124 2651 ", "0000000121242651"),
        ("compact", " ", None),
        ("lambert_latitude", "704000, 7059000", "50.627975"),
        ("lambert_longitude", "704000;7059000", "3.056436"),
        ("lambert_latitude", "48.85", "48.85"),
        ("lambert_latitude", "338000,7690000", None),  # of the projection of La Réunion
        ("zoned", "2026-11-05T19:00:00.000+01:00", "2026-11-05T19:00:00+01:00"),
        ("zoned", "2026-11-05 19:00:00Z", "2026-11-05T19:00:00Z"),
        ("zoned", "2026-11-05T19:00", "2026-11-05"),
        ("zoned", "05/11/2026", "2026-11-05"),
        ("date", "1er août 2016", "2016-08-01"),
        ("date", "AOÛT 2016", "2016-08"),
        ("url", "münchen-café.example/ä", "https://münchen-café.example/ä"),
        ("url", "пример.example", "https://пример.example"),
        ("url", "M. Dupont", "M. Dupont"),
        ("url", "a.b", "a.b"),
        ("zoned", "2026-03-26 19:00 +0100", "2026-03-26T19:00+01:00"),
        ("zoned", "26/03/2026 19:00", "2026-03-26"),
        ("moment", "26/03/2026 9:30", "2026-03-26T09:30"),
        ("moment", "2026-03-26 00:00:00", "2026-03-26"),
        (
            "nocontact",
            "écrire à élodie.é@café.example ou MAILTO:x@y.example",
            "écrire à […] ou […]",
        ),
        ("country", " Allemagne ", "DE"),
        ("country", "fr", "FR"),
        ("country", "Nulle part", "Nulle part"),
        ("date", "mardi 3 mai 2011", "2011-05-03"),
        ("date", "Déc. 2019", "2019-12"),
        ("date", "May 3rd, 2011", "2011-05-03"),
        ("date", "15-sept-2019", "2019-09-15"),
        ("date", "Été 2014", "Été 2014"),
        ("date", "Le Havre 2012", "Le Havre 2012"),
        ("tail", "https://openalex.org/W12", "W12"),
        ("tail", "https://orcid.org/0000-0002-1825-0097/", "0000-0002-1825-0097"),
        ("tail", "http://www.idref.fr/026675846/id#x", "x"),
        ("tail", "W12", "W12"),
        ("nocontact", "Écrire à moi@x.example ou au 03 20 00 00 00.", "Écrire à […] ou au […]."),
        ("nocontact", "+33 3 20 00 00 00, en 2026, à 12 500", "[…], en 2026, à 12 500"),
    ],
)
def test_what_is_cleaned(
    db: duckdb.DuckDBPyConnection, cleaner: str, written: str, cleaned: str | None
) -> None:
    assert db.execute(f"SELECT clean_{cleaner}($1)", [written]).fetchone() == (cleaned,)


@pytest.mark.parametrize(
    ("written", "titled"),
    [
        ("ASSOCIATION DES AMIS DE L'ESS", "Association des Amis de l'ESS"),
        ("A.N.A.P.S.E.M.E", "A.N.A.P.S.E.M.E"),
        ("A.I.D AIDE INFORMATIQUE A DOMICILE", "A.I.D Aide Informatique a Domicile"),
        ("A I R I I E S M A R T", "A I R I I E S M A R T"),
        ("2 A A Z COMPUTEURS", "2 A A Z Computeurs"),
        ("A&A WEB ASSOCIATION", "A&A Web Association"),
        ("AIDE PERSONNALISEE A L' INFORMATIQUE", "Aide Personnalisee a l' Informatique"),
        ("AIDE A L INFORMATIQUE", "Aide a l Informatique"),
        ("SOCIETE D'INTERET COLLECTIF", "Societe d'Interet Collectif"),
        ("RADIO PLAN A", "Radio Plan A"),
        ("Nom A.b.c déjà composé", "Nom A.b.c déjà composé"),
        ("A L I C E", "A L I C E"),
        ("A.M.I", "A.M.I"),
    ],
)
def test_names_in_capitals(db: duckdb.DuckDBPyConnection, written: str, titled: str) -> None:
    assert db.execute("SELECT clean_title($1)", [written]).fetchone() == (titled,)

"""What is said of a cell fits what is in it, and the country it is of."""

from kg.validation.findings import Finding
from tests.dry_run.conftest import Check


def of(checked: object, shape: str) -> list[Finding]:
    found = checked.inspection.findings  # type: ignore[attr-defined]
    return [f for f in found if f.shape.endswith(shape)]


def test_codes_of_other_countries_are_no_french_ones(check: Check) -> None:
    head = "id,label_fr,kind,post_code,latitude,longitude,Country ID\n"
    rows = (
        "x-a,Une,association,SW1A 1AA,51.5,-0.1,GB\n"
        "x-b,Deux,association,1000,50.8,4.3,BE\n"
        "x-c,Trois,association,1000,46.2,5.2,FR\n"
        "x-d,Quatre,association,84200.0,43.9,5.1,\n"
        "x-e,Cinq,association,,2.04,45.3,Somalia\n"
        "x-f,Six,association,,2.35,48.85,France\n"
    )
    with check(("organisations.csv", head + rows)) as checked:
        assert [f.row for f in of(checked, "Address-post-code")] == [4, 5]
        assert [f.row for f in of(checked, "Coordinates-swapped")] == [7]


def test_a_post_code_and_a_point_are_judged_by_their_country(check: Check) -> None:
    head = "id,label_fr,kind,post_code,latitude,longitude,Pays\n"
    rows = (
        "x-a,Une,association,1000,50.8,4.3,Belgique\n"
        "x-b,Deux,association,75011,50.8,4.3,be\n"
        "x-c,Trois,association,1000-015,38.7,-9.1,PORTUGAL\n"
        "x-d,Quatre,association,1000-015,-9.1,38.7,PRT\n"
        "x-e,Cinq,association,AD500,42.5,1.5,Andorre\n"
        "x-f,Six,association,75011,48.85,2.35,Wakanda\n"
    )
    with check(("organisations.csv", head + rows)) as checked:
        assert [f.row for f in of(checked, "Address-post-code-abroad")] == [3]
        assert [f.row for f in of(checked, "Coordinates-country")] == [5]
        (unknown,) = of(checked, "Address-country")
        assert (unknown.row, unknown.heading, unknown.value) == (7, "Pays", "Wakanda")
        assert unknown.omitted  # without that cell the line stands
        assert checked.db.execute(
            "SELECT o FROM quads WHERE p LIKE '%#adminUnitL1' ORDER BY record"
        ).fetchall() == [('"BE"',), ('"BE"',), ('"PT"',), ('"PT"',), ('"AD"',)]


def test_a_wrong_point_is_told_once(check: Check) -> None:
    head = "id,label_fr,kind,latitude,longitude,country\n"
    points = ("200,4.3", "50.8,400", "0,0", "abc,4.3", ",4.3", "4.3,50.8", "38.7,-9.1")
    rows = "".join(f"x-{n},Lieu {n},association,{point},BE\n" for n, point in enumerate(points))
    with check(("organisations.csv", head + rows)) as checked:
        found = checked.inspection.findings
        about = [f.row for f in found if f.column in ("latitude", "longitude")]
        assert sorted(row for row in about if row) == list(range(2, 2 + len(points)))


def test_a_post_code_with_letters_needs_no_column_of_countries(check: Check) -> None:
    rows = "id,label_fr,kind,post_code\nx-a,Une,association,EH1 1YZ\nx-b,Deux,association,00-950\n"
    with check(("organisations.csv", rows)) as checked:
        assert not of(checked, "Address-post-code")


def test_a_number_of_zeros_is_no_key(check: Check) -> None:
    rows = "SIRET,nom,typologie,latitude,longitude\n" + "00000000000000,Lieu,,,\n" * 3
    with check(("places.csv", rows)) as checked:
        found = {f.component for f in checked.inspection.findings if f.refused}
        assert found == {"key-number-missing"}
        assert checked.db.execute(
            "SELECT count(*) FROM quads WHERE o LIKE '%00000000000000%'"
        ).fetchone() == (0,)


def test_a_key_of_several_values_is_reported_as_a_list(check: Check) -> None:
    rows = "id,label_fr,kind\nfabt-51; fabt-52,Deux,association\nun mot,Un,association\n"
    with check(("organisations.csv", rows)) as checked:
        found = [f.component for f in checked.inspection.findings if f.refused]
        assert found == ["key-list", "key-illegal"]


def test_a_row_without_a_number_gets_advice_to_look_it_up(check: Check) -> None:
    rows = "Numéro SIREN;Nom;Statut juridique\n;Une;SCOP\n"
    with check(("structures.csv", rows)) as checked:
        [missing] = [f for f in checked.inspection.findings if f.component == "key-number-missing"]
        assert "SIREN" in missing.advice.fr
    rows = "SIREN;Nom;Statut juridique\n552100554;Une;SCOP\n"
    with check(("structures.csv", rows)) as checked:
        [form] = of(checked, "Organisation-legal-form")
        assert "ess_form" in form.message.fr


def test_a_label_in_another_language_with_a_french_one_rejects_nothing(check: Check) -> None:
    text = (
        "@prefix skos: <http://www.w3.org/2004/02/skos/core#> .\n"
        "@prefix org: <http://www.w3.org/ns/org#> .\n"
        "<https://w3id.org/ess-kg/id/organisation/x-a> a org:Organization ;\n"
        ' skos:prefLabel "Maison"@fr , "Haus"@de , "Ti"@br ; skos:altLabel "Casa"@it .\n'
    )
    with check(("x.ttl", text)) as checked:
        assert not of(checked, "Record-label-language")
        assert not of(checked, "Record-alt-label-language")
    with check(("x.ttl", text.replace('"Haus"@de', '"Haus"'))) as checked:
        assert of(checked, "Record-label-language")

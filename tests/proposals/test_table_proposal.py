"""Mappings proposed for files that nobody has described, and the recipes that know some."""

import tomllib
from pathlib import Path

import duckdb
import pytest
import xlsxwriter

from kg.csvw_tables import Table, load_tables
from kg.errors import SourceError, TableError
from kg.licences import find_licence
from kg.proposals import (
    SourceFacts,
    TableProposal,
    copy_recipe,
    find_recipe,
    propose_table,
    read_file_features,
    write_draft,
)
from kg.proposals.value_patterns import is_siren, is_siret, measure_shares
from kg.sources import read_source, read_source_description

PARTNERS = """N° SIREN;Raison sociale;Type;Commune;CP;Date création;Site;GPS;Divers
552100554;Les Compagnons;Association;Lille;59000;01/03/2015;www.exemple.org;50.63, 3.06;x
130025265;Bureau d’études;Fondation;Roubaix;59100;2016;https://e.org;50.69, 3.17;y
;Sans numéro;Société secrète;Ambérieu;1500;2017-05-01;[ND];;
"""
THIRD_PLACES = """id_lieu,Nom du tiers-lieu,code_insee,latitude,longitude
a,La Grange,59350,50.6,3.0
b,Le Café,59350,50.7,3.1
"""


@pytest.fixture(scope="module")
def tables(root: Path) -> dict[str, Table]:
    return dict(load_tables(root / "ontology" / "tables"))


def propose(root: Path, tables: dict[str, Table], path: Path, **options: str) -> TableProposal:
    features = read_file_features(path)
    schemes = root / "ontology" / "schemes"
    return propose_table(features.tables, tables, schemes, "essai", path.name, **options)


def test_columns_are_matched_with_reasons(
    root: Path, tables: dict[str, Table], tmp_path: Path
) -> None:
    path = tmp_path / "partenaires.csv"
    path.write_text(PARTNERS, "utf-8")
    proposal = propose(root, tables, path)
    assert proposal.table.name == "organisations"
    found = {each.column: each for each in proposal.columns}
    assert {name: each.headings for name, each in found.items()} == {
        "id": ("N° SIREN", "Raison sociale"),
        "label_fr": ("Raison sociale",),
        "kind": ("Type",),
        "founded_on": ("Date création",),
        "territory": ("CP", "Commune"),
        "post_code": ("CP",),
        "latitude": ("GPS",),
        "longitude": ("GPS",),
        "homepage": ("Site",),
        "assertion": (),
    }
    assert found["kind"].unmapped == ("Société secrète",)
    assert [reason.en for reason in found["label_fr"].reasons] == [
        "a title of the column in the model"
    ]
    assert found["label_fr"].score > found["id"].score > 0.5
    assert proposal.unused == ("Divers",)
    assert not proposal.missing


def test_the_draft_is_a_source_whose_rows_are_read(
    root: Path, tables: dict[str, Table], tmp_path: Path
) -> None:
    folder = tmp_path / "essai"
    path = folder / "raw" / "partenaires.csv"
    path.parent.mkdir(parents=True)
    path.write_text(PARTNERS, "utf-8")
    facts = SourceFacts(
        "essai", title='Les "partenaires"', publisher="Nous", licence=find_licence("CC BY 4.0"),
        retrieved="2026-11-29",
    )  # fmt: skip
    write_draft(folder, facts, [propose(root, tables, path)])
    source = read_source_description(folder)
    assert source.title.fr == 'Les "partenaires"'
    assert source.licence == "https://creativecommons.org/licenses/by/4.0/"
    with duckdb.connect() as db:
        rows = {each.table.name: each.view for each in read_source(source, tables, db)}
        organisations = db.execute(
            "SELECT id, kind, founded_on, post_code, latitude, homepage FROM "
            f'"{rows["organisations"]}" ORDER BY _row'
        ).fetchall()
        identifiers = db.execute(f'SELECT subject, value FROM "{rows["identifiers"]}"').fetchall()
    assert organisations == [
        (
            "siren-552100554",
            "association",
            "2015-03-01",
            "59000",
            "50.63",
            "https://www.exemple.org",
        ),
        ("siren-130025265", "foundation", "2016", "59100", "50.69", "https://e.org"),
        ("essai-sans-numero", "Société secrète", "2017-05-01", "01500", None, None),
    ]
    assert ("organisation/siren-552100554", "552100554") in identifiers
    assert len(identifiers) == 2


def test_places_are_told_from_organisations_and_communes(
    root: Path, tables: dict[str, Table], tmp_path: Path
) -> None:
    path = tmp_path / "tiers_lieux_2026.csv"
    path.write_text(THIRD_PLACES, "utf-8")
    proposal = propose(root, tables, path)
    found = {each.column: each for each in proposal.columns}
    assert proposal.table.name == "places"
    assert found["id"].headings == ("id_lieu",)
    assert found["kind"].rule == '{ value = "third-place" }'
    assert found["territory"].headings == ("code_insee",)
    asked = propose(root, tables, path, requested="organisations")
    assert asked.table.name == "organisations"


def test_what_is_like_no_table_is_told(
    root: Path, tables: dict[str, Table], tmp_path: Path
) -> None:
    path = tmp_path / "mesures.csv"
    path.write_text("capteur_q,valeur_q\na,1\nb,2\n", "utf-8")
    with pytest.raises(TableError, match="say what its rows are with --table"):
        propose(root, tables, path)


def test_numbers_are_known_by_their_check_digit() -> None:
    assert is_siren("552 100 554")
    assert not is_siren("552100555")
    assert not is_siren("000000000")
    assert is_siret("35600000000048")  # La Poste
    assert not is_siret("00000000000000")
    assert measure_shares(["59350", "2A004", "97411", "1004"])["insee"] == 1
    assert measure_shares(["", " "]) == {}


RECIPE = """name = "{name}"   # a recipe
kind = "register"
licence = "https://creativecommons.org/publicdomain/zero/1.0/"
retrieved = "2026-01-01"
title = {{ fr = "Titre", en = "Title" }}
[publisher]
fr = "Qui publie"
[description]
fr = "Ce que c’est"
[recognise]
{features}
[map.organisations.columns]
id = "x-{{id}}"   # kept
label_fr = "{{nom}}"
"""


@pytest.mark.parametrize(
    ("file", "content", "name"),
    [
        ("a.csv", "ID;Nom;Sigle\n1;A;B\n", "csv-with-sigle"),
        ("a.csv", "ID;Nom\n1;A\n", "csv-plain"),
        ("a.csv", "ID;Nom\nx-1;A\nx-2, x-3;B\n", "csv-of-x"),
        ("a.json", '{"docs": [{"id": 1, "names": [{"lang": "fr"}]}]}', "json"),
        ("a.ttl", "<http://a.org/x> <http://vocab.org/ns#p> 1 .", "rdf"),
        ("a.csv", "x;y\n1;2\n", None),
    ],
)
def test_a_format_is_recognised_by_the_most_particular_recipe(
    tmp_path: Path, file: str, content: str, name: str | None
) -> None:
    features = {
        "csv-plain": 'headings = ["id", "nom"]',
        "csv-of-x": 'headings = ["id", "nom"]\nvalues = { Id = "x-" }',
        "csv-with-sigle": 'headings = ["id", "nom", "sigle"]',
        "json": 'members = ["id", "names.lang"]',
        "rdf": 'namespaces = ["http://vocab.org/ns#"]',
    }
    for recipe, wanted in features.items():
        (tmp_path / recipe).mkdir()
        text = RECIPE.format(name=recipe, features=wanted)
        (tmp_path / recipe / "source.toml").write_text(text, "utf-8")
    recipes = [read_source_description(tmp_path / recipe) for recipe in features]
    path = tmp_path / file
    path.write_text(content, "utf-8")
    found, _ = find_recipe(read_file_features(path), recipes)
    assert (found.name if found else None) == name


def test_a_recipe_is_copied_with_what_is_known_of_the_source(tmp_path: Path) -> None:
    folder = tmp_path / "csv"
    (folder / "raw").mkdir(parents=True)
    (folder / "raw" / "old.csv").touch()
    (folder / "source.toml").write_text(
        RECIPE.format(name="csv", features='headings = ["id"]'), "utf-8"
    )
    facts = SourceFacts("annuaire", title="Annuaire", retrieved="2026-11-29")
    copy_recipe(read_source_description(folder), tmp_path / "annuaire", facts)
    source = read_source_description(tmp_path / "annuaire")
    assert (source.name, source.title.fr, source.title.en) == ("annuaire", "Annuaire", "Annuaire")
    assert (source.publisher.fr, source.retrieved) == ("Qui publie", "2026-11-29")
    assert source.recognition is None
    assert not (tmp_path / "annuaire" / "raw").exists()
    text = (tmp_path / "annuaire" / "source.toml").read_text("utf-8")
    assert "# kept" in text
    assert "recognise" not in tomllib.loads(text)


def test_post_codes_of_other_countries_are_left_as_they_are(
    root: Path, tables: dict[str, Table], tmp_path: Path
) -> None:
    path = tmp_path / "partenaires.csv"
    path.write_text(
        "Nom,Type,CP,Pays\nUne,association,1000,Belgique\nDeux,association,8001,Suisse\n", "utf-8"
    )
    found = {each.column: each for each in propose(root, tables, path).columns}
    assert "pad" not in found["post_code"].rule
    assert 'clean = ["placeholder", "country"]' in found["country"].rule


def test_values_of_many_columns_are_counted_for_each(tmp_path: Path) -> None:
    path = tmp_path / "wide.csv"
    numbers = range(250)
    rows = [[f"c{n}" for n in numbers], ["x" for _ in numbers], [str(n % 2) for n in numbers]]
    path.write_text("\n".join(",".join(row) for row in rows), "utf-8")
    (table,) = read_file_features(path).tables
    assert table.filled == {f"c{n}": 2 for n in numbers}
    assert len(table.values) == len(table.distinct) == 250


def test_sheets_with_the_same_columns_are_one_table(
    root: Path, tables: dict[str, Table], tmp_path: Path
) -> None:
    folder = tmp_path / "essai"
    (folder / "raw").mkdir(parents=True)
    path = folder / "raw" / "associations.xlsx"
    rows = {
        "Notice": [["Lisez-moi", "Version"], ["x", "1"]],
        "Nord (59)": [["SIREN", "Nom"], ["552100554", "A"]],
        "Rhône": [["Nom", "SIREN"], ["B", "130025265"]],
    }
    with xlsxwriter.Workbook(path) as book:
        for name, lines in rows.items():
            sheet = book.add_worksheet(name)
            for number, line in enumerate(lines):
                sheet.write_row(number, 0, line)
    proposal = propose(root, tables, path)
    assert [each.opened.sheet for each in proposal.sheets] == ["Nord (59)", "Rhône"]
    assert proposal.rows == 2
    facts = SourceFacts("essai", "T", "D", "P", find_licence("CC0"), "", "2026-01-01")
    write_draft(folder, facts, [proposal])
    with duckdb.connect() as db:
        read = {
            rows.table.name: db.execute(f'SELECT count(*) FROM "{rows.view}"').fetchone()
            for rows in read_source(read_source_description(folder), tables, db)
        }
    assert read == {"organisations": (2,), "identifiers": (2,)}


def test_kinds_are_known_by_what_files_call_them(
    root: Path, tables: dict[str, Table], tmp_path: Path
) -> None:
    path = tmp_path / "liste.csv"
    path.write_text("siren;nom;type\n552100554;A;SCIC\n130025265;B;Laboratoire\n;C;asso\n", "utf-8")
    kind = next(c for c in propose(root, tables, path).columns if c.column == "kind")
    assert kind.headings == ("type",)
    assert kind.unmapped == ()
    for written, code in (("SCIC", "cooperative"), ("Laboratoire", "laboratory")):
        assert f'"{written.lower()}" = "{code}"' in kind.rule.lower()


def test_a_legal_category_gives_the_kind_that_no_column_says(
    root: Path, tables: dict[str, Table], tmp_path: Path
) -> None:
    path = tmp_path / "liste.csv"
    path.write_text(
        "siren;denomination;categorieJuridiqueUniteLegale\n552100554;A;9220\n130025265;B;5458\n",
        "utf-8",
    )
    found = {each.column: each.rule for each in propose(root, tables, path).columns}
    assert "legal_form_kind(" in found["kind"]
    assert "legal_form_ess_form(" in found["ess_form"]


def test_the_name_of_a_person_is_made_of_its_parts(
    root: Path, tables: dict[str, Table], tmp_path: Path
) -> None:
    path = tmp_path / "chercheurs.csv"
    path.write_text("Nom;Prénom;ORCID\nDurand;Aline;0000-0002-1825-0097\nMartin;Zoé;\n", "utf-8")
    proposal = propose(root, tables, path)
    assert proposal.table.name == "people"
    rules = {each.column: each for each in proposal.columns}
    assert rules["label_fr"].rule == '"{Prénom|trim} {Nom|trim}"'
    assert rules["family_name"].headings == ("Nom",)
    assert not proposal.missing


def test_objects_are_no_names_and_the_path_to_records_is_told_and_taken(
    root: Path, tables: dict[str, Table], tmp_path: Path
) -> None:
    path = tmp_path / "export.json"
    path.write_text(
        """{"organisations": [{"siren": "552100554", "nom": "A"},
        {"siren": "130025265", "nom": "B"}],
        "listes": [{"clef": "x", "valeur": "y"}]}""",
        "utf-8",
    )
    with pytest.raises(TableError) as raised:
        propose(root, tables, path)
    assert "organisations, listes" in raised.value.message_in("en")
    assert "--records" in raised.value.message_in("fr")
    features = read_file_features(path, "organisations")
    schemes = root / "ontology" / "schemes"
    proposal = propose_table(features.tables, tables, schemes, "essai", path.name)
    assert {each.column for each in proposal.columns} >= {"id", "label_fr"}
    facts = SourceFacts(
        "essai", "T", "D", "P", "https://x.org/", retrieved="2026-01-01", records="organisations"
    )
    folder = tmp_path / "essai"
    (folder / "raw").mkdir(parents=True)
    path.rename(folder / "raw" / path.name)
    write_draft(folder, facts, [proposal])
    with duckdb.connect() as db:
        rows, _ = read_source(read_source_description(folder), tables, db)
        assert db.execute(f'SELECT count(*) FROM "{rows.view}"').fetchone() == (2,)


def test_who_must_not_be_shown_is_left_out_of_a_proposal(
    root: Path, tables: dict[str, Table], tmp_path: Path
) -> None:
    folder = tmp_path / "essai"
    (folder / "raw").mkdir(parents=True)
    path = folder / "raw" / "liste.csv"
    path.write_text(
        "siren;nom;statutDiffusionEtablissement\n552100554;A;O\n130025265;B;N\n", "utf-8"
    )
    write_draft(
        folder,
        SourceFacts("essai", "T", "D", "P", "https://x.org/", retrieved="2026-01-01"),
        [propose(root, tables, path)],
    )
    with duckdb.connect() as db:
        for rows in read_source(read_source_description(folder), tables, db):
            assert db.execute(f'SELECT count(*) FROM "{rows.view}"').fetchone() == (1,)


def test_small_numbers_and_keys_are_no_codes(
    root: Path, tables: dict[str, Table], tmp_path: Path
) -> None:
    path = tmp_path / "structures.csv"
    path.write_text("id;Nom;Rang\n1;A;5\n2;B;6\n9220;C;7\n", "utf-8")
    found = {each.column for each in propose(root, tables, path).columns}
    assert not {"legal_form", "kind", "ess_form"} & found


@pytest.mark.parametrize("headings", ["X_L93;Y_L93", "x;y", "Coordonnée X;Coordonnée Y"])
def test_coordinates_in_lambert_are_proposed(
    root: Path, tables: dict[str, Table], tmp_path: Path, headings: str
) -> None:
    path = tmp_path / "lieux.csv"
    path.write_text(
        f"id;nom du lieu;{headings};code insee\n1;A;704000;7059000;59350\n"
        "2;B;652000,5;6862000;75111\n",
        "utf-8",
    )
    proposal = propose(root, tables, path)
    assert proposal.table.name == "places"
    rules = {each.column: each.rule for each in proposal.columns}
    assert 'clean = ["lambert_latitude"]' in rules["latitude"]
    assert 'clean = ["lambert_longitude"]' in rules["longitude"]


def test_a_file_of_headings_alone_has_no_records(
    root: Path, tables: dict[str, Table], tmp_path: Path
) -> None:
    path = tmp_path / "liste.csv"
    path.write_text("identifiant;nom\n", "utf-8")
    with pytest.raises(SourceError, match="no row below its headings"):
        propose(root, tables, path)


def test_identifiers_are_proposed_in_the_form_of_their_register(
    root: Path, tables: dict[str, Table], tmp_path: Path
) -> None:
    folder = tmp_path / "essai"
    (folder / "raw").mkdir(parents=True)
    path = folder / "raw" / "labos.csv"
    path.write_text("ror,nom\nhttps://ror.org/02kzqn938,A\nhttps://ror.org/05a0dhs15,B\n", "utf-8")
    facts = SourceFacts("essai", "T", "D", "P", "https://x.org/", retrieved="2026-01-01")
    write_draft(folder, facts, [propose(root, tables, path)])
    with duckdb.connect() as db:
        read = {
            rows.table.name: rows.view
            for rows in read_source(read_source_description(folder), tables, db)
        }
        values = db.execute(f'SELECT value FROM "{read["identifiers"]}" ORDER BY 1').fetchall()
    # without the address, as shapes/identifiers.ttl demands
    assert values == [("02kzqn938",), ("05a0dhs15",)]


def test_times_without_a_zone_keep_their_day_and_their_text(
    root: Path, tables: dict[str, Table], tmp_path: Path
) -> None:
    folder = tmp_path / "essai"
    (folder / "raw").mkdir(parents=True)
    path = folder / "raw" / "evenements.csv"
    path.write_text("Identifiant;Titre;Date de début\n1;Atelier;05/11/2026 19:00\n", "utf-8")
    facts = SourceFacts("essai", "T", "D", "P", "https://x.org/", retrieved="2026-01-01")
    write_draft(folder, facts, [propose(root, tables, path)])
    with duckdb.connect() as db:
        (rows,) = read_source(read_source_description(folder), tables, db)
        found = db.execute(f'SELECT start, date_text FROM "{rows.view}"').fetchone()
    assert found == ("2026-11-05", "05/11/2026 19:00")

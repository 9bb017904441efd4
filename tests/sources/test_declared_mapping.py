"""Declared mappings: rules become rows of a table, and errors are reported."""

import json
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from kg import csvw_tables
from kg.csvw_tables import Table
from kg.errors import SourceError, TableError
from kg.sources import SourceRows, read_source, read_source_description
from kg.sources.source_reader import UnmappedValue

HEAD = """name = "x"
kind = "register"
licence = "https://e.org/l"
retrieved = 2026-11-22
title = {fr = 'X'}
description = {fr = 'X'}
publisher = {fr = 'X'}
"""
REGISTER = """siren,denomination,categorie,type,site,url,tags,etat,code_insee,cp,ville
552100554,CAP DIGITAL,9220.0,lab,n/a,www.cap.fr,a;b ;a,A,59350,59000,Lille
123456782,Deux,5710.0,Autre,deux.fr/x,,,A,,59000,Lille
732829320,Trois,,,,,,F,1053,,
"""
Write = Callable[..., Path]


@pytest.fixture(scope="module")
def tables(root: Path) -> dict[str, Table]:
    return dict(csvw_tables.load_tables(root / "ontology" / "tables"))


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Return a function that writes a source with a mapping and files of `raw/`."""

    def write_source(mapping: str, **files: str) -> Path:
        folder = tmp_path / "x"
        (folder / "raw").mkdir(parents=True, exist_ok=True)
        (folder / "source.toml").write_text(HEAD + mapping)
        for name, text in files.items():
            stem, _, extension = name.rpartition("_")
            (folder / "raw" / f"{stem}.{extension}").write_text(text)
        return folder

    return write_source


def read(folder: Path, tables: dict[str, Table]) -> tuple[SourceRows, list[dict[str, object]]]:
    db = duckdb.connect()
    (lines,) = read_source(read_source_description(folder), tables, db)
    cursor = db.execute(f'SELECT * FROM "{lines.view}"')
    names = [column[0] for column in cursor.description]
    rows = [
        {name: cell for name, cell in zip(names, row, strict=True) if cell is not None}
        for row in cursor.fetchall()
    ]
    return lines, rows


def test_columns_are_made_of_those_of_a_file(write: Write, tables: dict[str, Table]) -> None:
    mapping = """
    [map.organisations]
    files = ["raw/*.csv"]
    where = "etat = 'A'"
    [map.organisations.columns]
    id = "siren-{siren}"
    label_fr = { from = "denomination", clean = ["title"] }
    legal_form = { from = "categorie", clean = ["number"] }
    kind = { from = "type", values = { "Lab" = "laboratory" } }
    homepage = { from = ["site", "url"], clean = ["placeholder", "url"] }
    topics = { from = "tags", split = ";" }
    territory = { from = "code_insee", post_code = "cp", name = "ville", as = "commune" }
    assertion = { value = "stated" }
    """
    lines, rows = read(write(mapping, register_csv=REGISTER), tables)
    assert rows == [
        {
            "id": "siren-552100554",
            "label_fr": "Cap Digital",
            "kind": "laboratory",
            "legal_form": "9220",
            "territory": "territory/commune-59350",
            "homepage": "https://www.cap.fr",
            "topics": "a|b",
            "assertion": "stated",
            "_file": "register.csv",
            "_row": 2,
        },
        {
            "id": "siren-123456782",
            "label_fr": "Deux",
            "kind": "Autre",
            "legal_form": "5710",
            "territory": "territory/commune-in-59000-lille",
            "homepage": "https://deux.fr/x",
            "assertion": "stated",
            "_file": "register.csv",
            "_row": 3,
        },
    ]
    assert lines.unmapped == (UnmappedValue("register.csv", "kind", "Autre", 1),)


MINIMAL = """
[map.topics]
{table}
[map.topics.columns]
id = "{{id}}"
{columns}
"""


def of_topics(columns: str = 'label_fr = "{nom}"', table: str = "") -> str:
    return MINIMAL.format(table=table, columns=columns)


def test_several_files_are_one_table(write: Write, tables: dict[str, Table]) -> None:
    folder = write(of_topics(), p1_csv="id,nom\na,A\n", p2_csv="nom,id,plus\nB,b,x\n")
    _, rows = read(folder, tables)
    assert [(row["id"], row["label_fr"], row["_file"]) for row in rows] == [
        ("a", "A", "p1.csv"),
        ("b", "B", "p2.csv"),
    ]


def test_a_cell_is_cleaned_once(write: Write, tables: dict[str, Table]) -> None:
    columns = 'label_fr = { from = ["nom", "autre"], clean = ["html"] }'
    text = 'id,nom,autre\na,"Un &amp;eacute; écrit",\nb,<br/>,<b>Deux</b>\n'
    _, rows = read(write(of_topics(columns), a_csv=text), tables)
    assert [row["label_fr"] for row in rows] == ["Un &eacute; écrit", "Deux"]


def test_several_rules_fill_one_table(write: Write, tables: dict[str, Table]) -> None:
    columns = 'label_fr = "{nom}"'
    mapping = of_topics(columns, 'files = "raw/a.csv"') + of_topics(columns, 'files = "raw/b.csv"')
    mapping = mapping.replace("[map.topics]", "[[map.topics]]")
    folder = write(mapping, a_csv="id,nom\na,A\n", b_csv="id,nom\nb,B\n")
    assert [row["id"] for row in read(folder, tables)[1]] == ["a", "b"]


def test_values_are_read_from_a_file(write: Write, tables: dict[str, Table]) -> None:
    columns = 'label_fr = "{id}"\nkind = { from = "type", values = "kinds.csv", otherwise = "" }'
    folder = write(of_topics(columns), a_csv="id,type\na,Un\nb,deux\nc,trois\n")
    (folder / "kinds.csv").write_text("type;kind\nun;one\nDeux;two\n")
    lines, rows = read(folder, tables)
    assert [row.get("kind") for row in rows] == ["one", "two", None]
    assert lines.unmapped == ()


def test_several_things_of_a_cell_become_rows(write: Write, tables: dict[str, Table]) -> None:
    table = 'explode = { columns = ["id", "nom"], by = ";" }'
    folder = write(of_topics(table=table), a_csv="id,nom\na;b,A; B\nc;d,C et D\ne,E\n")
    _, rows = read(folder, tables)
    assert [(row["id"], row["label_fr"], row["_row"]) for row in rows] == [
        ("a", "A", 2),
        ("b", "B", 2),
        ("c", "C et D", 3),
        ("d", "C et D", 3),
        ("e", "E", 4),
    ]


def test_places_inside_json_are_columns(write: Write, tables: dict[str, Table]) -> None:
    columns = """
    label_fr = "{noms[0].valeur} ({lieu.ville.nom})"
    alt_labels = "{noms[].valeur}"
    description_fr = "{resume}"
    """
    text = """[{"id": "a", "noms": [{"valeur": "A"}, {"valeur": "Ah"}],
        "lieu": {"ville": {"nom": "Lille"}}}]"""
    _, (row,) = read(write(of_topics(columns), a_json=text), tables)
    assert row["label_fr"] == "A (Lille)"
    assert row["alt_labels"] == "A|Ah"
    assert "description_fr" not in row


def test_lists_of_objects_become_rows(write: Write, tables: dict[str, Table]) -> None:
    table = 'explode = "ids"\nwhere = "ids IS NOT NULL"'
    mapping = of_topics('label_fr = "{ids.type}"', table).replace('"{id}"', '"{ids.val|lower}"')
    text = '{"ids": [{"type": "X", "val": "A"}, {"type": "Y", "val": "B"}]}\n{"ids": []}\n'
    _, rows = read(write(mapping, a_jsonl=text), tables)
    assert [(row["id"], row["label_fr"]) for row in rows] == [("a", "X"), ("b", "Y")]


def test_lists_inside_lists_become_rows_with_their_number(
    write: Write, tables: dict[str, Table]
) -> None:
    table = """explode = [{ columns = "groupe.listes[].gens[]", as = "qui" },
        { columns = "qui.noms", as = "nom" }]"""
    mapping = of_topics('label_fr = "{qui.id} {nom} {qui_number}.{nom_number}"', table)
    people = [
        [{"id": "x", "noms": ["A", "B"]}],
        [{"id": "y", "noms": []}, {"id": "z", "noms": ["C"]}],
    ]
    groups = [[{"gens": each} for each in people], []]
    text = json.dumps([{"id": f"{n}", "groupe": {"listes": g}} for n, g in enumerate(groups)])
    _, rows = read(write(mapping, a_json=text), tables)
    assert [row["label_fr"] for row in rows] == ["x A 1.1", "x B 1.2", "z C 3.1"]


def test_what_no_file_has_is_empty_where_it_may_lack(
    write: Write, tables: dict[str, Table]
) -> None:
    table = """may_lack = ["nom.fr", "etat"]
    where = "etat IS NULL AND \\"nom.fr\\" IS NOT NULL\""""
    mapping = of_topics('label_fr = "{nom.fr}"', table)
    text = '[{"id": "a", "nom": {"fr": "A"}}, {"id": "b", "nom": null}]'
    _, rows = read(write(mapping, a_json=text), tables)
    assert [row["label_fr"] for row in rows] == ["A"]


def test_the_first_row_of_a_key_counts(write: Write, tables: dict[str, Table]) -> None:
    folder = write(of_topics(table="unique = true"), a_csv="id,nom\na,A\na,B\n")
    assert [row["label_fr"] for row in read(folder, tables)[1]] == ["A"]


def test_shared_sql_is_a_view(write: Write, tables: dict[str, Table]) -> None:
    folder = write(of_topics(table='view = "chosen"'), a_csv="id,nom\na,A\nb,B\n")
    (folder / "_chosen.sql").write_text("SELECT * FROM everything WHERE id = 'b';")
    (folder / "_everything.sql").write_text("SELECT * FROM a")
    assert [row["id"] for row in read(folder, tables)[1]] == ["b"]


def test_files_of_a_pattern_are_one_view_of_sql(write: Write, tables: dict[str, Table]) -> None:
    folder = write(
        '[views]\nworks = "raw/doc_*.json"',
        doc_1_json='[{"id": "a", "nom": "A"}]',
        doc_2_json='[{"id": "b", "lieu": "www.b.fr"}]',
    )
    (folder / "topics.sql").write_text(
        "SELECT id, coalesce(nom, clean_url(lieu)) AS label_fr, _file, _row FROM works"
    )
    rows = read(folder, tables)[1]
    assert [row["label_fr"] for row in rows] == ["A", "https://www.b.fr"]


def test_conditions_choose_in_lists_of_json(write: Write, tables: dict[str, Table]) -> None:
    rules = """label_fr = { from = ["noms[lang=fr][genre=nom][0].texte", "noms[0].texte"] }
    alt_labels = "{noms[genre=nom].texte}"
    acronym = "{noms[genre=sigle][1].texte}"
    description_fr = "{noms[lang=it].texte}\""""
    text = (
        '{"id": "a", "noms": [{"lang": "en", "genre": "nom", "texte": "One"}, '
        '{"lang": "fr", "genre": ["autre"], "texte": "Hun"}, '
        '{"lang": "fr", "genre": ["autre", "nom"], "texte": "Un"}, '
        '{"genre": "sigle", "texte": "U"}, {"genre": "sigle", "texte": "O"}]}\n'
        '{"id": "b", "noms": [{"lang": "en", "texte": "Two"}]}\n{"id": "c"}\n'
    )
    rows = read(write(of_topics(rules), a_jsonl=text), tables)[1]
    chosen = [{k: row.get(k) for k in ("label_fr", "alt_labels", "acronym")} for row in rows]
    assert chosen == [
        # what is the label already is no other name
        {"label_fr": "Un", "alt_labels": "One", "acronym": "O"},
        {"label_fr": "Two", "alt_labels": None, "acronym": None},
        {"label_fr": None, "alt_labels": None, "acronym": None},
    ]
    assert not any("description_fr" in row for row in rows)


def test_each_value_of_a_cell_becomes_a_row(write: Write, tables: dict[str, Table]) -> None:
    mapping = """[map.identifiers]
each = "value"
[map.identifiers.columns]
subject = "organisation/{id}"
scheme = { value = "isni" }
value = { from = "numeros", split = ";", clean = ["compact"] }
"""
    folder = write(mapping, a_csv="id,numeros\na,0000 0001;0000 0002\nb,0000 0003\nc,\n")
    rows = [(row["subject"][-1], row["value"]) for row in read(folder, tables)[1]]
    assert rows == [("a", "00000001"), ("a", "00000002"), ("b", "00000003")]
    (folder / "source.toml").write_text(HEAD + mapping.replace('"value"\n', '"values"\n'))
    with pytest.raises(TableError, match=r"each: no column 'values'.*did you mean value"):
        read(folder, tables)


def test_a_view_chooses_the_rows_of_several_tables(write: Write, tables: dict[str, Table]) -> None:
    views = """[views.kept]
files = "raw/*.json"
where = "etat = 'A'"
explode = "noms"
"""
    rows = '[{"id": "a", "etat": "A", "noms": ["A", "B"]}, {"id": "c", "etat": "F"}]'
    table = of_topics(
        'label_fr = "{noms}"\nacronym = "{lieu.sigle}"',
        table='view = "kept"\nwhere = "noms <> \'B\'"',
    )
    folder = write(views + table, a_json=rows)
    # a member that no record has is empty, as in files
    assert [row["label_fr"] for row in read(folder, tables)[1]] == ["A"]
    (folder / "source.toml").write_text(HEAD + views.replace("where", "were") + table)
    with pytest.raises(SourceError, match=r"views\.kept: .*were.*where"):
        read(folder, tables)


@pytest.mark.parametrize(
    ("mapping", "said"),
    [
        (of_topics().replace("topics", "topic"), "called 'topic'; did you mean topics"),
        (of_topics('label = "{nom}"'), "'topics' has no column 'label'; did you mean label"),
        (of_topics('label_fr = "{noms}"'), r"columns\.label_fr: .*'noms'; did you mean nom\?"),
        (of_topics('label_fr = "{zz}"'), r"no column 'zz'; it has id, nom"),
        (of_topics(table='files = "raw/b.csv"'), r'no file is "raw/b.csv"; there are raw/a.csv'),
        (of_topics(table='where = "nam = 1"'), r"map\.topics: Binder Error.*nam"),
        (of_topics(table='explode = "noms"'), r"explode: .*did you mean nom\?"),
        (of_topics(table='view = "b"'), r"no view 'b'; it has a|did you mean a"),
        (of_topics('description_fr = "{nom}"'), "label_fr is required|label"),
    ],
)
def test_what_does_not_fit_is_said(
    write: Write, tables: dict[str, Table], mapping: str, said: str
) -> None:
    with pytest.raises((TableError, SourceError), match=said):
        read(write(mapping, a_csv="id,nom\na,A\n"), tables)


@pytest.mark.parametrize(
    ("mapping", "said"),
    [
        (of_topics('label_fr = "nom"'), r'write "\{nom\}" for the column nom, \{ value = "nom" \}'),
        (of_topics("label_fr = { from = 'n', clean = 'ulr' }"), "cleaner 'ulr'; did you mean url"),
        (of_topics("label_fr = { from = 'n', clean = 'pad' }"), "written with a width, pad:5"),
        (of_topics("label_fr = { form = 'n' }"), "unknown entry .*form; did you mean from"),
        (of_topics("label_fr = { clean = 'url' }"), "nothing says what its cells are made of"),
        (of_topics("label_fr = { from = 'n', value = 'x' }"), "from and value: write one of"),
        (of_topics("label_fr = { from = 'n', as = 'place' }"), "there are commune and country"),
        (of_topics("label_fr = { from = 'n', values = 'k.csv' }"), "cannot be read in the folder"),
        (of_topics("label_fr = { from = 'n', values = {A='x', a='y'} }"), "'a' is there twice"),
        (of_topics("label_fr = '{nom'"), "a brace is not closed"),
        (of_topics(table="unique = 1"), "unique = 1 is neither true nor false"),
        (of_topics(table="file = 'raw/a.csv'"), "unknown entry .*file; did you mean files"),
        ("[map.topics]\nfiles = 'a'", r"has no columns: write \[map\.topics\.columns\]"),
        ("map.topics = 'a'", r"is no table: write \[map\.topics\]"),
    ],
)
def test_what_is_wrong_in_a_mapping_is_said(write: Write, mapping: str, said: str) -> None:
    with pytest.raises(SourceError, match=said):
        read_source_description(write(mapping))


def test_a_row_of_another_country_is_in_that_country(
    write: Write, tables: dict[str, Table]
) -> None:
    folder = write(
        """[map.organisations.columns]
        id = "{n}"
        label_fr = "{n}"
        country = { from = "pays", clean = "country" }
        territory = { as = "commune", post_code = "cp", name = "ville" }
        assertion = { value = "stated" }
        """,
        lignes_csv="n,pays,cp,ville\na,Belgique,1000,Bruxelles\nb,France,59000,Lille\n"
        "c,,59000,Lille\nd,Réunion,97400,Saint-Denis\ne,,M60 0AS,Manchester\n",
    )
    _, rows = read(folder, tables)
    assert [row.get("territory") for row in rows] == [
        "territory/country-of-BE",
        "territory/commune-in-59000-lille",
        "territory/commune-in-59000-lille",
        "territory/commune-in-97400-saint-denis",
        "territory/commune-in-M600AS-manchester",
    ]


def test_a_country_becomes_a_territory(write: Write, tables: dict[str, Table]) -> None:
    folder = write(
        """[map.organisations.columns]
        id = "{n}"
        label_fr = "{n}"
        territory = { from = "lieu", values = { "fr-hdf" = "territory/region-32" }, as = "country" }
        assertion = { value = "stated" }
        """,
        lignes_csv="n,lieu\na,FR-HDF\nb,Belgique\nc,jp\nd,Lune\ne,\n",
    )
    lines, rows = read(folder, tables)
    assert [row.get("territory") for row in rows] == [
        "territory/region-32",
        "territory/country-of-BE",
        "territory/country-of-JP",
        None,
        None,
    ]
    # a country needs no value of ours
    assert [each.value for each in lines.unmapped] == ["Lune"]


def test_a_source_without_its_file_says_how_to_bring_it(
    write: Write, tables: dict[str, Table]
) -> None:
    folder = write('[map.organisations.columns]\nid = "{n}"\nlabel_fr = "{n}"\n')
    with pytest.raises(SourceError) as raised:
        read(folder, tables)
    assert "raw/ is empty: bring its file, ess-kg fetch x --from FILE" in str(raised.value)
    assert "apportez son fichier" in raised.value.message_in("fr")

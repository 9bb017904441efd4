"""Isolated SQL: the SELECT of a source can read the files of that source only."""

from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from kg import csvw_tables
from kg.errors import SourceError
from kg.mapping import open_work_database
from kg.sources import SourceRows, read_source, read_source_description
from tests.sources.test_in_a_build import DESCRIPTION

ROOT = Path(__file__).parents[2]
Make = Callable[..., Path]
SELECT = "SELECT 'x-' || a AS id, b AS label_fr, 'association' AS kind, _file, _row FROM p1"


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Return a function that writes a source of a given name, its files as path=text."""

    def making(name: str, **files: str | bytes) -> Path:
        folder = tmp_path / "sources" / name
        folder.mkdir(parents=True)
        (folder / "source.toml").write_text(DESCRIPTION.format(name=name))
        for place, text in files.items():
            path = folder / place.replace("__", "/").replace("_dot_", ".")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return folder

    return making


def lines_of(folder: Path, db: duckdb.DuckDBPyConnection) -> list[SourceRows]:
    return read_source(
        read_source_description(folder), csvw_tables.load_tables(ROOT / "ontology" / "tables"), db
    )


def select(relation: str) -> str:
    return f"SELECT 'x' AS id, content AS label_fr, 'association' AS kind FROM {relation}"


def test_own_files_are_read_in_order(make: Make, tmp_path: Path) -> None:
    rows = "".join(f"{n},Nom {n}\n" for n in range(5000))
    folder = make("a", raw__p1_dot_csv="a,b\n" + rows + "5,trop,de\n", organisations_dot_sql=SELECT)
    with open_work_database(tmp_path / "w.duckdb") as db:
        [lines] = lines_of(folder, db)
        found = db.execute(f'SELECT id, _row FROM "{lines.view}"').fetchall()
        assert found == [(f"x-{n}", n + 2) for n in range(5000)]
        [opened] = lines.files
        aside = db.execute(f'SELECT "row", problem FROM "{opened.malformed}"').fetchall()
        assert [row for row, _ in aside] == [5002]


def test_views_of_another_source_are_absent(make: Make) -> None:
    one = make("a", raw__p1_dot_csv="a,b\n1,Un\n", organisations_dot_sql=SELECT)
    two = make("b", raw__p2_dot_csv="a,b\n1,Un\n", organisations_dot_sql=SELECT + ", p2")
    with open_work_database() as db:
        lines_of(one, db)
        with pytest.raises(SourceError, match="p1 does not exist"):
            lines_of(two, db)


@pytest.mark.parametrize("name", ["records", "quads", "originals", "accepted", "lines"])
def test_a_file_may_have_the_name_of_a_work_table(make: Make, name: str) -> None:
    sql = SELECT.replace("p1", name)
    folder = make("a", **{f"raw__{name}_dot_csv": "a,b\n1,Un\n"}, organisations_dot_sql=sql)
    with open_work_database() as db:
        [lines] = lines_of(folder, db)
        assert db.execute(f'SELECT id FROM "{lines.view}"').fetchall() == [("x-1",)]
        assert db.execute("SELECT count(*) FROM records").fetchone() == (0,)


def test_other_files_and_the_network_are_inaccessible(make: Make, tmp_path: Path) -> None:
    outside = tmp_path / "outside.txt"
    outside.write_text("secret")
    for n, relation in enumerate(
        (
            f"read_text('{outside}')",
            f"(SELECT a AS content FROM read_csv('{outside}') AS t(a))",
            "(SELECT file AS content FROM glob('/etc/*'))",
            "(SELECT a AS content FROM read_csv('http://127.0.0.1:9/x.csv') AS t(a))",
            f"'{outside}'",
        )
    ):
        folder = make(f"s{n}", organisations_dot_sql=select(relation))
        with open_work_database() as db, pytest.raises(SourceError) as told:
            lines_of(folder, db)
        assert "secret" not in str(told.value)


def test_sql_other_than_one_select_is_refused(make: Make) -> None:
    text = "SELECT 'x' AS id, 'y' AS label_fr; SET threads = 4"
    with open_work_database() as db, pytest.raises(SourceError, match=r"organisations\.sql"):
        lines_of(make("a", organisations_dot_sql=text), db)


def test_order_dependent_aggregates_are_reproducible(make: Make) -> None:
    rows = "a,b\n" + "".join(f"{n % 7},Nom {n}\n" for n in range(200_000))
    text = (
        "SELECT 'x-' || a AS id, any_value(b) AS label_fr, 'association' AS kind, "
        "any_value(_file) AS _file, any_value(_row) AS _row FROM p1 GROUP BY a ORDER BY a"
    )
    folder = make("a", raw__p1_dot_csv=rows, organisations_dot_sql=text)
    answers = set()
    for _ in range(3):
        with open_work_database() as db:
            [lines] = lines_of(folder, db)
            answers.add(str(db.execute(f'SELECT id, label_fr FROM "{lines.view}"').fetchall()))
    assert len(answers) == 1
    assert "'Nom 0'" in answers.pop()


CALENDAR = (
    "BEGIN:VCALENDAR\nVERSION:2.0\nBEGIN:VEVENT\nUID:1\nDTSTART:20260101T100000Z\nSUMMARY:Un\n"
    "END:VEVENT\nEND:VCALENDAR\n"
)
FEED = "<feed xmlns='http://www.w3.org/2005/Atom'><entry><id>urn:1</id><title>Un</title></entry></feed>"


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ({"raw__agenda_dot_ics": CALENDAR}, r"raw/agenda\.ics \(no SELECT of the source reads it"),
        ({"raw__fil_dot_xml": FEED}, r"raw/fil\.xml \(no SELECT of the source reads it"),
        ({"raw__rapport_dot_pdf": b"%PDF-1.7"}, r"raw/rapport\.pdf \(it is a PDF"),
        ({"raw__q_dot_bin": b"\x00\x01"}, r"raw/q\.bin \(this format is not read"),
        ({"raw__p1_dot_csv": "a,b\n1,Un\n"}, r"raw/p1\.csv \(no SELECT of the source reads it"),
        ({"raw__2024__p1_dot_csv": "a\n1\n"}, r"raw/2024 \(folders in a folder are not read"),
        ({"rdf__p1_dot_csv": "a,b\n1,Un\n"}, r"rdf/p1\.csv"),
        ({"tables__x_dot_pdf": b"%PDF-1.7"}, r"tables/x\.pdf"),
    ],
)  # fmt: skip
def test_unused_files_stop_the_build_by_name(
    make: Make, files: dict[str, str | bytes], told: str
) -> None:
    folder = make("a", **files)  # type: ignore[arg-type]
    with open_work_database() as db, pytest.raises(SourceError, match=told) as error:
        lines_of(folder, db)
    assert "autre dossier" in error.value.french


def test_text_files_and_other_folders_are_ignored(make: Make) -> None:
    folder = make(
        "a",
        raw__p1_dot_csv="a,b\n1,Un\n",
        raw__LICENSE_dot_txt="Licence ouverte",
        raw__README_dot_md="# p1",
        originaux__p1_dot_pdf=b"%PDF-1.7",
        organisations_dot_sql=SELECT,
    )
    with open_work_database() as db:
        assert len(lines_of(folder, db)) == 1


def test_two_files_of_one_name_are_refused(make: Make) -> None:
    folder = make(
        "a",
        raw__p1_dot_csv="a,b\n1,Un\n",
        raw__p1_dot_json='[{"a": "2"}]',
        organisations_dot_sql=SELECT,
    )
    with open_work_database() as db, pytest.raises(SourceError, match=r"p1\.csv and p1\.json"):
        lines_of(folder, db)


def test_a_select_that_ignores_the_disclosure_status_is_refused(make: Make) -> None:
    rows = "a,b,statutDiffusionUniteLegale\n1,Un,O\n2,Deux,P\n"
    folder = make("a", raw__p1_dot_csv=rows, organisations_dot_sql=SELECT)
    with (
        open_work_database() as db,
        pytest.raises(SourceError, match="statutDiffusionUniteLegale = 'O'"),
    ):
        lines_of(folder, db)
    with open_work_database() as db:
        where = " WHERE statutDiffusionUniteLegale = 'O'"
        (folder / "organisations.sql").write_text(SELECT + where)
        [lines] = lines_of(folder, db)
        assert db.execute(f'SELECT id FROM "{lines.view}"').fetchall() == [("x-1",)]

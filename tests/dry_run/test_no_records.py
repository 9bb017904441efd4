"""A file without records is told so, whatever its format; a source of one loses nothing unseen."""

from pathlib import Path

import pytest
from xlsxwriter import Workbook  # type: ignore[import-untyped]

from kg import pipeline
from kg.dry_run import Model, check_files
from kg.errors import OutOfBounds, SourceError
from kg.installation import InstallationPaths

HEADINGS = ("id", "label_fr", "kind")
NOTHING = {
    "lieux.geojson": b'{"type": "FeatureCollection", "features": []}',
    "fiches.json": b"[]",
    "page.json": b'{"total_count": 0, "results": []}',
    "organisations.csv": b"id,label_fr,kind\n",
    "organisations.tsv": b"id\tlabel_fr\tkind\n\n",
}


def workbook(path: Path, *rows: tuple[str, ...]) -> Path:
    with Workbook(str(path)) as book:
        sheet = book.add_worksheet("organisations")
        for number, row in enumerate((HEADINGS, *rows)):
            sheet.write_row(number, 0, row)
    return path


def told(root: Path, path: Path) -> tuple[int, str, str]:
    with check_files([path], Model(root / "ontology", root / "shapes")) as checked:
        (file,) = checked.files
        error = file.error
        assert error is not None
        return checked.exit_code, error.message_in("fr"), error.message_in("en")


@pytest.mark.parametrize("name", NOTHING)
def test_a_file_without_records_is_reported(root: Path, tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(NOTHING[name])
    code, french, english = told(root, path)
    assert code == 2
    assert french.startswith(f"{name} : aucune fiche dans ce fichier")
    assert english.startswith(f"{name}: there are no records in this file")


def test_a_sheet_of_headings_has_no_records(root: Path, tmp_path: Path) -> None:
    code, _, english = told(root, workbook(tmp_path / "organisations.xlsx"))
    assert code == 2
    assert english.endswith("no row below its headings (id, label_fr, kind)")
    full = workbook(tmp_path / "full.xlsx", ("un", "Un", "association"))
    with check_files([full], Model(root / "ontology", root / "shapes")) as checked:
        assert [(file.error, file.counts.read) for file in checked.files] == [(None, 1)]


def test_a_build_says_which_source_has_no_records(places: InstallationPaths) -> None:
    table = places.sources / "vide" / "tables" / "topics.csv"
    table.parent.mkdir(parents=True)
    stated = (places.sources / "demo" / "source.toml").read_text("utf-8")
    stated = stated.replace('"demo"', '"vide"').replace("records_min = 5", "records_min = 0")
    (places.sources / "vide" / "source.toml").write_text(stated, "utf-8")
    headings = "id,label_fr,label_en,kind,assertion,read_at\n"
    table.write_text(headings + 'vide-a,autre,other,concept,stated,"1,2"\n', "utf-8")
    before = pipeline.build(places).release
    table.write_text(headings, "utf-8")
    with pytest.raises(OutOfBounds, match="source vide gives 0 records, fewer than half"):
        pipeline.build(places)
    built = pipeline.build(places, accept_loss=["vide"])
    assert built.release.id != before.id
    assert built.notes == ["source vide gives no records: there are none in its files"]
    table.unlink()
    table.with_suffix(".json").write_text('{"records": []}', "utf-8")
    with pytest.raises(SourceError, match="there are no records in this file"):
        pipeline.build(places)
    model = Model(places.model / "ontology", places.model / "shapes")
    table.with_suffix(".json").unlink()
    table.write_text(headings, "utf-8")
    with (
        pytest.raises(SourceError, match=r"topics.csv: there are no records"),
        check_files([table], model, source=places.sources / "vide"),
    ):
        raise AssertionError("it is checked as if it had rows")

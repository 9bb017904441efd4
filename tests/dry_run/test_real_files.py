"""Real files of the field: each is read or said why not, and no row is lost.

The files that are not here take too long for a run of all the tests, mostly because most of their
rows are refused and pyshacl judges each of them: `iso3166-2.json`, `iso639-3.json`, the communes,
the postal codes, the largest registers, RDF of several megabytes. They are checked by hand with
`ess-kg check`.
"""

import csv
import json
from collections.abc import Callable
from pathlib import Path

from python_calamine import CalamineWorkbook

from tests.dry_run.conftest import Check


def rows_of_csv(path: Path) -> int:
    text = path.read_text("utf-8-sig")
    delimiter = ";" if ";" in text.partition("\n")[0] else ","
    return sum(1 for row in csv.reader(text.splitlines(True), delimiter=delimiter) if row) - 1


def features(path: Path) -> int:
    return len(json.loads(path.read_text("utf-8"))["features"])


def pages(path: Path) -> int:
    return sum(len(page["events"]) for page in json.loads(path.read_text("utf-8")).values())


def items(path: Path) -> int:
    return len(json.loads(path.read_text("utf-8")))


READ: list[tuple[str, str, Callable[[Path], int], int]] = [
    ("ess/cooptech/Annuaire-SCOP-SCIC-tech-France.csv", "organisations", rows_of_csv, 1),
    ("ess/cooptech/Annuaire-SCOP-SCIC-tech-France.geocoded.csv", "organisations", rows_of_csv, 1),
    ("ess/ess-numerique/03_tiers_lieux.csv", "organisations", rows_of_csv, 1),
    ("ess/sirene-format/StockUniteLegale.anonymised.csv", "organisations", rows_of_csv, 1),
    ("ess/sirene-format/StockEtablissement-geo.anonymised.csv", "organisations", rows_of_csv, 1),
    ("ess/sirene-format/StockEtablissementHistorique.sample.csv", "organisations", rows_of_csv, 1),
    ("ess/anct-programmes/manuprox_geom.geojson", "places", features, 1),
    ("territories/cog-sources/arrondissements.csv", "territories", rows_of_csv, 0),
    ("territories/cog-sources/departements.csv", "territories", rows_of_csv, 0),
    ("territories/cog-sources/regions.csv", "territories", rows_of_csv, 0),
    ("territories/anct/centroide-4326_reg.geojson", "territories", features, 0),
    ("territories/countries/geonames-countries.json", "territories", items, 0),
    ("events/openagenda/albi-events.json", "events", items, 1),
    ("events/openagenda/manyEvents.response.json", "events", pages, 1),
]
UNREADABLE = [
    "ess/sirene-format/sirene2018vs2019-columns.csv",
    "territories/cog-sources/mouvements-communes.csv",
    "territories/countries/world-atlas-countries-110m.topojson",
]


def test_every_row_of_real_files_is_accepted_or_refused(check: Check, shared: Path) -> None:
    """All at once, and each with the code it has alone."""
    paths = [shared / "data" / name for name, _, _, _ in READ]
    with check(*paths) as checked:
        told = {file.name: file for file in checked.files}
        losing_cells = {f.file for f in checked.inspection.findings if f.omitted}
        for (_, table, count, code), path in zip(READ, paths, strict=True):
            file = told[path.name]
            assert file.error is None, path.name
            assert file.table == table, path.name
            counts = file.counts
            assert counts.accepted + counts.refused == counts.read == count(path), path.name
            assert (counts.refused > 0 or path.name in losing_cells) == bool(code), path.name
        findings = {(f.file, f.heading, f.value) for f in checked.inspection.findings}
        cooptech = "Annuaire-SCOP-SCIC-tech-France.csv"
        assert (cooptech, "Statut juridique", "SCOP") in findings
        assert ("03_tiers_lieux.csv", "CODPOST", "29600.0") in findings
        illegal = "manuprox-1-48; manuprox-2-109; manuprox-2-111"
        assert ("manuprox_geom.geojson", "id_territoire", illegal) in findings


def test_an_unknown_table_is_an_error_with_its_headings(check: Check, shared: Path) -> None:
    with check(*(shared / "data" / name for name in UNREADABLE)) as checked:
        assert checked.exit_code == 2
        assert all(file.error for file in checked.files)
        for file in checked.files:
            assert file.error is not None
            assert file.error.message_in("fr").startswith(file.name)
            assert file.error.message_in("fr") != str(file.error)


def test_a_workbook_is_read_sheet_by_sheet(check: Check, shared: Path, tmp_path: Path) -> None:
    path = shared / "data" / "ess" / "ess-numerique" / "ess_numerique_complet.xlsx"
    book = CalamineWorkbook.from_path(str(path))
    names = book.sheet_names
    book.close()
    shape = tmp_path / "shape.ttl"  # quick: what is tested is the reading
    shape.write_text("<http://x/s> a <http://www.w3.org/ns/shacl#NodeShape> .")
    with check(path, shapes=[shape]) as checked:
        told = {file.name for file in checked.files}
        strange = [f.file for f in checked.inspection.findings if f.component == "sheet-unknown"]
        assert told | set(strange) == {f"{path.name} [{name}]" for name in names}
        assert strange == [f"{path.name} [Aperçu_FTL]"]


def test_one_malformed_address_leaves_the_rest_of_an_rdf_file(
    check: Check, shared: Path, tmp_path: Path
) -> None:
    path = shared / "data" / "vocab" / "eu-authority" / "countries-skos.rdf"
    shape = tmp_path / "shape.ttl"
    shape.write_text("<http://x/s> a <http://www.w3.org/ns/shacl#NodeShape> .")
    with check(path, shapes=[shape]) as checked:
        [malformed] = [f for f in checked.inspection.findings if f.component == "line-malformed"]
        assert malformed.row is not None
        line = path.read_text("utf-8").splitlines()[malformed.row - 1]
        assert line.strip().startswith('xml:base="http://publications.europa.eu/')
        [file] = checked.files
        assert (file.counts.refused, file.counts.accepted) == (1, file.counts.read - 1)
        assert file.counts.read > 300


def test_a_file_that_no_shape_is_about_says_so(check: Check, shared: Path) -> None:
    path = shared / "data" / "territories" / "insee-rdf" / "cog2019-regions.ttl"
    with check(path) as checked:
        assert checked.exit_code == 1  # nothing in it was judged
        [finding] = checked.inspection.findings
        assert finding.component == "not-judged"
        assert "Region" in finding.message.fr

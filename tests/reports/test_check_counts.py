"""A dry run accounts for every row of every file, those that could not be read included."""

from pathlib import Path

from kg.dry_run import Model, check_files
from kg.kinds import Text
from kg.reports import build_report, render_html, render_json, render_text

CSV = (
    "id;label_fr;kind\n"
    "s-a;Association A;association\n"
    "s-b;Association B;nothing such\n"
    "s-c;too;many;cells;here\n"
    's-d;"never closed;association\n'
    "s-a;Association A;association\n"
)
JSONL = '{"id": "s-e", "label_fr": "E", "kind": "concept"}\nno json\n[1]\n'
NT = (
    '<https://w3id.org/ess-kg/id/topic/s-x> <http://purl.org/dc/terms/title> "x"@fr .\n'
    "<https://w3id.org/ess-kg/id/topic/s x> <http://purl.org/dc/terms/title> .\n"
    "<https://w3id.org/ess-kg/id/topic/s-y> <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> "
    "<http://www.w3.org/2004/02/skos/core#Concept> .\n"
)


def test_accepted_and_refused_make_read_in_every_file(root: Path, tmp_path: Path) -> None:
    files = {"organisations.csv": CSV, "topics.jsonl": JSONL, "graph.nt": NT}
    for name, content in files.items():
        (tmp_path / name).write_text(content, "utf-8")
    model = Model(root / "ontology", root / "shapes")
    with check_files([tmp_path / name for name in files], model) as checked:
        told = build_report(checked.db, checked.inspection, Text("essai", "trial"))
        told_files = {each.file: each.counts for each in told.files}
        checked_files = {file.name: file.counts for file in checked.files}
        errors = [file.error for file in checked.files if file.error]
    assert not errors
    read = {name: counts.read for name, counts in told_files.items()}
    assert read == {"organisations.csv": 5, "topics.jsonl": 3, "graph.nt": 3}
    refused = {name: counts.refused for name, counts in told_files.items()}
    assert refused["organisations.csv"] == 4
    assert refused["topics.jsonl"] == 2
    assert refused["graph.nt"] >= 1
    for name, counts in told_files.items():
        assert counts.accepted + counts.refused == counts.read, name
        assert checked_files[name].read == counts.read
        assert checked_files[name].refused == counts.refused
    data = render_json(told)
    assert data["counts"]["accepted"] + data["counts"]["refused"] == data["counts"]["read"] == 11
    components = {problem["component"] for problem in data["problems"] if problem["refused"]}
    assert {"line-malformed", "key-duplicate"} <= components
    for language in ("fr", "en"):
        assert render_html(told, language)
        assert render_text(told, language)

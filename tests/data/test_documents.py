"""Curated documents: every row is traceable to its text, and no inventory item is lost."""

import csv
import gzip
import hashlib
import json
import re
import tomllib
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from kg.csvw_tables import read_descriptions

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / "data" / "sources"
DOCUMENTS = ROOT.parent / "shared" / "documents"
SOURCES = ("inocrea", "session-h", "iness", "sharers-workers", "clicc")
NOT_ITEMS = ("meta", "documents")  # a document itself is described by its source.toml
NAMED = ("organisations", "people", "places", "tools", "territories")
TITLED = ("events", "publications", "projects", "topics", "clusters")
ENDS = {
    "memberships": ("member", "organisation"),
    "participations": ("event", "participant"),
    "organisation_relations": ("subject", "object"),
    "authorships": ("publication", "agent"),
    "project_participations": ("project", "participant"),
    "relations": ("subject", "object"),
}

Row = dict[str, str]

needs_documents = pytest.mark.skipif(
    not DOCUMENTS.is_dir(), reason="the five documents are not beside the repository"
)


@cache
def settings(source: str) -> dict[str, Any]:
    """Read the source.toml of a source."""
    return tomllib.loads((DATA / source / "source.toml").read_text("utf-8"))


@cache
def text(source: str) -> str:
    """Read the text of a document without changing line ends, since offsets count characters."""
    path = DOCUMENTS / str(settings(source)["text"]["file"])
    return path.read_bytes().decode("utf-8")


@cache
def lines(source: str) -> dict[str, list[Row]]:
    """Read every CSV table of a source."""
    found = {}
    for path in sorted((DATA / source / "tables").glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            found[path.stem] = list(csv.DictReader(file))
    return found


def every_line() -> Iterator[tuple[str, str, Row]]:
    """Yield source, table and row of the five sources."""
    for source in SOURCES:
        for table, rows in lines(source).items():
            for row in rows:
                yield source, table, row


@cache
def proposals() -> frozenset[str]:
    """Return the references that denote a proposal."""
    found = ((s, row["id"]) for s, table, row in every_line() if table == "proposals")
    return frozenset(f"source/{source}#proposal-{key}" for source, key in found)


def where(source: str, table: str, row: Row) -> str:
    return f"{source}/{table} {row['id']}"


@cache
def descriptions() -> Mapping[str, Mapping[str, Any]]:
    """Return the CSVW description of each table."""
    return read_descriptions(ROOT / "ontology" / "tables")


@cache
def columns(table: str) -> dict[str, dict[str, Any]]:
    """Return the real columns of a table, from its CSVW description."""
    listed = descriptions()[table]["tableSchema"]["columns"]
    return {column["name"]: column for column in listed if not column.get("virtual")}


def cells(table: str, row: Row, name: str) -> list[str]:
    """Return the values of a cell, split at its separator if any."""
    separator = columns(table)[name].get("separator")
    values = row[name].split(separator) if separator else [row[name]]
    return [value for value in values if value]


def ranges(row: Row) -> list[tuple[int, int]]:
    found = [passage.split(",") for passage in row["read_at"].split("|") if passage]
    return [(int(start), int(end)) for start, end in found]


def plain(written: str) -> str:
    """Fold case, blanks and apostrophes of a text."""
    folded = unicodedata.normalize("NFC", written).casefold().replace("’", "'")
    return re.sub(r"\s+", " ", folded)


def passages(source: str, row: Row) -> list[str]:
    return [plain(text(source)[start:end]) for start, end in ranges(row)]


def names(row: Row) -> list[str]:
    """Return the names of a record: labels, other names, acronym."""
    cells_ = (row.get("label_fr"), row.get("label_en"), row.get("acronym"))
    others = row.get("alt_labels", "").split("|")
    return [plain(name) for name in (*cells_, *others) if name]


def stems(name: str) -> set[str]:
    """Return the significant words of a name, truncated so that inflected forms match."""
    return {word[:5] for word in re.findall(r"\w+", name) if len(word) > 3 or word.isdigit()}


def speaks_of(found: str, called: list[str]) -> bool:
    """Tell whether a passage has one of the names, or a word of one."""
    return any(name in found or stems(name) & stems(found) for name in called)


@cache
def records() -> dict[str, Row]:
    """Return every record of the hand-written tables of all sources, by reference (kind/key)."""
    found: dict[str, Row] = {}
    for path in sorted(DATA.glob("*/tables/*.csv")):
        if kind := descriptions()[path.stem].get("ess:kind"):
            with path.open(encoding="utf-8", newline="") as file:
                found |= {f"{kind}/{row['id']}": row for row in csv.DictReader(file)}
    return found


@cache
def french_territories() -> dict[str, Row]:
    """Return the communes, arrondissements and regions of the official geographic code."""
    raw = DATA / "territoires" / "raw"
    found = {}
    for name in ("communes", "regions"):
        with gzip.open(raw / f"{name}.json.gz", "rt", encoding="utf-8") as file:
            for record in json.load(file):
                kind = record.get("type", "region").removesuffix("-actuelle")
                found[f"territory/{kind}-{record['code']}"] = {"label_fr": record["nom"]}
    return found


@cache
def inventory() -> dict[str, dict[str, Any]]:
    """Return the items of the inventory, by identifier."""
    listed = json.loads((DOCUMENTS / "inventory.json").read_text("utf-8"))
    return {item["id"]: item for kind in listed.keys() - NOT_ITEMS for item in listed[kind]}


@cache
def source_of(document: str) -> str:
    """Return the source that reads each document, by file name."""
    return next(source for source in SOURCES if settings(source)["text"]["file"] == document)


@cache
def read() -> dict[str, set[tuple[str, int, int]]]:
    """Return the passages of each inventory item: source, start and end."""
    found: dict[str, set[tuple[str, int, int]]] = {}
    for source, _, row in every_line():
        if reference := row.get("reference"):
            places = {(source, start, end) for start, end in ranges(row)}
            found.setdefault(reference, set()).update(places)
    return found


@cache
def codes(scheme: str) -> set[str]:
    """Return the codes of a list."""
    listed = (ROOT / "ontology" / "schemes" / f"{scheme}.ttl").read_text("utf-8")
    return set(re.findall(r'skos:notation "([^"]+)"', listed))


def test_each_table_has_the_columns_of_its_description() -> None:
    for source in SOURCES:
        for path in sorted((DATA / source / "tables").glob("*.csv")):
            header = path.read_text("utf-8").split("\n", 1)[0].split(",")
            assert header == list(columns(path.stem)), f"{source}/{path.name}"


def test_keys_are_unique() -> None:
    in_source = Counter(where(*line) for line in every_line())
    assert not [key for key, count in in_source.items() if count > 1]
    own = Counter(
        f"{table}/{row['id']}" for _, table, row in every_line() if table in NAMED + TITLED
    )
    assert not [key for key, count in own.items() if count > 1], "a record has one owner"


def test_required_cells_are_filled() -> None:
    empty = [
        f"{where(source, table, row)} {name}"
        for source, table, row in every_line()
        for name, column in columns(table).items()
        if column.get("required") and not row[name]
    ]
    assert not empty


@needs_documents
@pytest.mark.parametrize("source", SOURCES)
def test_the_source_identifies_its_text(source: str) -> None:
    described = settings(source)["text"]
    raw = (DOCUMENTS / described["file"]).read_bytes()
    assert described["sha256"] == hashlib.sha256(raw).hexdigest()
    assert described["characters"] == len(text(source))


@needs_documents
@pytest.mark.parametrize("source", SOURCES)
def test_every_section_begins_with_its_heading_on_a_line_of_its_own(source: str) -> None:
    read = text(source)
    for section in settings(source)["text"].get("sections", ()):
        start, title = section["start"], section["title"]
        line = read[read.rfind("\n", 0, start) + 1 :].split("\n", 1)[0]
        assert read[start : start + len(title)] == title
        assert re.fullmatch(r"[#\s\d.]*" + re.escape(title) + r"\s*", line)


@needs_documents
def test_every_passage_is_inside_its_text() -> None:
    outside = [
        (where(source, table, row), start, end)
        for source, table, row in every_line()
        for start, end in ranges(row)
        if not 0 <= start < end <= len(text(source))
    ]
    assert not outside


def test_every_row_has_certainty_and_passage() -> None:
    silent = [
        where(source, table, row)
        for source, table, row in every_line()
        if not row["assertion"] or not row["read_at"]
    ]
    assert not silent


@needs_documents
def test_names_are_in_their_passages() -> None:
    """A name is written in at least one passage of the record that bears it."""
    unwritten = [
        where(source, table, row)
        for source, table, row in every_line()
        if table in NAMED
        and not any(name in found for name in names(row) for found in passages(source, row))
    ]
    assert not unwritten


@needs_documents
def test_titles_and_topics_are_in_their_passages() -> None:
    """Half the words of a title or topic are in the passages; a bracketed title is our own."""
    unwritten = []
    for source, table, row in every_line():
        if table not in TITLED or row["label_fr"].startswith("["):
            continue
        found = stems(" ".join(passages(source, row)))
        if not any(len(stems(name) & found) * 2 >= len(stems(name)) for name in names(row)):
            unwritten.append(where(source, table, row))
    assert not unwritten


@needs_documents
def test_mentions_quote_their_passages() -> None:
    wrong = [
        where(source, table, row)
        for source, table, row in every_line()
        if table == "mentions" and not all(plain(row["form"]) in p for p in passages(source, row))
    ]
    assert not wrong


@needs_documents
def test_relations_name_one_of_their_ends() -> None:
    unnamed = []
    known = french_territories() | records()
    for source, table, row in every_line():
        if table not in ENDS or not all(row[end] for end in ENDS[table]):
            continue
        if any("#" in row[end] for end in ENDS[table]):  # a proposal has no name
            continue
        ends = [known[row[end]] for end in ENDS[table] if row[end] in known]
        called = [name for end in ends for name in names(end)] + [plain(source)]
        called += [plain(row[name]) for name in ("title", "name_as_written") if row.get(name)]
        if not any(speaks_of(found, called) for found in passages(source, row)):
            unnamed.append(where(source, table, row))
    assert not unnamed


@needs_documents
def test_days_of_events_are_in_their_passages() -> None:
    wrong = []
    for source, table, row in every_line():
        day = re.match(r"([0-9X]{4})-[0-9]{2}-0?([0-9]+)", row.get("start", ""))
        if table == "events" and day:
            numbers = re.findall(r"[0-9]+", " ".join(passages(source, row)))
            year, number = day.groups()
            if number not in [n.lstrip("0") for n in numbers] or year not in (*numbers, "XXXX"):
                wrong.append(where(source, table, row))
    assert not wrong


@needs_documents
def test_every_item_of_the_inventory_is_in_the_tables() -> None:
    kept = {key for key, item in inventory().items() if item["certainty"] != "external"}
    assert not kept - read().keys()


@needs_documents
def test_tables_have_no_external_items() -> None:
    outside = {key for key, item in inventory().items() if item["certainty"] == "external"}
    assert outside
    assert not outside & read().keys()
    assert not [where(*line) for line in every_line() if line[2]["assertion"] == "external"]


@needs_documents
def test_every_passage_of_the_inventory_is_in_the_tables() -> None:
    lost = []
    for key, item in inventory().items():
        for quoted in item["sources"] if item["certainty"] != "external" else ():
            place = (source_of(quoted["document"]), *quoted["char"])
            if place not in read()[key]:
                lost.append((key, *place))
    assert not lost


def test_every_reference_denotes_a_record() -> None:
    broken = []
    for source, table, row in every_line():
        for name, column in columns(table).items():
            if not column.get("valueUrl", "").endswith("/id/{+" + name + "}"):
                continue
            for cell in cells(table, row, name):
                known = cell in records() or cell in french_territories()
                known |= cell.startswith("source/") and (DATA / cell[7:]).is_dir()
                known |= cell in proposals()
                if not known:
                    broken.append((where(source, table, row), name, cell))
    assert not broken


def test_every_code_is_in_its_list() -> None:
    wrong = []
    for source, table, row in every_line():
        for name, column in columns(table).items():
            scheme = re.search(r"/scheme/([a-z0-9-]+)/\{", column.get("valueUrl", ""))
            for cell in cells(table, row, name) if scheme else ():
                if cell not in codes(scheme[1] if scheme else ""):
                    wrong.append((where(source, table, row), name, cell))
        scheme_, _, code = row.get("scheme_match", "").partition("/")
        if scheme_ and code not in codes(scheme_):
            wrong.append((where(source, table, row), "scheme_match", code))
    assert not wrong


def test_every_inferred_relation_has_a_reason() -> None:
    mute = [
        where(source, table, row)
        for source, table, row in every_line()
        if table == "relations" and row["assertion"] == "inferred"
        if not row["basis_fr"] or not row["basis_en"]
    ]
    assert not mute


def test_unresolved_references_are_counted() -> None:
    rows = lines("sharers-workers")["publications"]
    assert sum(row["reference_status"] == "reference-missing" for row in rows) == 34

"""Source draft: the folder of a source as it is proposed, its `source.toml` written for people.

It is whole before it is a source: what is wrong in it is told while it lies elsewhere.
"""

import re
import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from glob import escape
from pathlib import Path
from typing import Final

from kg import sql
from kg.proposals.key_proposal import build_identifier_rules
from kg.proposals.table_proposal import ColumnProposal, TableProposal, quote
from kg.sources import Source
from kg.sources.disclosure_status import is_disclosure_status
from kg.sources.fetched_files import FETCHED_FILE
from kg.sources.source_description import DESCRIPTION_FILE

RECIPE_FILES_LEFT_OUT: Final = ("raw", FETCHED_FILE)
SECTION: Final = re.compile(r"^\s*\[")


@dataclass(frozen=True)
class SourceFacts:
    """What a source says of itself; empty where a recipe says it already."""

    name: str
    title: str = ""
    description: str = ""
    publisher: str = ""
    licence: str = ""
    url: str = ""
    retrieved: str = ""
    language: str = "fr"
    fetch_url: str = ""
    """Where its file is to be fetched, if anywhere."""
    fetch_member: str = ""
    records: str = ""
    """The path to the records in its file, where it was given."""


def write_draft(folder: Path, facts: SourceFacts, proposals: Sequence[TableProposal]) -> None:
    """Writes the `source.toml` of mappings; of RDF, which is taken as it is, without one."""
    folder.mkdir(parents=True, exist_ok=True)
    counts = Counter(each.table.name for each in proposals)
    lines = [
        *_write_facts(facts),
        *(
            line
            for each in proposals
            for line in _write_mapping(each, is_one_of_several=counts[each.table.name] > 1)
        ),
    ]
    (folder / DESCRIPTION_FILE).write_text("\n".join(lines) + "\n", "utf-8")


def copy_recipe(recipe: Source, folder: Path, facts: SourceFacts) -> None:
    """Copies a recipe as the source of another name, with what is known of it."""
    shutil.copytree(
        recipe.folder, folder, ignore=shutil.ignore_patterns(*RECIPE_FILES_LEFT_OUT),
        dirs_exist_ok=True,
    )  # fmt: skip
    path = folder / DESCRIPTION_FILE
    text = _remove_section(path.read_text("utf-8"), "recognise")
    entries = {
        "name": facts.name,
        "licence": facts.licence,
        "url": facts.url,
        "retrieved": facts.retrieved,
    }
    for name, value in entries.items():
        if value:
            text = _set_entry(text, name, value)
    for section, value in (
        ("title", facts.title),
        ("description", facts.description),
        ("publisher", facts.publisher),
    ):
        if value:
            text = _set_section(text, section, value)
    if facts.records and not re.search(r"^\s*\[read\b", text, re.MULTILINE):
        text += f"\n{_write_records(facts.records)}\n"
    path.write_text(text, "utf-8")


def _write_facts(facts: SourceFacts) -> Iterator[str]:
    yield f"name = {quote(facts.name)}"
    yield 'kind = "register"'
    yield f"language = {quote(facts.language)}"
    yield f"licence = {quote(facts.licence)}"
    if facts.url:
        yield f"url = {quote(facts.url)}"
    if facts.retrieved:
        yield f"retrieved = {quote(facts.retrieved)}"
    for section, value in (
        ("title", facts.title),
        ("description", facts.description or facts.title),
        ("publisher", facts.publisher),
    ):
        yield from ("", f"[{section}]", f"fr = {quote(value)}")
    yield from (
        *("", "# outside of these a build stops", "[expect]", "records_min = 1"),
        *("refused_share_max = 0.5", "removed_share_max = 0.3"),
    )
    if facts.fetch_url:
        yield from ("", "[fetch]", f"url = {quote(facts.fetch_url)}", 'every = "1 month"')
        if facts.fetch_member:
            yield f"member = {quote(facts.fetch_member)}"

    if facts.records:
        yield from ("", _write_records(facts.records))


def _write_records(records: str) -> str:
    return f'[read."raw/*"]\nrecords = {quote(records)}'


def _write_mapping(proposal: TableProposal, *, is_one_of_several: bool) -> Iterator[str]:
    table = proposal.table.name
    yield from ("", f"[[map.{table}]]" if is_one_of_several else f"[map.{table}]")
    shown = " AND ".join(
        f"coalesce({sql.identifier(heading)}, 'O') = 'O'"
        for heading in filter(is_disclosure_status, proposal.features.opened.columns)
    )
    if shown:
        yield f"where = {quote(shown)}    # who asked not to be shown is left out"
    names = ", ".join(quote(escape(each.opened.sheet)) for each in proposal.sheets)
    sheets = (f"sheets = [{names}]",) if proposal.sheets else ()
    yield from sheets
    yield f"[map.{table}.columns]"
    for column in proposal.columns:
        yield from _write_column(column)
    for name in proposal.missing:
        yield f"# {name} = …    (required)"
    if proposal.unused:
        yield "# not used: " + ", ".join(_one_line(heading) for heading in proposal.unused)
    if proposal.key:
        for rule in build_identifier_rules(table, proposal.key, sheets, shown):
            yield from ("", rule)


def _write_column(column: ColumnProposal) -> Iterator[str]:
    why = "; ".join(reason.en for reason in column.reasons)
    yield f"# {_one_line(why)} ({column.score:.2f})"
    if column.unmapped:
        listed = ", ".join(quote(value) for value in column.unmapped[:10])
        more = " …" if len(column.unmapped) > 10 else ""
        yield f"# no code is known for {_one_line(listed)}{more}: write them in values"
    yield f"{column.column} = {column.rule}"


def _one_line(text: str) -> str:
    return re.sub(r"[\x00-\x1f\x7f]+", " ", text)


def _set_entry(text: str, name: str, value: str) -> str:
    """The text of a description with a top entry of another value."""
    lines = text.splitlines()
    end = next((n for n, line in enumerate(lines) if SECTION.match(line)), len(lines))
    fresh = f"{name} = {quote(value)}"
    for n in range(end):
        if re.match(rf"\s*{name}\s*=", lines[n]):
            lines[n] = fresh
            return "\n".join(lines) + "\n"
    lines.insert(end, fresh)
    return "\n".join(lines) + "\n"


def _set_section(text: str, section: str, value: str) -> str:
    """The text of a description with another text in French and none in English."""
    text = _remove_section(text, section)
    lines = [
        line for line in text.splitlines() if not re.match(rf"\s*{section}(\.(fr|en))?\s*=", line)
    ]
    end = next((n for n, line in enumerate(lines) if SECTION.match(line)), len(lines))
    lines[end:end] = [f"[{section}]", f"fr = {quote(value)}", ""]
    return "\n".join(lines) + "\n"


def _remove_section(text: str, section: str) -> str:
    """The text of a description without one table, nor those below it."""
    kept, inside = [], False
    for line in text.splitlines():
        if SECTION.match(line):
            inside = bool(re.match(rf"\s*\[\[?\s*{section}\s*[.\]]", line))
        if not inside:
            kept.append(line)
    return "\n".join(kept) + "\n"

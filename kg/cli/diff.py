"""`ess-kg diff`: what a build would change of a source, before it does."""

import json as json_text
import os
import sys
from typing import Annotated, Any, Final

import typer

from kg import settings
from kg.cli.source_folders import find_paths, find_source
from kg.cli.terminal import console, create_table, detect_language, error_console, show_progress
from kg.dry_run.source_difference import (
    FieldChange,
    RecordName,
    SourceDifference,
    compare_source,
)
from kg.errors import EssKgError
from kg.kinds import Text
from kg.namespaces import ID
from kg.release_layout import CURRENT, find_current_release
from kg.reports.sanitize import sanitize
from kg.validation.findings import Finding

app: Final = typer.Typer(pretty_exceptions_enable=False)
CHANGES_EXIT_CODE: Final = 1
ERROR_EXIT_CODE: Final = 2
GUARD_EXIT_CODE: Final = 3
MAX_VALUE: Final = 80
TITLE: Final = Text(
    "{source} : ce qu'une construction changerait (édition {release})",
    "{source}: what a build would change (release {release})",
)
NO_RELEASE: Final = Text("aucune", "none")
COUNT_NAMES: Final = {
    "added": Text("ajoutées", "added"),
    "changed": Text("changées", "changed"),
    "removed": Text("retirées", "removed"),
    "unchanged": Text("inchangées", "unchanged"),
    "refused": Text("refusées", "refused"),
    "omitted": Text("cellules laissées", "cells left out"),
}
FIELDS: Final = Text("Champs changés : {}", "Changed fields: {}")
MATCHED: Final = Text(
    "Fiches qu'ont aussi d'autres sources : {}", "Records that others have too: {}"
)
MORE: Final = Text("et {:,} autres", "and {:,} more")
GUARD: Final = Text("Arrêterait la construction : {}", "Would stop a build: {}")
NOTHING: Final = Text("Rien ne changerait.", "Nothing would change.")
EMPTY_VALUE: Final = "∅"


@app.command("diff")
def command(
    name: Annotated[str, typer.Argument(help="A source.")],
    json: Annotated[bool, typer.Option("--json", help="Everything, as JSON.")] = False,
    limit: Annotated[int, typer.Option(help="Records listed of each kind of change.")] = 10,
) -> None:
    """Tell what a build would add, change by field, remove, refuse and match of a source.

    Exit code 0: nothing would change; 1: something would; 2: the source cannot be read; 3: the
    bounds of its [expect] would stop the build.
    """
    paths = find_paths(settings.read_settings())
    language = detect_language(os.environ)
    try:
        source = find_source(paths, name)
        served = (paths.releases / CURRENT).is_file()
        release = find_current_release(paths.releases) if served else None
        with show_progress() as track:
            difference = compare_source(
                paths, source.folder, release, limit=None if json else limit, track=track
            )
    except EssKgError as error:
        error_console.print(f"ess-kg: {error.message_in(language)}", markup=False, soft_wrap=True)
        raise typer.Exit(ERROR_EXIT_CODE) from error
    if json:
        text = json_text.dumps(render_json(difference), ensure_ascii=False, indent=1)
        sys.stdout.write(text + "\n")
    else:
        _print(difference, language)
    raise typer.Exit(find_exit_code(difference))


def find_exit_code(difference: SourceDifference) -> int:
    """0 where nothing would change, 1 where something would, 3 where a bound would stop it."""
    if difference.guards:
        return GUARD_EXIT_CODE
    return CHANGES_EXIT_CODE if difference.has_changes else 0


def render_json(difference: SourceDifference) -> dict[str, Any]:
    """A difference as JSON."""
    return {
        "source": difference.source,
        "release": difference.release or None,
        "counts": dict(difference.counts),
        "fields": dict(difference.fields),
        "matched": dict(difference.matched),
        "guards": [{"fr": text.fr, "en": text.en} for text in difference.guards],
        "added": [vars(record) for record in difference.added],
        "removed": [vars(record) for record in difference.removed],
        "changed": [
            {**vars(change.record), "fields": [vars(field) for field in change.fields]}
            for change in difference.changed
        ],
        "refused": [_render_finding(finding) for finding in difference.refused],
        "omitted": [_render_finding(finding) for finding in difference.omitted],
        "notes": [{"file": file, "fr": note.fr, "en": note.en} for file, note in difference.notes],
    }


def _render_finding(finding: Finding) -> dict[str, Any]:
    return {
        "file": finding.file,
        "row": finding.row,
        "label": finding.label,
        "column": finding.heading or finding.column,
        "value": finding.value,
        "message": {"fr": finding.message.fr, "en": finding.message.en},
    }


def _print(difference: SourceDifference, language: str) -> None:
    counts = difference.counts
    release = difference.release or NO_RELEASE[language]
    title = TITLE[language].format(source=difference.source, release=release)
    drawn = create_table(title, *(name[language] for name in COUNT_NAMES.values()))
    drawn.add_row(*(f"{counts[name]:,}" for name in COUNT_NAMES))
    console.print(drawn)
    if not difference.has_changes:
        console.print(NOTHING[language])
    if difference.fields:
        listed = ", ".join(f"{name} ({count:,})" for name, count in difference.fields.items())
        console.print(FIELDS[language].format(listed), markup=False, soft_wrap=True)
    if difference.matched:
        listed = ", ".join(f"{name} ({count:,})" for name, count in difference.matched.items())
        console.print(MATCHED[language].format(listed), markup=False, soft_wrap=True)
    _print_records("+", difference.added, counts["added"], language)
    _print_records("-", difference.removed, counts["removed"], language)
    for change in difference.changed:
        _print_line(f"~ {_name(change.record)}")
        for field in change.fields:
            _print_line(f"{field.field}: {_describe(field)}", 4)
    _print_more(counts["changed"] - len(difference.changed), language)
    for finding in difference.refused:
        _print_finding("!", finding, language)
    for finding in difference.omitted:
        _print_finding("∅", finding, language)
    for file, note in difference.notes:
        console.print(f"{file}: {note[language]}", markup=False, style="dim", soft_wrap=True)
    for text in difference.guards:
        console.print(
            GUARD[language].format(text[language]), markup=False, style="bold red", soft_wrap=True
        )


def _print_records(sign: str, records: tuple[RecordName, ...], total: int, language: str) -> None:
    for record in records:
        _print_line(f"{sign} {_name(record)}")
    _print_more(total - len(records), language)


def _print_finding(sign: str, finding: Finding, language: str) -> None:
    cell = f"{finding.heading or finding.column} = {finding.value[:MAX_VALUE]}: "
    cell = cell if finding.value else ""
    _print_line(
        f"{sign} {finding.file}:{finding.row} {finding.label}: {cell}{finding.message[language]}"
    )


def _print_more(count: int, language: str) -> None:
    if count > 0:
        _print_line(MORE[language].format(count), 2)


def _print_line(text: str, indent: int = 0) -> None:
    console.print(" " * indent + sanitize(text, 400), markup=False, soft_wrap=True)


def _name(record: RecordName) -> str:
    return f"{record.iri.removeprefix(ID)} {record.label}".rstrip()


def _describe(field: FieldChange) -> str:
    before, after = (
        " | ".join(value[:MAX_VALUE] for value in values) or EMPTY_VALUE
        for values in (field.before, field.after)
    )
    return f"{before} → {after}"

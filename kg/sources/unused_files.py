"""Unused files in the folder of a source, each of which stops the build.

`raw/`, `tables/` and `rdf/` hold the data; other subfolders are never read. Text files (`.txt`,
`.md`) may accompany the data, as its documentation.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from pathlib import Path
from typing import Final

from kg import spreadsheet_template
from kg.csvw_tables import Table
from kg.errors import SourceError
from kg.kinds import Text
from kg.sources.file_opener import detect_file_kind
from kg.sources.opened_table import OpenedTable, is_plain_text_sheet
from kg.sources.source_description import Source
from kg.sources.unsupported_formats import describe_unsupported

KINDS_BY_FOLDER: Final = {"raw": ("table", "rdf"), "tables": ("table",), "rdf": ("rdf",)}
IGNORED_SUFFIXES: Final = (".txt", ".md")
UNKNOWN_FORMAT: Final = Text("ce format n’est pas lu", "this format is not read")
NESTED_FOLDER: Final = Text(
    "les dossiers d’un dossier ne sont pas lus", "folders in a folder are not read"
)
NO_SELECT: Final = Text(
    "aucun SELECT de la source ne le lit (écrivez organisations.sql, par exemple, ou mettez-le "
    "dans tables/ s’il a déjà les colonnes d’une table)",
    "no SELECT of the source reads it (write organisations.sql, for example, or move it to "
    "tables/ if it has the columns of a table already)",
)
MISPLACED_RDF: Final = Text("mettez-le dans rdf/", "move it to rdf/")
NO_RDF: Final = Text(
    "la source n’a pas de RDF que cet alignement puisse lire",
    "the source has no RDF that this alignment could read",
)
UNMATCHED_SHEETS: Final = Text(
    "les feuilles {} ne portent le nom d’aucune table",
    "the sheets {} are named after no table",
)


def require_readable_files(
    source: Source, tables: Mapping[str, Table], sheets: Mapping[Path, Sequence[OpenedTable]]
) -> None:
    """Raise SourceError for files in an unreadable format.

    `sheets` are the tables of each file of `tables/`.
    """
    problems = [*_find_unreadable(source), *_find_misplaced(source)]
    for path, opened in sheets.items():
        used = [one for one in opened if one.sheet in tables] or opened[:1]
        left = [
            one.sheet
            for one in opened
            if one not in used
            and not spreadsheet_template.is_guide_sheet(one.columns)
            and not is_plain_text_sheet(one)
        ]
        if left:
            names = ", ".join(left)
            problems.append(
                (path, Text(UNMATCHED_SHEETS.fr.format(names), UNMATCHED_SHEETS.en.format(names)))
            )
    _raise_if_any(source, problems)


def require_used_files(
    source: Source, raw: Iterable[tuple[Path, Sequence[OpenedTable]]], named: Set[str]
) -> None:
    """Raise SourceError for files of `raw/` that no SELECT reads."""
    unused = [
        (path, NO_SELECT)
        for path, opened in raw
        if not named & {each.view.casefold() for each in opened}
    ]
    _raise_if_any(source, unused)


def _find_unreadable(source: Source) -> Iterator[tuple[Path, Text]]:
    for folder, kinds in KINDS_BY_FOLDER.items():
        for path in sorted((source.folder / folder).glob("*")):
            if path.name.startswith((".", "~$")) or path.suffix.lower() in IGNORED_SUFFIXES:
                continue
            if path.is_dir():
                yield path, NESTED_FOLDER
            elif detect_file_kind(path) not in kinds:
                yield path, describe_unsupported(path) or UNKNOWN_FORMAT


def _find_misplaced(source: Source) -> Iterator[tuple[Path, Text]]:
    """Yield RDF files outside `rdf/`, and alignments without RDF to apply to."""
    for path in sorted(source.folder.glob("*")):
        if path.is_file() and detect_file_kind(path) == "rdf":
            yield path, MISPLACED_RDF
    read = [path for folder in ("rdf", "raw") for path in (source.folder / folder).glob("*")]
    if not any(path.is_file() and detect_file_kind(path) == "rdf" for path in read):
        yield from ((path, NO_RDF) for path in sorted(source.folder.glob("*.rq")))


def _raise_if_any(source: Source, problems: Sequence[tuple[Path, Text]]) -> None:
    if not problems:
        return
    details = {
        language: "; ".join(
            f"{path.relative_to(source.folder).as_posix()} ({why[language]})"
            for path, why in problems
        )
        for language in ("fr", "en")
    }
    raise SourceError(
        f"source {source.name}: what is not read would be lost without a word: {details['en']}. "
        "Make "
        "it readable, or move it to another folder of the source, which is never read",
        f"source {source.name} : ce qui n’est pas lu se perdrait sans un mot : {details['fr']}. "
        "Rendez-le lisible, ou mettez-le dans un autre dossier de la source, qui n’est jamais lu",
    )

"""Unused files in the folder of a source: each stops the build by its name.

`raw/`, `tables/` and `rdf/` hold what is to be read; any other folder of the source may hold the
rest. Texts (`.txt`, `.md`) may stand beside the data: they say what it is.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from kg import template
from kg.errors import SourceError
from kg.kinds import Text
from kg.sources.describe import Source
from kg.sources.files import kinds_of
from kg.sources.opened import Opened, is_text
from kg.sources.unsupported_formats import not_read
from kg.tables import Table

READ: Final = {"raw": ("table", "rdf"), "tables": ("table",), "rdf": ("rdf",)}
BESIDE: Final = (".txt", ".md")
UNKNOWN: Final = Text("ce format n’est pas lu", "this format is not read")
FOLDER: Final = Text(
    "les dossiers d’un dossier ne sont pas lus", "folders in a folder are not read"
)
NO_SELECT: Final = Text(
    "aucun SELECT de la source ne le lit (écrivez organisations.sql, par exemple, ou mettez-le "
    "dans tables/ s’il a déjà les colonnes d’une table)",
    "no SELECT of the source reads it (write organisations.sql, for example, or move it to "
    "tables/ if it has the columns of a table already)",
)
BESIDE_RDF: Final = Text("mettez-le dans rdf/", "move it to rdf/")
NO_RDF: Final = Text(
    "la source n’a pas de RDF que cet alignement puisse lire",
    "the source has no RDF that this alignment could read",
)
SHEETS: Final = Text(
    "les feuilles {} ne portent le nom d’aucune table",
    "the sheets {} are named after no table",
)


def hold_read(
    source: Source, tables: Mapping[str, Table], sheets: Mapping[Path, Sequence[Opened]]
) -> None:
    """Stops where a file of the source is of no format that is read. Raises SourceError.

    `sheets` are the tables of each file of `tables/`.
    """
    found = [*_unreadable(source), *_misplaced(source)]
    for path, opened in sheets.items():
        used = [one for one in opened if one.sheet in tables] or opened[:1]
        left = [
            one.sheet
            for one in opened
            if one not in used and not template.is_guide(one.columns) and not is_text(one)
        ]
        if left:
            names = ", ".join(left)
            found.append((path, Text(SHEETS.fr.format(names), SHEETS.en.format(names))))
    _stop(source, found)


def hold_used(
    source: Source, raw: Iterable[tuple[Path, Sequence[Opened]]], named: set[str]
) -> None:
    """Stops where no SELECT names a view of a file of `raw/`. Raises SourceError."""
    unused = [
        (path, NO_SELECT)
        for path, opened in raw
        if not named & {each.view.casefold() for each in opened}
    ]
    _stop(source, unused)


def _unreadable(source: Source) -> Iterator[tuple[Path, Text]]:
    for folder, kinds in READ.items():
        for path in sorted((source.folder / folder).glob("*")):
            if path.name.startswith((".", "~$")) or path.suffix.lower() in BESIDE:
                continue
            if path.is_dir():
                yield path, FOLDER
            elif kinds_of(path) not in kinds:
                yield path, not_read(path) or UNKNOWN


def _misplaced(source: Source) -> Iterator[tuple[Path, Text]]:
    """RDF beside the folders that are read, and alignments of no RDF."""
    for path in sorted(source.folder.glob("*")):
        if path.is_file() and kinds_of(path) == "rdf":
            yield path, BESIDE_RDF
    read = [path for folder in ("rdf", "raw") for path in (source.folder / folder).glob("*")]
    if not any(path.is_file() and kinds_of(path) == "rdf" for path in read):
        yield from ((path, NO_RDF) for path in sorted(source.folder.glob("*.rq")))


def _stop(source: Source, found: Sequence[tuple[Path, Text]]) -> None:
    if not found:
        return
    told = {
        language: "; ".join(
            f"{path.relative_to(source.folder).as_posix()} ({why[language]})" for path, why in found
        )
        for language in ("fr", "en")
    }
    raise SourceError(
        f"source {source.name}: what is not read would be lost without a word: {told['en']}. Make "
        "it readable, or move it to another folder of the source, which is never read",
        f"source {source.name} : ce qui n’est pas lu se perdrait sans un mot : {told['fr']}. "
        "Rendez-le lisible, ou mettez-le dans un autre dossier de la source, qui n’est jamais lu",
    )

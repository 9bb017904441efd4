"""File-level findings: how a file was read, missing columns, unknown columns."""

from collections.abc import Iterator
from typing import Final

from kg.dry_run.column_matching import suggest_column
from kg.dry_run.register_columns import RegisterColumn
from kg.dry_run.result import CHECK_SOURCE
from kg.dry_run.staging import StagedFile
from kg.dry_run.table_detection import TableMatch
from kg.kinds import Text
from kg.shacl.results import Severity
from kg.sources import OpenedTable
from kg.validation.findings import Finding

COLUMN_UNKNOWN: Final = "column-unknown"
NO_KEY: Final = Text(
    "Aucune colonne ne donne la clé des lignes : elles ne peuvent pas être importées.",
    "No column gives the key of the rows: they cannot be imported.",
)
ADD_KEY: Final = Text(
    "Ajoutez une colonne id (par exemple source-nom-court){or_number}.",
    "Add a column id (for example source-short-name){or_number}.",
)
NO_COLUMN: Final = Text(
    "La colonne obligatoire « {title} » ({name}) n'est pas dans le fichier.",
    "The required column “{title}” ({name}) is not in the file.",
)
ADD_COLUMN: Final = Text(
    "Ajoutez une colonne {name}, par exemple « {example} ».",
    "Add a column {name}, for example “{example}”.",
)
UNKNOWN_COLUMN: Final = Text(
    "La colonne « {heading} » n'est pas de la table {table} : elle ne serait pas importée.",
    "The column “{heading}” is not one of the table {table}: it would not be imported.",
)
RENAME_ADVICE: Final = Text(
    "Si c'est {name} (« {title} »), renommez-la ainsi.",
    "If it is {name} (“{title}”), rename it so.",
)
REPEATED_COLUMN: Final = Text(
    "La colonne « {heading} » redit la colonne {name}, déjà lue dans « {other} » : elle ne serait "
    "pas importée.",
    "The column “{heading}” repeats the column {name}, read from “{other}” already: it would not "
    "be imported.",
)
NO_ROWS: Final = Text(
    "Aucune fiche : aucune ligne sous les en-têtes.", "No records: no row below the headings."
)
READ_AS_NOTE: Final = Text(
    "Lu comme la table {table} ({title}), reconnue à {how}.",
    "Read as the table {table} ({title}), recognised by {how}.",
)
BY_NAME_PHRASE: Final = Text("son nom", "its name")
BY_HEADINGS_PHRASE: Final = Text("ses en-têtes", "its headings")
FORMAT_NOTE: Final = Text("Format : {}.", "Format: {}.")
SEPARATED_NOTE: Final = Text("{}, séparateur : {}", "{}, separated by {}")
SEPARATOR_NAMES: Final = {
    ",": Text("virgule", "commas"),
    ";": Text("point-virgule", "semicolons"),
    "\t": Text("tabulation", "tabs"),
    "tab": Text("tabulation", "tabs"),
    "|": Text("barre verticale", "vertical bars"),
}
REGISTER_COLUMN_NOTE: Final = Text(
    "La colonne « {heading} » a donné {column} d'après {register} ({count}).",
    "The column “{heading}” gave {column} from {register} ({count}).",
)
CELL_PHRASES: Final = (Text("{} cellule", "{} cell"), Text("{} cellules", "{} cells"))


def write_notes(
    recognised: TableMatch, staged: StagedFile, opened: OpenedTable
) -> tuple[Text, ...]:
    """Notes on how a file was read where there was a choice."""
    how = BY_NAME_PHRASE if recognised.by_name else BY_HEADINGS_PHRASE
    table = recognised.table
    notes = [
        _describe_format(opened.format_description),
        *opened.notes,
        Text(
            READ_AS_NOTE.fr.format(table=table.name, title=table.title.fr, how=how.fr),
            READ_AS_NOTE.en.format(table=table.name, title=table.title.en, how=how.en),
        ),
    ]
    notes += [_describe_register_column(*counted) for counted in staged.register_counts]
    notes += [] if staged.row_count or opened.rows else [NO_ROWS]
    return tuple(notes)


def _describe_format(description: str) -> Text:
    """The encoding and the separator of a file, in words."""
    encoding, _, last = description.rpartition(", ")
    separator = SEPARATOR_NAMES.get(last)
    if separator is None:
        return Text(FORMAT_NOTE.fr.format(description), FORMAT_NOTE.en.format(description))
    return Text(
        FORMAT_NOTE.fr.format(SEPARATED_NOTE.fr.format(encoding, separator.fr)),
        FORMAT_NOTE.en.format(SEPARATED_NOTE.en.format(encoding, separator.en)),
    )


def _describe_register_column(reading: RegisterColumn, heading: str, count: int) -> Text:
    cells = CELL_PHRASES[count > 1]
    names = {"heading": heading, "column": reading.column}
    return Text(
        REGISTER_COLUMN_NOTE.fr.format(
            **names, register=reading.register.fr, count=cells.fr.format(count)
        ),
        REGISTER_COLUMN_NOTE.en.format(
            **names, register=reading.register.en, count=cells.en.format(count)
        ),
    )


def find_file_problems(
    recognised: TableMatch, staged: StagedFile, opened: OpenedTable
) -> Iterator[Finding]:
    """Findings on a file as a whole, each once."""
    file = opened.file
    if not recognised.has_key and staged.keyless_count:
        yield _make_rejection(
            recognised, file, "id", NO_KEY, _write_key_advice(recognised), "key-column-missing"
        )
    for name in recognised.missing_columns:
        column = recognised.table.get_column(name)
        names = {"name": name, "example": column.example}
        message = Text(
            NO_COLUMN.fr.format(title=column.title.fr, **names),
            NO_COLUMN.en.format(title=column.title.en, **names),
        )
        advice = Text(ADD_COLUMN.fr.format(**names), ADD_COLUMN.en.format(**names))
        yield _make_rejection(recognised, file, name, message, advice, "column-missing")
    yield from _iter_unimported(recognised, opened)


def _write_key_advice(recognised: TableMatch) -> Text:
    number = recognised.table.name == "organisations"
    return Text(
        ADD_KEY.fr.format(or_number=", ou une colonne SIREN" if number else ""),
        ADD_KEY.en.format(or_number=", or a SIREN column" if number else ""),
    )


def _iter_unimported(recognised: TableMatch, opened: OpenedTable) -> Iterator[Finding]:
    table, columns, file = recognised.table, recognised.column_matches.columns, opened.file
    for heading in recognised.unknown_headings:
        if heading in opened.unnamed_columns:
            continue  # reported with its rows
        names = {"heading": heading, "table": table.name}
        message = Text(UNKNOWN_COLUMN.fr.format(**names), UNKNOWN_COLUMN.en.format(**names))
        yield _make_warning(
            table.name, file, heading, message, _write_rename_advice(recognised, heading)
        )
    for heading, name in recognised.column_matches.repeated.items():
        names = {"heading": heading, "name": name, "other": columns[name]}
        message = Text(REPEATED_COLUMN.fr.format(**names), REPEATED_COLUMN.en.format(**names))
        yield _make_warning(table.name, file, heading, message, Text("", ""))


def _write_rename_advice(recognised: TableMatch, heading: str) -> Text:
    name = suggest_column(heading, recognised.table)
    if not name or name in recognised.column_matches.columns:
        return Text("", "")
    title = recognised.table.get_column(name).title
    return Text(
        RENAME_ADVICE.fr.format(name=name, title=title.fr),
        RENAME_ADVICE.en.format(name=name, title=title.en),
    )


def _make_rejection(
    recognised: TableMatch, file: str, column: str, message: Text, advice: Text, component: str
) -> Finding:
    return _make_finding(
        recognised.table.name, file, column, column, message, advice, component, Severity.VIOLATION
    )


def _make_warning(table: str, file: str, heading: str, message: Text, advice: Text) -> Finding:
    return _make_finding(
        table, file, "", heading, message, advice, COLUMN_UNKNOWN, Severity.WARNING
    )


def _make_finding(
    table: str,
    file: str,
    column: str,
    heading: str,
    message: Text,
    advice: Text,
    component: str,
    severity: Severity,
) -> Finding:
    return Finding(
        source=CHECK_SOURCE,
        table=table,
        file=file,
        column=column,
        heading=heading,
        value=heading if severity is Severity.WARNING else "",
        severity=severity,
        refused=severity is Severity.VIOLATION,
        message=message,
        advice=advice,
        component=component,
    )

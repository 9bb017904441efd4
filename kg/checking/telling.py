"""What is said of a whole file: how it was read, which columns it lacks or has too many."""

from collections.abc import Iterator
from typing import Final

from kg.checking.checked import SOURCE
from kg.checking.headings import nearest
from kg.checking.readings import Reading
from kg.checking.recognise import Recognised
from kg.checking.staging import Staged
from kg.kinds import Text
from kg.sources import Opened
from kg.validation.findings import Finding
from kg.validation.results import Severity

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
STRANGE: Final = Text(
    "La colonne « {heading} » n'est pas de la table {table} : elle ne serait pas importée.",
    "The column “{heading}” is not one of the table {table}: it would not be imported.",
)
RENAME: Final = Text(
    "Si c'est {name} (« {title} »), renommez-la ainsi.",
    "If it is {name} (“{title}”), rename it so.",
)
REPEATED: Final = Text(
    "La colonne « {heading} » redit la colonne {name}, déjà lue dans « {other} » : elle ne serait "
    "pas importée.",
    "The column “{heading}” repeats the column {name}, read from “{other}” already: it would not "
    "be imported.",
)
NO_ROWS: Final = Text(
    "Aucune fiche : aucune ligne sous les en-têtes.", "No records: no row below the headings."
)
READ_AS: Final = Text(
    "Lu comme la table {table} ({title}), reconnue à {how}.",
    "Read as the table {table} ({title}), recognised by {how}.",
)
BY_NAME: Final = Text("son nom", "its name")
BY_HEADINGS: Final = Text("ses en-têtes", "its headings")
WRITTEN: Final = Text("Format : {}.", "Format: {}.")
SEPARATED: Final = Text("{}, séparateur : {}", "{}, separated by {}")
SEPARATORS: Final = {
    ",": Text("virgule", "commas"),
    ";": Text("point-virgule", "semicolons"),
    "\t": Text("tabulation", "tabs"),
    "tab": Text("tabulation", "tabs"),
    "|": Text("barre verticale", "vertical bars"),
}
COLUMN_READ: Final = Text(
    "La colonne « {heading} » a donné {column} d'après {register} ({count}).",
    "The column “{heading}” gave {column} from {register} ({count}).",
)
CELLS: Final = (Text("{} cellule", "{} cell"), Text("{} cellules", "{} cells"))


def notes(recognised: Recognised, staged: Staged, opened: Opened) -> tuple[Text, ...]:
    """How a file was read where there was a choice."""
    how = BY_NAME if recognised.by_name else BY_HEADINGS
    table = recognised.table
    told = [
        _written(opened.told),
        *opened.notes,
        Text(
            READ_AS.fr.format(table=table.name, title=table.title.fr, how=how.fr),
            READ_AS.en.format(table=table.name, title=table.title.en, how=how.en),
        ),
    ]
    told += [_read(*counted) for counted in staged.counts]
    told += [] if staged.read or opened.rows else [NO_ROWS]
    return tuple(told)


def _written(told: str) -> Text:
    """The encoding and the separator of a file, in words."""
    encoding, _, last = told.rpartition(", ")
    separator = SEPARATORS.get(last)
    if separator is None:
        return Text(WRITTEN.fr.format(told), WRITTEN.en.format(told))
    return Text(
        WRITTEN.fr.format(SEPARATED.fr.format(encoding, separator.fr)),
        WRITTEN.en.format(SEPARATED.en.format(encoding, separator.en)),
    )


def _read(reading: Reading, heading: str, count: int) -> Text:
    cells = CELLS[count > 1]
    said = {"heading": heading, "column": reading.column}
    return Text(
        COLUMN_READ.fr.format(**said, register=reading.register.fr, count=cells.fr.format(count)),
        COLUMN_READ.en.format(**said, register=reading.register.en, count=cells.en.format(count)),
    )


def findings(recognised: Recognised, staged: Staged, opened: Opened) -> Iterator[Finding]:
    """The problems of a file as a whole, each once."""
    file = opened.file
    if not recognised.gives_key and staged.keyless:
        yield _refusing(recognised, file, "id", NO_KEY, _add_key(recognised), "key-column-missing")
    for name in recognised.missing:
        column = recognised.table.column(name)
        said = {"name": name, "example": column.example}
        message = Text(
            NO_COLUMN.fr.format(title=column.title.fr, **said),
            NO_COLUMN.en.format(title=column.title.en, **said),
        )
        advice = Text(ADD_COLUMN.fr.format(**said), ADD_COLUMN.en.format(**said))
        yield _refusing(recognised, file, name, message, advice, "column-missing")
    yield from _not_imported(recognised, opened)


def _add_key(recognised: Recognised) -> Text:
    number = recognised.table.name == "organisations"
    return Text(
        ADD_KEY.fr.format(or_number=", ou une colonne SIREN" if number else ""),
        ADD_KEY.en.format(or_number=", or a SIREN column" if number else ""),
    )


def _not_imported(recognised: Recognised, opened: Opened) -> Iterator[Finding]:
    table, columns, file = recognised.table, recognised.matched.columns, opened.file
    for heading in recognised.strange:
        if heading in opened.nameless:
            continue  # told with its rows
        said = {"heading": heading, "table": table.name}
        message = Text(STRANGE.fr.format(**said), STRANGE.en.format(**said))
        yield _warning(table.name, file, heading, message, _rename(recognised, heading))
    for heading, name in recognised.matched.repeated.items():
        said = {"heading": heading, "name": name, "other": columns[name]}
        message = Text(REPEATED.fr.format(**said), REPEATED.en.format(**said))
        yield _warning(table.name, file, heading, message, Text("", ""))


def _rename(recognised: Recognised, heading: str) -> Text:
    name = nearest(heading, recognised.table)
    if not name or name in recognised.matched.columns:
        return Text("", "")
    title = recognised.table.column(name).title
    return Text(
        RENAME.fr.format(name=name, title=title.fr), RENAME.en.format(name=name, title=title.en)
    )


def _refusing(
    recognised: Recognised, file: str, column: str, message: Text, advice: Text, component: str
) -> Finding:
    return _finding(
        recognised.table.name, file, column, column, message, advice, component, Severity.VIOLATION
    )


def _warning(table: str, file: str, heading: str, message: Text, advice: Text) -> Finding:
    return _finding(table, file, "", heading, message, advice, COLUMN_UNKNOWN, Severity.WARNING)


def _finding(
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
        source=SOURCE,
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

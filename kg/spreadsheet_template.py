"""Spreadsheet template of a table: headings, guide, code lists, example row."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, Final, Literal

import pyoxigraph as ox
import xlsxwriter
from xlsxwriter.utility import xl_rowcol_to_cell

from kg.csvw_tables import Column, Table
from kg.kinds import Text
from kg.namespaces import SCHEME, expand
from kg.rdf.io import read_quads

TemplateFormat = Literal["xlsx", "csv"]
TEMPLATE_FORMATS: Final[tuple[TemplateFormat, ...]] = ("xlsx", "csv")
GUIDE_SHEET: Final = Text("Notice", "Guide")
CODES_SHEET: Final = Text("Codes", "Codes")
GUIDE_HEADINGS: Final = (
    Text("Colonne de la table", "Column of the table"),
    Text("Nom", "Name"),
    Text("Obligatoire", "Required"),
    Text("Ce qu'on y écrit", "What to write"),
    Text("Exemple", "Example"),
)
CODE_HEADINGS: Final = (Text("Liste de codes", "Code list"), Text("Code", "Code"))
YES: Final = Text("oui", "yes")
REPLACE_EXAMPLE_HINT: Final = Text(
    "La ligne 2 est un exemple : remplacez-la. Ne changez pas les en-têtes.",
    "Row 2 is an example: replace it. Do not change the headings.",
)
SEVERAL_VALUES_HINT: Final = Text(
    "Plusieurs valeurs : séparez-les par « {} ».", "Several values: put “{}” between."
)
REFERENCE_HINT: Final = Text(
    "Une fiche, par sa nature et sa clé : {}.", "A record, by its kind and key: {}."
)
DATE_HINT: Final = Text(
    "2011, 2011-05, 2011-05-03, 2011-05-03T19:00+02:00 ; EDTF si elle est incertaine (2011?).",
    "2011, 2011-05, 2011-05-03, 2011-05-03T19:00+02:00; EDTF where uncertain (2011?).",
)
CODE_HINT: Final = Text(
    "Un code de la liste {} (feuille Codes).", "A code of the list {} (sheet Codes)."
)
PREPARED_ROWS: Final = 1_000
"""Rows that have a drop-down list and the form of a text."""
COLUMN_WIDTH: Final = 22
CREATION_TIME: Final = datetime(2026, 1, 1, tzinfo=UTC)
"""A workbook says when it was made: always the same, so that the same model gives the same file."""


@dataclass(frozen=True)
class CodeListEntry:
    """One code of a list, with its label."""

    code: str
    label: Text


def write_template(
    table: Table,
    schemes: Path,
    output: IO[bytes],
    form: TemplateFormat = "xlsx",
    language: str = "fr",
) -> None:
    """Writes the template of a table; `schemes` is the folder of the code lists.

    A CSV is separated by what the spreadsheets of the language expect, `;` in French.
    """
    if form == "csv":
        output.write(_format_csv(table, language))
    else:
        _write_workbook(table, schemes, output, language)


def is_guide_sheet(headings: Sequence[str]) -> bool:
    """Whether the headings of a sheet are those of a sheet that explains a template."""
    first = headings[0] if headings else ""
    return any(first in (text.fr, text.en) for text in (GUIDE_HEADINGS[0], CODE_HEADINGS[0]))


def read_code_list(schemes: Path, name: str) -> tuple[CodeListEntry, ...]:
    """The codes of a list, in order; where it has levels, those of the finest."""
    labels: dict[str, dict[str, str]] = {}
    levels: dict[str, int] = {}
    within = f"{SCHEME}{name}/"
    for quad in read_quads(schemes / f"{name}.ttl"):
        if not isinstance(quad.subject, ox.NamedNode) or within not in quad.subject.value:
            continue
        code = quad.subject.value.removeprefix(within)
        if not isinstance(quad.object, ox.Literal):
            continue
        if quad.predicate.value == expand("skos:prefLabel"):
            labels.setdefault(code, {})[quad.object.language or "fr"] = quad.object.value
        elif quad.predicate.value == expand("ess:level"):
            levels[code] = int(quad.object.value)
    finest = max(levels.values(), default=0)
    return tuple(
        CodeListEntry(code, Text(label.get("fr", code), label.get("en", label.get("fr", code))))
        for code, label in sorted(labels.items())
        if levels.get(code, 0) == finest
    )


def describe_column(column: Column) -> Text:
    """What one writes in a column, in a sentence or two."""
    parts = [column.description] if column.description.fr else []
    if column.scheme:
        parts.append(_fill(CODE_HINT, column.scheme))
    elif column.is_reference and column.example:
        parts.append(_fill(REFERENCE_HINT, column.example))
    elif column.temporal:
        parts.append(DATE_HINT)
    if column.separator:
        parts.append(_fill(SEVERAL_VALUES_HINT, column.separator))
    return Text(" ".join(p.fr for p in parts), " ".join(p.en for p in parts))


def _fill(text: Text, value: str) -> Text:
    return Text(text.fr.format(value), text.en.format(value))


def _format_csv(table: Table, language: str) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";" if language == "fr" else ",", lineterminator="\r\n")
    writer.writerow(table.names)
    writer.writerow([column.example for column in table.real])
    return text.getvalue().encode("utf-8-sig")


def _write_workbook(table: Table, schemes: Path, output: IO[bytes], language: str) -> None:
    book = xlsxwriter.Workbook(output, {"in_memory": True, "strings_to_numbers": False})
    book.set_properties({"title": table.title[language], "created": CREATION_TIME})
    sheet, guide = book.add_worksheet(table.name), book.add_worksheet(GUIDE_SHEET[language])
    lists = {
        column.scheme: read_code_list(schemes, column.scheme)
        for column in table.real
        if column.scheme
    }
    places = _write_code_sheet(book, lists, language) if lists else {}
    _write_rows(book, sheet, table, places, language)
    _write_guide(book, guide, table, language)
    book.close()


def _write_rows(book: Any, sheet: Any, table: Table, places: dict[str, str], language: str) -> None:
    """The sheet one fills: headings, the example, cells that stay the text one types."""
    as_text = book.add_format({"num_format": "@"})
    plain = book.add_format({"bold": True, "bg_color": "#E8EEF4", "border": 1})
    required = book.add_format({"bold": True, "bg_color": "#FCE4D6", "border": 1})
    sheet.freeze_panes(1, 0)
    sheet.set_column(0, len(table.real) - 1, COLUMN_WIDTH, as_text)
    for place, column in enumerate(table.real):
        sheet.write_string(0, place, column.name, required if column.required else plain)
        sheet.write_comment(0, place, _format_comment(column, language), {"x_scale": 2})
        if column.example:
            sheet.write_string(1, place, column.example, as_text)
        if column.scheme:
            sheet.data_validation(
                1, place, PREPARED_ROWS, place, _build_validation(column, places, language)
            )


def _format_comment(column: Column, language: str) -> str:
    must = f" ({GUIDE_HEADINGS[2][language].lower()})" if column.required else ""
    description = describe_column(column)[language]
    return f"{column.title[language]}{must}" + (f"\n{description}" if description else "")


def _build_validation(column: Column, places: dict[str, str], language: str) -> dict[str, Any]:
    """A drop-down list of codes; where a cell may hold several, typing them is not refused."""
    return {
        "validate": "list",
        "source": places[column.scheme or ""],
        "error_type": "information" if column.separator else "stop",
        "show_error": not column.separator,
        "error_title": column.title[language][:32],
        "error_message": describe_column(column)[language][:255],
    }


def _write_code_sheet(
    book: Any, lists: dict[str, tuple[CodeListEntry, ...]], language: str
) -> dict[str, str]:
    """The sheet of the codes with their labels; where each list is, for the drop-downs."""
    sheet = book.add_worksheet(CODES_SHEET[language])
    bold = book.add_format({"bold": True})
    headings = (*(text[language] for text in CODE_HEADINGS), GUIDE_HEADINGS[1][language])
    sheet.write_row(0, 0, headings, bold)
    sheet.freeze_panes(1, 0)
    sheet.set_column(0, 1, COLUMN_WIDTH)
    sheet.set_column(2, 2, 3 * COLUMN_WIDTH)
    places, row = {}, 1
    for name, listed in lists.items():
        first = row
        for code in listed:
            for place, text in enumerate((name, code.code, code.label[language])):
                sheet.write_string(row, place, text)
            row += 1
        ends = (xl_rowcol_to_cell(n, 1, row_abs=True, col_abs=True) for n in (first, row - 1))
        places[name] = f"='{CODES_SHEET[language]}'!{':'.join(ends)}"
    return places


def _write_guide(book: Any, sheet: Any, table: Table, language: str) -> None:
    bold = book.add_format({"bold": True})
    wrapped = book.add_format({"text_wrap": True, "valign": "top", "num_format": "@"})
    sheet.write_row(0, 0, [text[language] for text in GUIDE_HEADINGS], bold)
    sheet.freeze_panes(1, 0)
    for place, width in enumerate(
        (COLUMN_WIDTH, COLUMN_WIDTH, COLUMN_WIDTH // 2, 3 * COLUMN_WIDTH, 2 * COLUMN_WIDTH)
    ):
        sheet.set_column(place, place, width, wrapped)
    for row, column in enumerate(table.real, 1):
        must = YES[language] if column.required else ""
        description = describe_column(column)[language]
        cells = (column.name, column.title[language], must, description, column.example)
        for place, text in enumerate(cells):
            sheet.write_string(row, place, text, wrapped)
    last = len(table.real) + 2
    sheet.write_string(last, 0, f"{table.title[language]}. {table.description[language]}")
    sheet.write_string(last + 1, 0, REPLACE_EXAMPLE_HINT[language])

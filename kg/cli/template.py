"""`ess-kg template`: an empty spreadsheet for a kind, ready to be filled and checked."""

import os
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final

import typer

from kg import csvw_tables, settings, spreadsheet_template
from kg.cli.terminal import console, detect_language
from kg.csvw_tables import Table
from kg.kinds import KIND_BY_NAME

app: Final = typer.Typer(pretty_exceptions_enable=False)


class TemplateFileFormat(StrEnum):
    """Template formats."""

    XLSX = "xlsx"
    CSV = "csv"


class Language(StrEnum):
    """Languages of templates."""

    FR = "fr"
    EN = "en"


@app.command("template")
def command(
    kind: Annotated[str, typer.Argument(help="A kind (organisation) or a table (memberships).")],
    form: Annotated[
        TemplateFileFormat, typer.Option("--format", help="XLSX or CSV.")
    ] = TemplateFileFormat.XLSX,
    lang: Annotated[Language | None, typer.Option(help="Language of the explanations.")] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="File to write; KIND.xlsx by default.")
    ] = None,
) -> None:
    """Write an empty spreadsheet with the columns of a table, their meaning and an example."""
    ontology = settings.read_settings().model / "ontology"
    table = _find_table(kind, csvw_tables.load_tables(ontology / "tables"))
    path = output or Path(f"{table.name}.{form.value}")
    with path.open("wb") as file:
        spreadsheet_template.write_template(
            table, ontology / "schemes", file, form.value, lang or detect_language(os.environ)
        )
    console.print(f"{path}: {table.title.en} / {table.title.fr}, {len(table.names)} columns.")
    console.print(f"Fill it, then: ess-kg check {path}")


def _find_table(kind: str, tables: Mapping[str, Table]) -> Table:
    name = KIND_BY_NAME[kind].table if kind in KIND_BY_NAME else kind
    if name not in tables:
        kinds = ", ".join(KIND_BY_NAME)
        other_tables = ", ".join(each.name for each in tables.values() if not each.kind)
        raise typer.BadParameter(
            f"{kind!r}: the kinds are {kinds}; the other tables {other_tables}"
        )
    return tables[name]

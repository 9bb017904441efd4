"""`ess-kg dump`: a part of a release as one file, in any format, without a server."""

from pathlib import Path
from typing import Annotated, Final, Literal

import typer

from kg.cli.releases import find
from kg.cli.terminal import console, size
from kg.formats import EXTRACTS
from kg.release import CURRENT
from kg.releases.extract import Choice, extract, name_of

app: Final = typer.Typer(pretty_exceptions_enable=False)
Syntax = Literal["turtle", "nquads", "trig", "jsonld", "csv", "parquet"]
Packed = Literal["gzip", "zstd", "none"]


@app.command("dump")
def command(
    release: Annotated[str, typer.Option(help="Id of a release, or its beginning.")] = CURRENT,
    source: Annotated[str, typer.Option(help="Only what this source says.")] = "",
    kind: Annotated[str, typer.Option(help="Only records of this kind.")] = "",
    region: Annotated[
        str, typer.Option(help="Only what is in this territory (region-53, departement-59).")
    ] = "",
    licence: Annotated[str, typer.Option(help="Only sources under this licence (address).")] = "",
    table: Annotated[
        str,
        typer.Option(help="A table of relations (memberships, identifiers…), in csv or parquet."),
    ] = "",
    syntax: Annotated[
        Syntax,
        typer.Option("--format", help="csv and parquet are tables: of one kind, or of relations."),
    ] = "turtle",
    compress: Annotated[Packed, typer.Option(help="How the file is packed.")] = "gzip",
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="The file; named for what it holds.")
    ] = None,
) -> None:
    """Write a part of a release: by source, kind, territory or licence, in any format."""
    found = find(release)
    choice = Choice(source, kind, region, licence, table)
    chosen = EXTRACTS[syntax]
    packed = "none" if syntax == "parquet" else compress
    path = output or Path(name_of(found, choice, chosen, packed))
    made = extract(found, choice, chosen, packed, path)
    noun = "rows" if syntax in ("csv", "parquet") else "statements"
    console.print(
        f"{made.path}: {made.count:,} {noun}, {size(made.path.stat().st_size)}", soft_wrap=True
    )

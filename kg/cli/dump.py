"""`ess-kg dump`: a part of a release as one file, in any format."""

from pathlib import Path
from typing import Annotated, Final, Literal

import typer

from kg.cli.releases import find_release
from kg.cli.terminal import console, format_count, format_size
from kg.formats import COMPRESSION_SUFFIXES, EXTRACT_FORMATS
from kg.release_layout import CURRENT
from kg.releases.extract import ExtractChoice, build_file_name, write_extract

app: Final = typer.Typer(pretty_exceptions_enable=False)
Syntax = Literal["turtle", "nquads", "trig", "jsonld", "csv", "parquet"]
Compression = Literal["gzip", "zstd", "none"]


@app.command("dump")
def command(
    release: Annotated[str, typer.Option(help="Id of a release, or its beginning.")] = CURRENT,
    source: Annotated[str, typer.Option(help="Only statements of this source.")] = "",
    kind: Annotated[str, typer.Option(help="Only records of this kind.")] = "",
    region: Annotated[
        str, typer.Option(help="Only records in this territory (region-53, departement-59).")
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
    compress: Annotated[
        Compression | None,
        typer.Option(
            help="Compression of the file; by default that of the name after --output, else gzip."
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="File to write; named after its contents by default."),
    ] = None,
) -> None:
    """Write a part of a release: by source, kind, territory or licence, in any format."""
    chosen_release = find_release(release)
    choice = ExtractChoice(source, kind, region, licence, table)
    chosen_format = EXTRACT_FORMATS[syntax]
    compression = "none" if syntax == "parquet" else compress or _find_compression(output)
    path = output or Path(build_file_name(chosen_release, choice, chosen_format, compression))
    extract = write_extract(chosen_release, choice, chosen_format, compression, path)
    noun = "row" if syntax in ("csv", "parquet") else "statement"
    size = format_size(extract.path.stat().st_size)
    console.print(f"{path}: {format_count(extract.count, noun)}, {size}", soft_wrap=True)


def _find_compression(output: Path | None) -> str:
    """The compression that the name of a file stands for; gzip where there is no name."""
    if output is None:
        return "gzip"
    suffixes = {suffix: name for name, suffix in COMPRESSION_SUFFIXES.items()}
    return suffixes.get(output.suffix, "none")

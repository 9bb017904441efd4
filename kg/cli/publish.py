"""`ess-kg publish`: uploads a release to a SPARQL service."""

from pathlib import Path
from typing import Annotated, Final

import typer

from kg import settings
from kg.cli.releases import ReleaseId, find_release
from kg.cli.terminal import console, create_table, show_progress
from kg.errors import SettingsError
from kg.release_layout import CURRENT
from kg.releases.publish_remote import PublishResult, publish_release, write_bulk_load_file
from kg.sparql.remote.config import RemoteConfig

app: Final = typer.Typer(pretty_exceptions_enable=False)


@app.command("publish")
def command(
    release: ReleaseId = CURRENT,
    force: Annotated[
        bool, typer.Option(help="Upload it even if the service already has it.")
    ] = False,
    to_file: Annotated[
        Path | None,
        typer.Option(help="Write one N-Quads file (.nq, .nq.gz) for a bulk loader instead."),
    ] = None,
) -> None:
    """Put a release on the service of KG_SPARQL_ENDPOINT (docs/scaling.md)."""
    chosen = find_release(release)
    if to_file is not None:
        write_bulk_load_file(chosen, to_file)
        console.print(f"Release {chosen.id} is in {to_file}, to be loaded into an empty dataset.")
        return
    configured = settings.read_settings()
    service = RemoteConfig.from_settings(
        configured.sparql_endpoint,
        configured.sparql_graph_store,
        (configured.sparql_user, configured.sparql_password),
        configured.sparql_parameters,
        configured.sparql_at_once,
    )
    if service is None:
        raise SettingsError(
            "KG_SPARQL_ENDPOINT is not set: the address of the service to publish to"
        )
    with show_progress() as track:
        published = publish_release(chosen, service, track, force=force)
    _print_published(chosen.id, published)


def _print_published(release: str, published: PublishResult) -> None:
    if published.was_present:
        console.print(f"The service holds release {release} already (--force sends it again).")
        return
    table = create_table(f"Release {release}", "graph", "triples", numbers=frozenset({"triples"}))
    for graph, count in published.counts.items():
        table.add_row(graph, f"{count:,}")
    console.print(table)
    console.print("The service holds it; servers take it up within 30 seconds.")

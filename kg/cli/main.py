"""The `ess-kg` command: it gathers its commands and turns our errors into plain messages."""

import sys

import typer

from kg.cli import build, releases, serve
from kg.errors import EssKgError

app = typer.Typer(
    name="ess-kg",
    help="The open knowledge graph of the social and solidarity economy.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command("build")(build.command)
app.command("serve")(serve.command)
app.add_typer(releases.app, name="releases")


def main() -> None:
    """Runs a command; an error of ours is one line on the error output and the exit code 1."""
    try:
        app()
    except EssKgError as error:
        sys.stderr.write(f"ess-kg: {error}\n")
        raise SystemExit(1) from error

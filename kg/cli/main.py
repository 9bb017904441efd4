"""The `ess-kg` command: dispatches to its commands and prints errors as one line."""

import importlib
import sys
from typing import Any, Final

import typer
from typer.core import TyperGroup
from typer.main import get_command

from kg import logging_config
from kg.errors import EssKgError

COMMANDS: Final = (
    "build",
    "check",
    "dump",
    "fetch",
    "publish",
    "quarantine",
    "releases",
    "serve",
    "template",
)


class LazyCommands(TyperGroup):
    """Commands imported when they are called: serving never waits for what building imports."""

    # typer keeps the types of these two to itself
    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        command = get_command(importlib.import_module(f"kg.cli.{cmd_name}").app)
        command.name = cmd_name
        return command


app = typer.Typer(
    name="ess-kg",
    cls=LazyCommands,
    help="The open knowledge graph of the social and solidarity economy.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.callback()
def _describe_program() -> None:
    """The open knowledge graph of the social and solidarity economy."""


def main() -> None:
    """Runs a command; an error is one line on the error output and the exit code 1.

    It is an EssKgError, or one of the system: a full disk, a file that may not be read.
    """
    logging_config.configure("WARNING")
    try:
        app()
    except EssKgError as error:
        _print_error(str(error))
        raise SystemExit(1) from error
    except OSError as error:
        if error.errno is None:  # not of the system
            raise
        _print_error(f"the system refuses: {error}")
        raise SystemExit(1) from error


def _print_error(message: str) -> None:
    sys.stderr.write(f"ess-kg: {message}\n")

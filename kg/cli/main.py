"""Entry point of `ess-kg`: dispatches commands and prints errors on one line."""

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
    "diff",
    "dump",
    "feedback",
    "fetch",
    "forget",
    "publish",
    "quarantine",
    "releases",
    "resolve",
    "serve",
    "source",
    "template",
    "update",
)


class LazyCommands(TyperGroup):
    """Group of commands imported on call, so that serving does not import building."""

    # the type of these parameters is private to typer
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
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.callback()
def _describe_program() -> None:
    """The open knowledge graph of the social and solidarity economy."""


def main() -> None:
    """Run a command; an error prints one line to standard error and exits with 1.

    This covers EssKgError, and errors of the system such as a full disk.
    """
    logging_config.configure("WARNING")
    try:
        app()
    except EssKgError as error:
        _print_error(str(error))
        raise SystemExit(1) from error
    except OSError as error:
        if error.errno is None:  # raised by code, not by the system
            raise
        _print_error(f"the system refuses: {error}")
        raise SystemExit(1) from error


def _print_error(message: str) -> None:
    sys.stderr.write(f"ess-kg: {message}\n")

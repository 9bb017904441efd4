"""The command line: one file per command."""

from kg.cli.main import main

__all__ = ["main"]

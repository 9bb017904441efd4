"""Command line interface: one file per command."""

from kg.cli.main import main

__all__ = ["main"]

"""Command line interface: one file a command."""

from kg.cli.main import main

__all__ = ["main"]

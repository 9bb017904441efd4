"""Dry run: validates files against the model and a release, and stores nothing."""

from kg.dry_run.result import CheckedFile, DryRunResult, Model
from kg.dry_run.run import check_files

__all__ = ["CheckedFile", "DryRunResult", "Model", "check_files"]

"""Input and result of a dry run: the model, each file with its counts, the exit code."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import duckdb

from kg.errors import EssKgError
from kg.kinds import Text
from kg.reports.row_counts import RowCounts
from kg.shacl.shapes_coverage import UnsupportedPart
from kg.validation.validate_build import ValidationOutcome

UNRECOGNISED_COMPONENTS: Final = ("sheet-unknown", "column-nameless")
"""Components of findings on values that no table takes: the exit code is 1 without a rejected
row."""
CHECK_SOURCE = "check"
"""Name of the source of all records of a dry run."""


@dataclass(frozen=True)
class Model:
    """Folders of the model against which files are validated."""

    ontology: Path
    shapes: Path

    @property
    def tables(self) -> Path:
        return self.ontology / "tables"

    @property
    def context(self) -> Path:
        """Our JSON-LD context."""
        return self.ontology / "context.jsonld"

    @property
    def schemes(self) -> Path:
        return self.ontology / "schemes"


@dataclass(frozen=True)
class CheckedFile:
    """One file, or one sheet of a workbook, with its counts."""

    name: str
    table: str = ""
    """The canonical table it was read as; empty for RDF."""
    counts: RowCounts = field(default_factory=RowCounts)
    """Its rows: read, accepted, rejected, warned."""
    notes: tuple[Text, ...] = field(default=())
    """Notes on how it was read where there was a choice."""
    error: EssKgError | None = None
    """The error that stopped its reading."""


@dataclass(frozen=True)
class DryRunResult:
    """Result of a dry run: its files, the findings, and the work database while it is open."""

    files: tuple[CheckedFile, ...]
    inspection: ValidationOutcome
    db: duckdb.DuckDBPyConnection
    release: str
    """Id of the release that references were resolved in; empty where there was none."""
    external_count: int
    """Records that the files name and do not describe, and that were not looked up."""
    unsupported_parts: tuple[UnsupportedPart, ...] = ()
    """Parts of the shapes that were not validated."""

    @property
    def exit_code(self) -> int:
        """0 where nothing is refused, 1 where something is or is left out, or a file is not judged
        at all, 2 where one cannot be read."""
        if any(file.error for file in self.files):
            return 2
        findings = self.inspection.findings
        if self.unsupported_parts or any(
            f.refused or f.omitted or f.component in UNRECOGNISED_COMPONENTS for f in findings
        ):
            return 1
        return 1 if any(_has_rejections(file.counts) for file in self.files) else 0


def _has_rejections(counts: RowCounts) -> bool:
    """Whether something of a file is rejected, or nothing in it was validated."""
    return bool(counts.refused or (counts.unjudged and not counts.accepted))

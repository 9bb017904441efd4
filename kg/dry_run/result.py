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
"""What is told of values that no table takes: no row need be refused for them."""
CHECK_SOURCE = "check"
"""The name of the source the records of a dry run are said to come from."""


@dataclass(frozen=True)
class Model:
    """The folders of the model the files are held to."""

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
    """One file, or one sheet of a workbook, as the check saw it."""

    name: str
    table: str = ""
    """The canonical table it was read as; empty for RDF."""
    counts: RowCounts = field(default_factory=RowCounts)
    """Its rows read, accepted, refused, warned."""
    notes: tuple[Text, ...] = field(default=())
    """How it was read where there was a choice."""
    error: EssKgError | None = None
    """Why it cannot be read."""


@dataclass(frozen=True)
class DryRunResult:
    """A dry run: its files, what was found, and the work database while it is open."""

    files: tuple[CheckedFile, ...]
    inspection: ValidationOutcome
    db: duckdb.DuckDBPyConnection
    release: str
    """Id of the release that references were resolved in; empty where there was none."""
    external_count: int
    """Records that the files name and do not have, and that nobody looked up."""
    unsupported_parts: tuple[UnsupportedPart, ...] = ()
    """What the shapes ask for and nobody judged."""

    @property
    def exit_code(self) -> int:
        """0 where nothing is refused, 1 where something is or is left out, or a file is not judged
        at all, 2 where one cannot be read."""
        if any(file.error for file in self.files):
            return 2
        findings = self.inspection.findings
        if self.unsupported_parts or any(
            f.refused or f.component in UNRECOGNISED_COMPONENTS for f in findings
        ):
            return 1
        return 1 if any(_has_rejections(file.counts) for file in self.files) else 0


def _has_rejections(counts: RowCounts) -> bool:
    """Whether something of a file is refused, or nothing in it was judged."""
    return bool(counts.refused or (counts.unjudged and not counts.accepted))

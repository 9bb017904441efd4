"""Subject index process: the subject index of a release, written beside the other files.

Its rows are made in Python, of which one process uses one core: that of a large release is written
by a process of its own, which reads what it is to write from its input.
"""

import pickle
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import duckdb

from kg.errors import BuildError
from kg.progress import ProgressCallback
from kg.releases.canonical_quads import QuadFile, QuadPartition, list_partitions
from kg.releases.subject_index import select_samples, write_subject_index
from kg.sparql.subject_index import GraphStatements

MIN_PARALLEL_QUADS: Final = 300_000
"""Quads from which a process of its own, which takes a second to start, is worth it."""
_COMMAND: Final = (sys.executable, "-m", "kg.releases.subject_index_worker")


@dataclass(frozen=True)
class SubjectIndexOrder:
    """What is written, and where."""

    path: Path
    quads: QuadFile
    partitions: Sequence[QuadPartition]
    samples: Sequence[GraphStatements]

    def carry_out(self, track: ProgressCallback) -> None:
        """Writes it."""
        write_subject_index(self.path, self.quads, self.partitions, self.samples, track)


class SubjectIndexWriter:
    """The writing of a subject index, from its start to its end."""

    def __init__(
        self,
        db: duckdb.DuckDBPyConnection,
        quads: QuadFile,
        path: Path,
        min_parallel: int = MIN_PARALLEL_QUADS,
    ) -> None:
        """Begins to write the index of the settled quads, which are in a file that must stay."""
        self._order = SubjectIndexOrder(path, quads, list_partitions(db), select_samples(db))
        self._process: subprocess.Popen[bytes] | None = None
        if quads.count >= min_parallel:
            self._process = subprocess.Popen(_COMMAND, stdin=subprocess.PIPE)  # noqa: S603 - our own
            assert self._process.stdin is not None
            try:
                pickle.dump(self._order, self._process.stdin, pickle.HIGHEST_PROTOCOL)
                self._process.stdin.close()
            except BrokenPipeError:  # it died, which `finish` tells
                pass

    def finish(self, track: ProgressCallback) -> None:
        """Ends when the file is written. Raises BuildError where the process fails."""
        if self._process is None:
            self._order.carry_out(track)
        elif code := self._process.wait():
            raise BuildError(
                f"the process that writes the subject index ended with code {code}, "
                "perhaps for want of memory or room on the disk"
            )

    def close(self) -> None:
        """Stops what has not ended."""
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait()

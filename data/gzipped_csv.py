"""Gzipped CSV files of the sources that are shipped, the same bytes whenever they are written."""

import csv
import gzip
import io
from collections.abc import Iterable
from pathlib import Path


def write_gzipped_csv(
    path: Path, columns: tuple[str, ...], rows: Iterable[tuple[str, ...]]
) -> None:
    """Writes the rows under their headings, without a time in the file."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    path.write_bytes(gzip.compress(text.getvalue().encode(), mtime=0))

"""Judgements of people on whether two records are one thing, kept in `data/judgements.csv`.

One line a decision; the last on a pair counts, so that a decision is taken back by another. Each
has the digest of what the two records said when it was made: a pair is asked again only when that
has changed.
"""

import csv
from collections.abc import Iterable, Mapping
from dataclasses import astuple, dataclass, fields
from enum import StrEnum
from pathlib import Path
from typing import Final

from kg.errors import SourceError

JUDGEMENTS_FILE: Final = "judgements.csv"


class Decision(StrEnum):
    """What a person has decided of a pair."""

    SAME = "same"
    DIFFERENT = "different"
    UNDECIDED = "undecided"
    """Takes back what was decided before."""


@dataclass(frozen=True)
class Judgement:
    """A decision on two records, `kind/key` each, in alphabetical order."""

    left: str
    right: str
    decision: Decision
    who: str
    when: str
    """An xsd:dateTime."""
    why: str
    evidence: str
    """Digest of what both records said, as `compute_evidence` gives it."""


def read_judgements(path: Path) -> dict[tuple[str, str], Judgement]:
    """The last judgement on each pair. Raises SourceError for a line that cannot be read."""
    if not path.is_file():
        return {}
    try:
        return _read_lines(path)
    except (UnicodeDecodeError, csv.Error) as error:
        raise SourceError(f"{path}: {error}; it has to be CSV in UTF-8") from error


def _read_lines(path: Path) -> dict[tuple[str, str], Judgement]:
    judged = {}
    names = [field.name for field in fields(Judgement)]
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = csv.DictReader(file)
        if not set(names) <= set(rows.fieldnames or ()):
            raise SourceError(f"{path}: the first line has to be {','.join(names)}")
        for row in rows:
            try:
                decision = Decision(row["decision"])
            except ValueError:
                raise SourceError(
                    f"{path}, line {rows.line_num}: decision {row['decision']!r} is none of "
                    f"{', '.join(Decision)}"
                ) from None
            left, right = sorted((row["left"] or "", row["right"] or ""))
            judged[left, right] = Judgement(
                left, right, decision,
                row["who"] or "", row["when"] or "", row["why"] or "", row["evidence"] or "",
            )  # fmt: skip
    return judged


def append_judgements(path: Path, judgements: Iterable[Judgement]) -> None:
    """Adds decisions at the end of the file, which is made with its heading where there is none."""
    new = not path.is_file()
    is_last_line_open = not new and not path.read_bytes().endswith(b"\n")
    with path.open("a", encoding="utf-8", newline="") as file:
        if is_last_line_open:
            file.write("\n")
        writer = csv.writer(file, lineterminator="\n")
        if new:
            writer.writerow(field.name for field in fields(Judgement))
        writer.writerows(astuple(judgement) for judgement in judgements)


def is_settled(
    judged: Mapping[tuple[str, str], Judgement], left: str, right: str, evidence: str
) -> bool:
    """Whether a pair was judged on what its records say today."""
    known = judged.get((left, right))
    return known is not None and known.decision != Decision.UNDECIDED and known.evidence == evidence

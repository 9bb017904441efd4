"""Queue of candidate pairs, in the order in which a person should look at them.

`data/resolution/candidates.csv`, one line a pair: those whose decision is least sure first, those
that are surest last, each with its score and its reasons.
"""

import csv
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Final

from kg.errors import SourceError
from kg.resolution.pairs import DescribedRecord, ScoredPair

QUEUE_FILE: Final = "resolution/candidates.csv"
SURE: Final = "sure"
DOUBTFUL: Final = "doubtful"
ID_LETTERS: Final = 8
MIN_TOLD: Final = 0.3
"""Weight from which on a comparison is a reason."""


@dataclass(frozen=True)
class QueuedPair:
    """A pair that waits for a person, or that is sure and may be looked at."""

    id: str
    """By which a command names it: a digest of both records."""
    left: str
    right: str
    left_name: str
    right_name: str
    status: str
    """`sure` or `doubtful`."""
    score: str
    """Logarithm to base 2 of the odds that both are one thing."""
    certainty: str
    """How far from undecided; the queue is in this order."""
    reasons: str
    evidence: str


def build_queue(
    pairs: Iterable[ScoredPair], records: Mapping[str, DescribedRecord]
) -> list[QueuedPair]:
    """The pairs in the order in which to look at them."""
    ordered = sorted(pairs, key=lambda pair: (abs(pair.certainty), pair.left, pair.right))
    return [
        QueuedPair(
            compute_id(pair.left, pair.right),
            pair.left,
            pair.right,
            _find_name(records[pair.left]),
            _find_name(records[pair.right]),
            SURE if pair.sure else DOUBTFUL,
            f"{pair.weight:.2f}",
            f"{pair.certainty:.2f}",
            "; ".join(
                f"{compared}: {how} ({told:+.1f})"
                for compared, how, told in pair.reasons
                if abs(told) >= MIN_TOLD
            ),
            compute_evidence(records[pair.left], records[pair.right]),
        )
        for pair in ordered
    ]


def compute_evidence(left: DescribedRecord, right: DescribedRecord) -> str:
    """A digest of what two records say that is compared."""
    digest = hashlib.sha256()
    for record in (left, right):
        digest.update(repr(sorted(asdict(record).items())).encode())
    return digest.hexdigest()[:16]


def compute_id(left: str, right: str) -> str:
    """The id by which a command names a pair."""
    text = f"{left}\n{right}"
    return hashlib.sha256(text.encode()).hexdigest()[:ID_LETTERS]


def _find_name(record: DescribedRecord) -> str:
    return record.names[0] if record.names else record.id


def write_queue(path: Path, queue: Sequence[QueuedPair]) -> None:
    """Replaces the file by a queue."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}-draft")
    with draft.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(
            file, [field.name for field in fields(QueuedPair)], lineterminator="\n"
        )
        writer.writeheader()
        writer.writerows(map(asdict, queue))
    draft.replace(path)


def read_queue(path: Path) -> list[QueuedPair]:
    """The queue as it was written, empty where there is none.

    Raises SourceError where the file is not one.
    """
    if not path.is_file():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        try:
            return [_read_pair(row) for row in csv.DictReader(file)]
        except (TypeError, ValueError, csv.Error) as error:
            raise SourceError(
                f"{path} is no queue ({error}): write it again with ess-kg resolve"
            ) from error


def _read_pair(row: Mapping[str, str]) -> QueuedPair:
    """Raises TypeError or ValueError for a row that was not written by `write_queue`."""
    if None in row.values():
        raise ValueError(f"the row of {row.get('id')} is short")
    pair = QueuedPair(**row)
    float(pair.score)
    float(pair.certainty)
    return pair

"""Subject index: a SQLite file that maps each subject to its statements, compressed.

An engine keeps a statement once for each order in which it can be looked for, and each of its terms
in yet another place: to tell the fifteen statements of a record it looks at forty of them. Most of
what linked data is asked is told by the statements of one subject. Here they stand together, as
N-Triples without the subject, packed with a dictionary of what most of them have in common. One
look finds them, be it on a disk that has not been read yet.
"""

import logging
import sqlite3
import threading
from collections.abc import Callable, Iterable, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Final, NamedTuple

import zstandard
from zstandard import ZstdCompressionDict, ZstdCompressor, ZstdDecompressor

MAX_PART_BYTES: Final = 64 * 1024
"""Bytes of statements that are kept of one graph: to read them takes less than a millisecond."""
MAX_PARTS: Final = 64
DICTIONARY_BYTES: Final = 64 * 1024
TABLES_SQL: Final = """
CREATE TABLE dictionary (content BLOB NOT NULL);
-- subject: a number made of its IRI; two that had the same are told apart by their first line
CREATE TABLE said (id INTEGER PRIMARY KEY, subject INTEGER NOT NULL, part BLOB NOT NULL);
"""
INDEXES_SQL: Final = "CREATE INDEX said_subject ON said (subject);"
PARTS_SQL: Final = f"SELECT part FROM said WHERE subject = ? ORDER BY id LIMIT {MAX_PARTS + 1}"
TOO_LONG_MARK: Final = b""
"""What stands for a part that is longer than `LONGEST`."""

log = logging.getLogger(__name__)

Decompress = Callable[[bytes], bytes]


class GraphStatements(NamedTuple):
    """What one graph says of a subject."""

    subject: str
    graph: str
    statements: Sequence[str]
    """Each a property and a value as in N-Triples, with one space between them."""

    def encode(self) -> bytes:
        """The part as it is kept."""
        return "\n".join((self.subject, self.graph, *self.statements)).encode()

    @classmethod
    def decode(cls, text: bytes) -> "GraphStatements":
        """The part of a text."""
        subject, graph, *statements = text.decode().split("\n")
        return cls(subject, graph, statements)


class SubjectIndex:
    """Such a file, read from any thread."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._local = threading.local()

    def find_parts(self, subject: str) -> Sequence[GraphStatements] | None:
        """What each graph says of a thing, given by its IRI; nothing where it is not known.

        None where that is more than is read here, or cannot be read any more.
        """
        try:
            file, unpack = self._get_connection()
            rows = file.execute(PARTS_SQL, (_hash_subject(subject),)).fetchall()
            if len(rows) > MAX_PARTS or (TOO_LONG_MARK,) in rows:
                return None
            decoded = [GraphStatements.decode(unpack(compressed)) for (compressed,) in rows]
        except (sqlite3.Error, zstandard.ZstdError) as error:  # the engine has all of it too
            log.error("subjects cannot be read", extra={"reason": str(error)})
            return None
        return [part for part in decoded if part.subject == subject]

    def find_statements(self, subject: str) -> Iterable[str] | None:
        """What all graphs say of a thing, each statement once. None: see `parts`."""
        parts = self.find_parts(subject)
        if parts is None:
            return None
        if len(parts) == 1:
            return parts[0].statements
        return dict.fromkeys(statement for part in parts for statement in part.statements)

    def check(self) -> None:
        """Raises OSError where the file cannot be opened."""
        try:
            self._get_connection()
        except (sqlite3.Error, TypeError, zstandard.ZstdError) as error:
            raise OSError(f"{self._path} is no file of subjects: {error}") from error

    def _get_connection(self) -> tuple[sqlite3.Connection, Decompress]:
        try:
            return self._local.opened  # type: ignore[no-any-return]
        except AttributeError:
            opened = self._local.opened = self._open()
            return opened

    def _open(self) -> tuple[sqlite3.Connection, Decompress]:
        address = f"{self._path.resolve().as_uri()}?mode=ro&immutable=1"
        file = sqlite3.connect(address, uri=True, isolation_level=None)
        file.executescript("PRAGMA mmap_size=2147418112; PRAGMA query_only=1;")
        (common,) = file.execute("SELECT content FROM dictionary").fetchone()
        return file, ZstdDecompressor(dict_data=ZstdCompressionDict(common)).decompress


def update_subject_index(
    path: Path, subjects: Iterable[str], parts: Iterable[GraphStatements]
) -> None:
    """Replaces, in a file that is written by nobody else, all parts of some subjects by others."""
    file = sqlite3.connect(path, isolation_level=None)
    file.executescript("PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; BEGIN")
    (common,) = file.execute("SELECT content FROM dictionary").fetchone()
    unpack = ZstdDecompressor(dict_data=ZstdCompressionDict(common)).decompress
    for subject in subjects:
        rows = file.execute(
            "SELECT id, part FROM said WHERE subject = ?", (_hash_subject(subject),)
        )
        own = [
            (number,)
            for number, part in rows.fetchall()
            if part == TOO_LONG_MARK or GraphStatements.decode(unpack(part)).subject == subject
        ]
        file.executemany("DELETE FROM said WHERE id = ?", own)
    _insert_parts(file, parts, common)
    file.execute("COMMIT")
    file.close()


def write_subject_index(
    path: Path, parts: Iterable[GraphStatements], samples: Sequence[GraphStatements]
) -> None:
    """Writes a file of parts in their order. `samples`: some of them, for the dictionary."""
    path.unlink(missing_ok=True)
    file = sqlite3.connect(path, isolation_level=None)
    file.executescript(f"PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; {TABLES_SQL} BEGIN")
    common = _train_dictionary([part.encode() for part in samples])
    file.execute("INSERT INTO dictionary VALUES (?)", (common,))
    _insert_parts(file, parts, common)
    file.execute("COMMIT")
    file.executescript(INDEXES_SQL)
    file.close()


def _insert_parts(
    file: sqlite3.Connection, parts: Iterable[GraphStatements], common: bytes
) -> None:
    pack = ZstdCompressor(dict_data=ZstdCompressionDict(common), write_dict_id=False).compress

    def compress_part(part: GraphStatements) -> bytes:
        text = part.encode()
        return pack(text) if len(text) <= MAX_PART_BYTES else TOO_LONG_MARK

    rows = ((_hash_subject(part.subject), compress_part(part)) for part in parts)
    file.executemany("INSERT INTO said (subject, part) VALUES (?, ?)", rows)


def _train_dictionary(samples: Sequence[bytes]) -> bytes:
    """A dictionary of what texts have in common; an empty one where there are too few."""
    try:
        return zstandard.train_dictionary(DICTIONARY_BYTES, list(samples)).as_bytes()
    except zstandard.ZstdError:
        return b""


def _hash_subject(subject: str) -> int:
    """A number of 64 bits, as SQLite has them."""
    digest = blake2b(subject.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)

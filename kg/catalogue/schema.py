"""SQLite schema of a catalogue file, with functions to create and open one."""

import sqlite3
from pathlib import Path
from typing import Final

SCHEMA_VERSION: Final = "14"

TABLES_SQL: Final = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
-- records: how many lists show; size: over how many numbers these are spread, from the first on
CREATE TABLE kind (
  name TEXT PRIMARY KEY, first INTEGER NOT NULL, size INTEGER NOT NULL, records INTEGER NOT NULL)
  WITHOUT ROWID;
CREATE TABLE field (
  kind TEXT, position INTEGER, name TEXT, title_fr TEXT, title_en TEXT, predicate TEXT,
  value TEXT, fragment TEXT, lang TEXT, datatype TEXT, temporal INTEGER, scheme TEXT,
  reference INTEGER, multiple INTEGER, PRIMARY KEY (kind, position)) WITHOUT ROWID;
-- begins, ends: on the clock of the place (zone); sequence: by one clock, for the order by date
-- point_of: kind/key of the place or commune whose coordinates they are, NULL for its own
-- ids rise by kind, then label, those of `same` last (`record_numbers`); id - kind.first is the
-- record's bit in a set
CREATE TABLE entity (
  id INTEGER PRIMARY KEY, kind TEXT NOT NULL, key TEXT NOT NULL, label_fr TEXT, label_en TEXT,
  sort_fr TEXT NOT NULL, sort_en TEXT NOT NULL, begins TEXT, ends TEXT, sequence TEXT, zone TEXT,
  population INTEGER, latitude REAL, longitude REAL, point_of TEXT, sources TEXT NOT NULL,
  cells TEXT NOT NULL);
CREATE TABLE posting (
  id INTEGER PRIMARY KEY, kind TEXT, field TEXT, value TEXT, records INTEGER, members BLOB);
-- the other way round: the postings a record is in, as four-byte numbers
CREATE TABLE carried (id INTEGER PRIMARY KEY, postings BLOB NOT NULL);
CREATE TABLE part (whole TEXT, part TEXT, PRIMARY KEY (whole, part)) WITHOUT ROWID;
-- inhabitants of territories that state none: the sum of those of their communes that do
CREATE TABLE population_sum (
  id INTEGER PRIMARY KEY, population INTEGER NOT NULL, counted INTEGER NOT NULL,
  communes INTEGER NOT NULL, sources TEXT NOT NULL);
CREATE TABLE label (iri TEXT PRIMARY KEY, fr TEXT, en TEXT) WITHOUT ROWID;
-- what the codes of communes named until a day, by the territories of today; words and joined are
-- the name of then as names are compared
CREATE TABLE former (
  code TEXT, until TEXT, key TEXT, name TEXT, words TEXT, joined TEXT,
  PRIMARY KEY (code, until, key)) WITHOUT ROWID;
CREATE TABLE concept (
  id INTEGER PRIMARY KEY, scheme TEXT NOT NULL, notation TEXT NOT NULL, broader TEXT);
CREATE TABLE moved (old TEXT PRIMARY KEY, new TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE gone (iri TEXT PRIMARY KEY, since TEXT NOT NULL) WITHOUT ROWID;
-- names of research organisations by their canonical words in alphabetical order, and what tells
-- namesakes apart: the words of their places, what they are part of, what succeeded them
CREATE TABLE name (
  key TEXT, id INTEGER, role TEXT, PRIMARY KEY (key, id, role)) WITHOUT ROWID;
CREATE TABLE named (
  id INTEGER PRIMARY KEY, places TEXT NOT NULL, wholes TEXT NOT NULL, active INTEGER NOT NULL,
  rank INTEGER NOT NULL, parts INTEGER NOT NULL DEFAULT 0);
CREATE TABLE succession (
  predecessor INTEGER, successor INTEGER, PRIMARY KEY (predecessor, successor)) WITHOUT ROWID;
CREATE TABLE name_word (word TEXT PRIMARY KEY, names INTEGER NOT NULL) WITHOUT ROWID;
-- records that another one stands for in lists, and pairs of records that are one thing or may be
CREATE TABLE same (id INTEGER PRIMARY KEY, lead INTEGER NOT NULL);
CREATE TABLE pair (
  number INTEGER PRIMARY KEY, id TEXT NOT NULL, one TEXT NOT NULL, other TEXT NOT NULL,
  sure INTEGER NOT NULL, score REAL, reasons TEXT NOT NULL, decision TEXT NOT NULL);
-- records of releases before that no source has any more
CREATE TABLE departed (iri TEXT PRIMARY KEY, since TEXT NOT NULL) WITHOUT ROWID;
-- what each record was when the release was frozen, when it last changed, and what has changed
-- since the release before
CREATE TABLE version (id INTEGER PRIMARY KEY, digest TEXT NOT NULL, changed TEXT NOT NULL);
CREATE TABLE change (
  number INTEGER PRIMARY KEY, kind TEXT NOT NULL, key TEXT NOT NULL, change TEXT NOT NULL,
  digest TEXT NOT NULL);
CREATE TABLE word (
  id INTEGER PRIMARY KEY, word TEXT NOT NULL, records INTEGER NOT NULL,
  territories INTEGER NOT NULL);
CREATE VIRTUAL TABLE spot USING rtree (id, west, east, south, north);
CREATE VIRTUAL TABLE text USING fts5 (
  name, stem, body, code, content='', prefix='2 3 4',
  tokenize="unicode61 remove_diacritics 2");
CREATE VIRTUAL TABLE concept_text USING fts5 (
  name, stem, content='', prefix='2 3 4', tokenize="unicode61 remove_diacritics 2");
CREATE VIRTUAL TABLE near USING fts5 (
  word, content='word', content_rowid='id', detail=none, tokenize="trigram");
INSERT INTO text (text, rank) VALUES ('rank', 'bm25(10.0, 5.0, 1.0, 8.0)');
"""

INDEXES_SQL: Final = """
CREATE UNIQUE INDEX entity_key ON entity (kind, key);
CREATE INDEX entity_english ON entity (kind, sort_en, id);
CREATE INDEX entity_date ON entity (kind, sequence, id) WHERE sequence IS NOT NULL;
CREATE INDEX entity_population ON entity (kind, population, id) WHERE population IS NOT NULL;
CREATE INDEX former_words ON former (words);
CREATE INDEX former_joined ON former (joined);
CREATE INDEX same_lead ON same (lead);
CREATE INDEX pair_one ON pair (one);
CREATE INDEX pair_other ON pair (other);
CREATE UNIQUE INDEX posting_value ON posting (kind, field, value);
CREATE INDEX posting_records ON posting (kind, field, records DESC, value);
CREATE UNIQUE INDEX word_word ON word (word, records, territories);
CREATE UNIQUE INDEX concept_notation ON concept (scheme, notation);
INSERT INTO near (near) VALUES ('rebuild');
INSERT INTO near (near) VALUES ('optimize');
INSERT INTO text (text) VALUES ('optimize');
ANALYZE;
"""


def create_catalogue(path: Path) -> sqlite3.Connection:
    """Create an empty catalogue file, to be completed with `finish_catalogue`."""
    path.unlink(missing_ok=True)
    file = sqlite3.connect(path, isolation_level=None)
    file.executescript(
        "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA locking_mode=EXCLUSIVE;"
    )
    file.executescript(TABLES_SQL)
    file.execute("BEGIN")
    return file


def finish_catalogue(file: sqlite3.Connection) -> None:
    """Build the indexes, compact the file and close it."""
    file.execute("COMMIT")
    file.executescript(INDEXES_SQL)
    file.execute("VACUUM")
    file.close()


def open_read_only(path: Path) -> sqlite3.Connection:
    """Open a finished catalogue file, which is never written again."""
    file = sqlite3.connect(
        f"{path.resolve().as_uri()}?mode=ro&immutable=1",
        uri=True,
        cached_statements=256,
        check_same_thread=False,  # streamed lists move between threads, but use one at a time
    )
    file.executescript(
        "PRAGMA mmap_size=1073741824; PRAGMA cache_size=-16384; PRAGMA query_only=1;"
    )
    return file


def has_current_schema(path: Path) -> bool:
    """Tell whether a catalogue file is there and written as this version reads it."""
    try:
        file = open_read_only(path)
        try:
            row = file.execute("SELECT value FROM meta WHERE name = 'schema'").fetchone()
        finally:
            file.close()
    except sqlite3.OperationalError:  # no file, or no such table: older than the first version
        return False
    return row is not None and str(row[0]) == SCHEMA_VERSION

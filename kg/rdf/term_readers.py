"""SQL macros that read N-Triples terms: entity of a subject, lexical form, language, sort form."""

from typing import Final

import duckdb

TERM_READERS: Final = (
    "subject_of(s) AS split_part(s, '#', 1)",
    # an N-Triples string is a JSON string, \\U excepted, which nobody writes
    r"""lexical(o) AS CASE WHEN o[1] = '"' THEN
        CASE WHEN contains(o, '\')
        THEN json_extract_string(regexp_extract(o, '^(".*")[^"]*$', 1, 's'), '$')
        ELSE split_part(o, '"', 2) END
        ELSE trim(o, '<>') END""",
    # names are compared without case, accents and punctuation
    r"""sortable(x) AS trim(regexp_replace(
        replace(replace(strip_accents(lower(x)), 'œ', 'oe'), 'æ', 'ae'),
        '[^\p{L}\p{N}]+', ' ', 'g'))""",
    """language(o) AS CASE WHEN o[1] = '"'
        THEN regexp_extract(o, '"@([A-Za-z0-9-]+)$', 1) ELSE '' END""",
)


def define_term_readers(db: duckdb.DuckDBPyConnection) -> None:
    """Defines the macros in a connection."""
    for macro in TERM_READERS:
        db.execute(f"CREATE OR REPLACE TEMP MACRO {macro}")

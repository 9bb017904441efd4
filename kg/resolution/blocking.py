"""Blocking of records: the keys of which two records must share one to be compared at all.

Keys are whole names, pairs of the rarest words of a name, its beginning or its rarest word with the
place, its first letters with the day of foundation, sites and identifiers. A key that many records
have is tried again with the commune, then with the département, and is left where it still says too
little.
"""

from typing import Final

import duckdb

MAX_RECORDS: Final = 60
"""Records that may share a key on one side."""
RARE_WORDS: Final = 3
PREFIX_LETTERS: Final = 7
DAY_LETTERS: Final = 2

BLOCKS_SQL: Final = f"""
CREATE OR REPLACE TEMP TABLE word_count AS
SELECT word, count(*) AS records FROM (SELECT unnest(words) AS word FROM {{records}}) GROUP BY word;

CREATE OR REPLACE TEMP TABLE rare AS
SELECT unique_id, word, row_number() OVER (
    PARTITION BY unique_id ORDER BY records, word) AS place
FROM (SELECT unique_id, unnest(words) AS word FROM {{records}}) JOIN word_count USING (word)
QUALIFY place <= {RARE_WORDS};

CREATE OR REPLACE TEMP TABLE proposed AS
SELECT unique_id, 'n|' || unnest(names) AS key FROM {{records}}
UNION SELECT unique_id, 'n|' || unnest(initials) FROM {{records}}
UNION SELECT unique_id, 'j|' || joined FROM {{records}}
UNION SELECT unique_id, 's|' || site FROM {{records}} WHERE site IS NOT NULL
UNION SELECT unique_id, 'i|' || unnest(ids) FROM {{records}}
UNION SELECT unique_id, 'w|' || word FROM rare WHERE place <= 2
UNION SELECT a.unique_id, 'p|' || least(a.word, b.word) || ' ' || greatest(a.word, b.word)
  FROM rare a JOIN rare b ON a.unique_id = b.unique_id AND a.place < b.place
UNION SELECT unique_id, 'd|' || day || ' ' || left(joined, {DAY_LETTERS}) FROM {{records}}
  WHERE day IS NOT NULL AND joined IS NOT NULL
UNION SELECT unique_id, 'b|' || left(joined, {PREFIX_LETTERS}) FROM {{records}}
  WHERE length(joined) >= {PREFIX_LETTERS};

CREATE OR REPLACE TEMP TABLE block AS
WITH counted AS (SELECT key, count(*) AS records FROM proposed GROUP BY key HAVING count(*) > 1),
crowded AS (
  SELECT unique_id, key, records, commune, department
  FROM proposed JOIN counted USING (key) JOIN {{records}} USING (unique_id)
),
narrow AS (
  SELECT unique_id, key || '|' || place AS key FROM (
    SELECT unique_id, key, unnest([commune, department]) AS place FROM crowded
    WHERE records > {MAX_RECORDS}) WHERE place IS NOT NULL
),
kept AS (
  SELECT key FROM narrow GROUP BY key HAVING count(*) BETWEEN 2 AND {MAX_RECORDS}
)
SELECT unique_id, key FROM crowded WHERE records <= {MAX_RECORDS}
UNION ALL SELECT unique_id, key FROM narrow SEMI JOIN kept USING (key);

CREATE OR REPLACE TABLE {{blocked}} AS
SELECT r.*, coalesce(blocks, []) AS blocks FROM {{records}} r
LEFT JOIN (SELECT unique_id, list(key ORDER BY key) AS blocks FROM block GROUP BY unique_id)
USING (unique_id);

DROP TABLE block; DROP TABLE proposed; DROP TABLE rare; DROP TABLE word_count;
"""


def add_blocks(db: duckdb.DuckDBPyConnection, records: str, blocked: str) -> None:
    """Makes the table `blocked`, the features of `records` with their keys in the list `blocks`."""
    for statement in BLOCKS_SQL.format(records=records, blocked=blocked).split(";"):
        if statement.strip():
            db.execute(statement)

"""Query templates: SPARQL files with slots that are filled with checked terms.

The first line of a file is a comment that says in plain words what it asks. A slot is written
`VALUES ?name { UNDEF }`, so that a file can be pasted into any SPARQL editor as it is. Slots are
filled with terms that pyoxigraph has checked, never with text.
"""

from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Final

import pyoxigraph as ox

QUERIES_FOLDER: Final = Path(__file__).parent
Term = ox.NamedNode | ox.Literal


@lru_cache
def read_query(name: str) -> str:
    """The query of a file, by its name without `.rq`."""
    return (QUERIES_FOLDER / f"{name}.rq").read_text("utf-8")


def list_queries(folder: str = "") -> list[str]:
    """Every query of a folder."""
    return sorted(path.stem for path in (QUERIES_FOLDER / folder).glob("*.rq"))


def read_question(name: str) -> str:
    """What a query asks, in plain words."""
    return read_query(name).partition("\n")[0].lstrip("# ").rstrip()


def fill(name: str, **slots: Term | Iterable[Term]) -> str:
    """A query with each of its named slots filled, wherever it stands.

    Raises KeyError for a slot that the query does not have.
    """
    query = read_query(name)
    for slot, terms in slots.items():
        values = [terms] if isinstance(terms, Term) else list(terms)
        empty = f"VALUES ?{slot} {{ UNDEF }}"
        if empty not in query:
            raise KeyError(f"{name}.rq has no slot ?{slot}")
        query = query.replace(empty, f"VALUES ?{slot} {{ {' '.join(map(str, values))} }}")
    return query


def parse_iri(value: str) -> ox.NamedNode:
    """An IRI for a slot. Raises ValueError where it is not one."""
    return ox.NamedNode(value)

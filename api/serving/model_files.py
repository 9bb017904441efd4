"""Model files of a release (ontology, shapes, code lists, VoID, DCAT), read once.

The files of a release never change, so what was read stays true for as long as it is cached.
"""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import pyoxigraph as ox

from kg.rdf.io import read_quads

Triples = Sequence[ox.Triple]


@lru_cache(maxsize=128)
def read_triples(files: tuple[Path, ...]) -> Triples:
    """The triples of some files, in their order."""
    return tuple(quad.triple for file in files for quad in read_quads(file))


@lru_cache(maxsize=64)
def read_file(file: Path) -> bytes:
    """The content of a file."""
    return file.read_bytes()

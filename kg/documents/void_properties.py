"""Properties of a release, as its VoID description tells them."""

from collections.abc import Collection
from pathlib import Path
from typing import Final

import pyoxigraph as ox

from kg.namespaces import expand
from kg.rdf.io import read_quads

VOID_PROPERTY: Final = expand("void:property")


def read_properties(void: Path, without: Collection[str]) -> list[ox.NamedNode]:
    """The properties in order, except some by IRI; none where nothing describes the release."""
    stated = read_quads(void) if void.is_file() else ()
    values = (quad.object for quad in stated if quad.predicate.value == VOID_PROPERTY)
    named = {value for value in values if isinstance(value, ox.NamedNode)}
    return sorted((each for each in named if each.value not in without), key=str)

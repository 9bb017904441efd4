"""Code labels: the codes of a code list by what people call them."""

from functools import lru_cache
from pathlib import Path

import pyoxigraph as ox

from kg.namespaces import expand
from kg.sources.header_row import fold_heading

LABELS = ("skos:prefLabel", "skos:altLabel", "skos:hiddenLabel", "skos:notation")


@lru_cache(maxsize=32)
def read_code_labels(path: Path) -> dict[str, str]:
    """Folded label or code to code; a label that several codes have is left out."""
    predicates = {expand(name) for name in LABELS}
    notation = expand("skos:notation")
    codes: dict[str, str] = {}
    labels: dict[str, set[str]] = {}
    for quad in ox.parse(path=str(path), format=ox.RdfFormat.TURTLE):
        if quad.predicate.value in predicates and isinstance(quad.object, ox.Literal):
            subject = str(quad.subject)
            labels.setdefault(subject, set()).add(quad.object.value)
            if quad.predicate.value == notation:
                codes[subject] = quad.object.value
    found: dict[str, set[str]] = {}
    for subject, code in codes.items():
        for label in (*labels[subject], code):
            if folded := fold_heading(label):
                found.setdefault(folded, set()).add(code)
    return {label: min(each) for label, each in found.items() if len(each) == 1}

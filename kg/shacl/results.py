"""Validation results and their severities."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from kg.shacl.vocabulary import SHACL


class Severity(Enum):
    """Severity of a result: a violation rejects, a warning is listed, an info is a suggestion.

    https://www.w3.org/TR/shacl/#severity
    """

    VIOLATION = "Violation"
    WARNING = "Warning"
    INFO = "Info"

    @property
    def iri(self) -> str:
        return SHACL + self.value

    @classmethod
    def from_iri(cls, iri: str) -> "Severity":
        """The severity of an IRI; one that SHACL does not define counts as a violation."""
        return next((severity for severity in cls if severity.iri == iri), cls.VIOLATION)


@dataclass(frozen=True, slots=True)
class ValidationResult:
    """One validation result (https://www.w3.org/TR/shacl/#results-validation-result).

    `focus` is a bare IRI, `_:id` for a blank node, or an N-Triples literal. `path` is the IRI of a
    property, or a SPARQL property path in full IRIs. `value` is an N-Triples term. `component` and
    `shape` are IRIs; a shape without a name has `_:` and an identifier that does not change from
    one reading of the same shapes to the next. `messages` gives a text for each language, `""`
    for those that have none.
    """

    focus: str
    path: str | None
    value: str | None
    component: str
    shape: str
    severity: Severity
    messages: Mapping[str, str]
    stated_severity: str = ""
    """The severity as the shape states it, where SHACL does not define it: a bare IRI."""

    @property
    def key(self) -> tuple[str, ...]:
        """Key of the result: all its parts as texts, in a fixed order."""
        return (
            self.focus,
            self.shape,
            self.component,
            self.path or "",
            self.value or "",
            self.stated_severity or self.severity.value,
            *(text for pair in sorted(self.messages.items()) for text in pair),
        )

    def get_message(self, language: str) -> str:
        """The message in a language, else without a language, else in any other."""
        texts = self.messages
        return texts.get(language) or texts.get("") or next(iter(texts.values()), "")

"""Named queries (stored queries): `named/*.rq`, each a question with typed parameters.

A file begins with its title in French and in English, then a line for each parameter:

    # @year? year ~ 2010 | Année où ils commencent | Year in which they begin

that is its name (the slot `VALUES ?year { UNDEF }` of the query), `?` where it may be left out, its
type, `= value` where there is a default or `~ value` where there is only an example, and what it
is, in French and in English. Types: a kind of record (its key), `record` (`kind/key`),
`scheme/{name}` (a code of that list), `year`, `date` (of a day, a month or a year), `insee-code`
(of a commune, in use or not), `language`.
The slot `?lang` is no parameter: names are given in the language of the answer where they have one
in it, else in French.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import pyoxigraph as ox

from kg import queries
from kg.errors import BadRequest
from kg.iris import build_concept_iri, build_record_iri
from kg.kinds import KIND_BY_NAME, Text

NAMED_FOLDER: Final = "named"
LANGUAGE_SLOT: Final = "VALUES ?lang { UNDEF }"
PARAMETER_LINE: Final = re.compile(
    r"# @(?P<name>\w+)(?P<optional>\??) (?P<type>\S+)(?: (?P<sign>[=~]) (?P<value>\S+))?"
    r" \| (?P<fr>[^|]+) \| (?P<en>[^|]+)"
)
VALUE_FORMS: Final = {
    "year": (re.compile(r"\d{4}"), "2010"),
    "date": (re.compile(r"\d{4}(-\d{2}(-\d{2})?)?"), "2010-11-04"),
    "insee-code": (re.compile(r"[0-9][0-9AB][0-9]{3}"), "63266"),
    "language": (re.compile(r"[a-z]{2,3}"), "fr"),
}
"""What values of the types that are no names look like, and one of them."""


@dataclass(frozen=True)
class Parameter:
    """One slot of a named query."""

    name: str
    type: str
    optional: bool
    default: str | None
    example: str | None
    about: Text

    @property
    def names_record(self) -> bool:
        """Whether a value names a record, and not a code or a date."""
        return self.type == "record" or self.type in KIND_BY_NAME

    def find_iri(self, value: str) -> str | None:
        """The IRI that a value names, None where the type is no name of a thing."""
        return None if self.type in VALUE_FORMS else self.parse_term(value).value

    def parse_term(self, value: str) -> queries.Term:
        """The term that a value stands for. Raises BadRequest where it is no such value."""
        if self.type in VALUE_FORMS:
            form, one = VALUE_FORMS[self.type]
            if not form.fullmatch(value):
                raise self._build_value_error(value, f"{self.type} ({one})")
            return ox.Literal(value)
        try:
            return ox.NamedNode(self._build_iri(value))
        except ValueError as error:
            raise self._build_value_error(value, self.type) from error

    def _build_iri(self, value: str) -> str:
        if self.type.startswith("scheme/"):
            return build_concept_iri(self.type.removeprefix("scheme/"), value)
        kind, slash, key = (
            value.partition("/") if self.type == "record" else (self.type, "/", value)
        )
        if kind not in KIND_BY_NAME or not slash or not key:
            raise ValueError(value)
        return build_record_iri(kind, key)

    def _build_value_error(self, value: str, expected: str) -> BadRequest:
        return BadRequest(
            f"{self.name}={value!r} cannot be used: expected {expected}",
            f"{self.name}={value!r} ne convient pas : attendu {expected}",
        )


@dataclass(frozen=True)
class NamedQuery:
    """A query of the catalogue."""

    name: str
    title: Text
    parameters: tuple[Parameter, ...]
    text: str
    """As it is in its file: it runs as it is, every slot left open."""

    @property
    def examples(self) -> dict[str, str]:
        """Values to try it with: those of the parameters it needs."""
        return {p.name: p.example for p in self.parameters if p.example and not p.optional}

    def complete_values(self, given: Mapping[str, str]) -> dict[str, str]:
        """The value of each parameter, defaults included, none for those left out.

        Raises BadRequest for an unknown parameter, or one that is missing.
        """
        parameter_names = {parameter.name for parameter in self.parameters}
        if unknown := sorted(set(given) - parameter_names):
            name_list = ", ".join(sorted(parameter_names)) or "–"
            raise BadRequest(
                f"unknown parameter {', '.join(unknown)}; those of {self.name}: {name_list}",
                f"paramètre inconnu {', '.join(unknown)} ; ceux de {self.name} : {name_list}",
            )
        chosen = {p.name: given.get(p.name) or p.default or "" for p in self.parameters}
        for parameter in self.parameters:
            if not chosen[parameter.name] and not parameter.optional:
                raise BadRequest(
                    f"{parameter.name} is missing: {parameter.about.en}",
                    f"{parameter.name} manque : {parameter.about.fr}",
                )
        return {name: value for name, value in chosen.items() if value}

    @property
    def depends_on_language(self) -> bool:
        """Whether the answer depends on a language."""
        return LANGUAGE_SLOT in self.text

    def fill(
        self,
        values: Mapping[str, str],
        language: str = "",
        list_same: Callable[[str], Sequence[str]] | None = None,
    ) -> str:
        """The query with its slots filled. Raises BadRequest for a value that cannot be used.

        A record stands for all that `list_same` gives of its IRI: those judged the same.
        """
        terms: dict[str, queries.Term | list[queries.Term]] = {}
        for each in (p for p in self.parameters if p.name in values):
            term = each.parse_term(values[each.name])
            terms[each.name] = term
            if list_same is not None and each.names_record and isinstance(term, ox.NamedNode):
                terms[each.name] = [queries.parse_iri(iri) for iri in list_same(term.value)]
        if language and self.depends_on_language:
            terms["lang"] = ox.Literal(language)
        return queries.fill(f"{NAMED_FOLDER}/{self.name}", **terms)


@lru_cache(maxsize=1)
def load_named_queries() -> Mapping[str, NamedQuery]:
    """Every named query, by name."""
    return {name: _read_named_query(name) for name in queries.list_queries(NAMED_FOLDER)}


def _read_named_query(name: str) -> NamedQuery:
    text = queries.read_query(f"{NAMED_FOLDER}/{name}")
    french, english, *rest = text.splitlines()
    lines = [line for line in rest if line.startswith("# @")]
    title = Text(french.removeprefix("# "), english.removeprefix("# "))
    return NamedQuery(name, title, tuple(map(_parse_parameter, lines)), text)


def _parse_parameter(line: str) -> Parameter:
    match = PARAMETER_LINE.fullmatch(line)
    if match is None:
        raise ValueError(f"not the line of a parameter: {line}")
    value, sign = match["value"], match["sign"]
    return Parameter(
        match["name"],
        match["type"],
        bool(match["optional"]),
        value if sign == "=" else None,
        value,
        Text(match["fr"].strip(), match["en"].strip()),
    )

"""Values of the graph as a page shows them: a text, and where it leads."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import pyoxigraph as ox

from api.render.site import Site
from api.render.texts import LANGUAGE_NAMES
from kg import iris
from kg.catalogue.words import natural_order
from kg.kinds import BY_NAME, Text
from kg.namespaces import BASE, EDTF, ID, SCHEME, expand, shorten

DATED: Final = frozenset(
    {
        EDTF,
        *(expand(f"xsd:{n}") for n in ("date", "dateTime", "dateTimeStamp", "gYear", "gYearMonth")),
    }
)
TERRITORY: Final = ID + "territory/"
LEVELS: Final = ("arrondissement", "departement")
COUNTED: Final = frozenset({expand("xsd:integer"), expand("xsd:decimal")})

Value = ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple


@dataclass(frozen=True)
class Thing:
    """Something shown: its text, its address if it has one, and what language it is in."""

    text: str
    href: str = ""
    outside: bool = False
    language: str = ""
    """Set where it is not the language of the page."""


class Names:
    """The names of things on one page."""

    def __init__(self, site: Site, labels: Callable[[Iterable[str]], Mapping[str, Text]]) -> None:
        self._site = site
        self._ask = labels
        self._labels: dict[str, Text] = {}

    def learn(self, wanted: Iterable[str]) -> None:
        """Gets the names of some IRIs together."""
        self._labels |= self._ask(iri for iri in wanted if iri not in self._labels)

    def name(self, iri: str) -> str:
        """The name of an IRI; a short form of it where it has none."""
        label = self._labels.get(iri)
        return self._site.in_(label) if label else shorten(iri).rpartition("/")[2]

    def foreign(self, iri: str) -> str:
        """The language of the name of an IRI, where it is not that of the page; else empty."""
        label = self._labels.get(iri)
        return self._site.foreign(label) if label else ""

    def told_apart(self, iri: str) -> str:
        """The name of an IRI; of a territory that has its chief town's name, its level too."""
        return told_apart(self.name(iri), iri, self._site)

    def known(self, iri: str) -> bool:
        return iri in self._labels

    def thing(self, value: Value) -> Thing:
        """A value as it is shown."""
        if isinstance(value, ox.NamedNode):
            return self._named(value.value)
        if isinstance(value, ox.Literal):
            return self._literal(value)
        return Thing(str(value))

    def things(self, values: Sequence[Value]) -> list[Thing]:
        """The values of one property: of its texts, those in the language of the page if any."""
        spoken = [v for v in values if isinstance(v, ox.Literal) and v.language]
        own = [v for v in spoken if v.language == self._site.language]
        kept = [v for v in values if not own or v not in spoken or v in own]
        return sorted(
            (self.thing(v) for v in kept), key=lambda thing: natural_order(thing.text.casefold())
        )

    def _named(self, iri: str) -> Thing:
        ref = iris.reference(iri)
        if ref and (ref.kind in BY_NAME or ref.kind == "source"):
            return Thing(self.told_apart(iri), self._site.href(f"/{ref.kind}/{ref.key}"))
        if iri.startswith(SCHEME):
            href = self._site.href("/scheme/" + iri.removeprefix(SCHEME))
            return Thing(self.name(iri), href, language=self.foreign(iri))
        if iri.startswith(BASE) and not iri.startswith(ID):
            path, hash_, fragment = iri.removeprefix(BASE).partition("#")
            return Thing(self.name(iri), self._site.href(f"/{path}") + hash_ + fragment)
        if iri.startswith(("http://", "https://")):
            short = shorten(iri)
            bare = iri.partition("://")[2].rstrip("/") if short == iri else short
            shown = self.name(iri) if self.known(iri) else bare
            return Thing(shown, iri, outside=True)
        return Thing(iri)

    def _literal(self, value: ox.Literal) -> Thing:
        datatype = value.datatype.value
        if datatype in DATED:
            return Thing(self._site.day(value.value))
        if datatype in COUNTED and value.value.isdigit():
            return Thing(self._site.number(int(value.value)))
        foreign = value.language if value.language != self._site.language else None
        return Thing(value.value, language=foreign or "")

    def language(self, code: str) -> str:
        """The name of a language."""
        known = LANGUAGE_NAMES.get(code)
        return self._site.in_(known) if known else code


def told_apart(name: str, iri: str, site: Site) -> str:
    """A name, with the level of a territory after it where that is often a town's name too."""
    key = iri.removeprefix(TERRITORY)
    level = key.partition("-")[0]
    return f"{name} ({site.t(level)})" if key != iri and level in LEVELS else name

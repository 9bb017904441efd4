"""Label resolver of pages: text and link of an IRI or a literal."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import pyoxigraph as ox
from babel import Locale

from api.i18n.dates import format_duration
from api.views.page_context import PageContext
from kg import iris
from kg.catalogue.text_analysis import build_natural_sort_key
from kg.kinds import KIND_BY_NAME, Text
from kg.licences import LICENCE_NAMES, NOT_STATED
from kg.namespaces import BASE, EDTF_DATATYPE, ID, SCHEME, expand, shorten

DATE_DATATYPES: Final = frozenset(
    {
        EDTF_DATATYPE,
        *(expand(f"xsd:{n}") for n in ("date", "dateTime", "dateTimeStamp", "gYear", "gYearMonth")),
    }
)
DURATION_DATATYPE: Final = expand("xsd:duration")
LANGUAGE_NAMES: Final = {language: dict(Locale(language).languages) for language in ("fr", "en")}
TERRITORY_PREFIX: Final = ID + "territory/"
AMBIGUOUS_LEVELS: Final = ("arrondissement", "departement")
NUMBER_DATATYPES: Final = frozenset({expand("xsd:integer"), expand("xsd:decimal")})

Value = ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple


@dataclass(frozen=True)
class LinkedText:
    """Something shown: its text, its address if it has one, and what language it is in."""

    text: str
    href: str = ""
    external: bool = False
    language: str = ""
    """Set where it is not the language of the page."""


class LabelResolver:
    """Resolver of IRIs and literals to the texts and links of one page."""

    def __init__(self, site: PageContext, labels: Mapping[str, Text]) -> None:
        """`labels`: those of the IRIs on the page."""
        self.site = site
        self._labels = labels

    def resolve_label(self, iri: str) -> str:
        """The name of an IRI; a short form of it where it has none."""
        label = self._labels.get(iri)
        short = shorten(iri)
        return self.site.localize(label) if label else short.rpartition("/")[2] or short

    def foreign(self, iri: str) -> str:
        """The language of the name of an IRI, where it is not that of the page; else empty."""
        label = self._labels.get(iri)
        return self.site.foreign(label) if label else ""

    def disambiguate(self, iri: str) -> str:
        """The name of an IRI; of a territory that has its chief town's name, its level too."""
        return disambiguate_name(self.resolve_label(iri), iri, self.site)

    def has_label(self, iri: str) -> bool:
        return iri in self._labels

    def resolve(self, value: Value) -> LinkedText:
        """A value as it is shown."""
        if isinstance(value, ox.NamedNode):
            return self._resolve_iri(value.value)
        if isinstance(value, ox.Literal):
            return self._resolve_literal(value)
        return LinkedText(str(value))

    def resolve_all(self, values: Sequence[Value]) -> list[LinkedText]:
        """The values of one property as they are shown, in natural order."""
        return sorted(
            (self.resolve(v) for v in self.select_spoken(values)),
            key=lambda linked_text: build_natural_sort_key(linked_text.text.casefold()),
        )

    def select_spoken(self, values: Sequence[Value]) -> list[Value]:
        """The values of one property: of its texts, those in the language of the page if any."""
        spoken = [v for v in values if isinstance(v, ox.Literal) and v.language]
        own = [v for v in spoken if v.language == self.site.language]
        return [v for v in values if not own or v not in spoken or v in own]

    def _resolve_iri(self, iri: str) -> LinkedText:
        ref = iris.parse_record_iri(iri)
        if ref and (ref.kind in KIND_BY_NAME or ref.kind == "source"):
            return LinkedText(self.disambiguate(iri), self.site.href(f"/{ref.kind}/{ref.key}"))
        if iri.startswith(SCHEME):
            href = self.site.href("/scheme/" + iri.removeprefix(SCHEME))
            return LinkedText(self.resolve_label(iri), href, language=self.foreign(iri))
        if iri.startswith(BASE) and not iri.startswith(ID):
            path, hash_, fragment = iri.removeprefix(BASE).partition("#")
            return LinkedText(
                self.resolve_label(iri), self.site.href(f"/{path}") + hash_ + fragment
            )
        if iri.startswith(("http://", "https://")):
            short = shorten(iri)
            bare = iri.partition("://")[2].rstrip("/") if short == iri else short
            label = self.resolve_label(iri) if self.has_label(iri) else bare
            if iri in LICENCE_NAMES:
                label = self.site.t("unstated") if iri == NOT_STATED else LICENCE_NAMES[iri]
            return LinkedText(label, iri, external=True)
        return LinkedText(iri)

    def _resolve_literal(self, value: ox.Literal) -> LinkedText:
        datatype = value.datatype.value
        if datatype in DATE_DATATYPES:
            return LinkedText(self.site.format_day(value.value))
        if datatype == DURATION_DATATYPE:
            return LinkedText(format_duration(value.value, self.site.language))
        if datatype in NUMBER_DATATYPES and value.value.isdigit():
            return LinkedText(self.site.format_number(int(value.value)))
        foreign = value.language if value.language != self.site.language else None
        return LinkedText(
            value.value if foreign else self.site.set_text(value.value), language=foreign or ""
        )

    def resolve_language(self, code: str) -> str:
        """The name of a language, by its code."""
        return str(LANGUAGE_NAMES[self.site.language].get(code, code))


def disambiguate_name(name: str, iri: str, site: PageContext) -> str:
    """A name, with the level of a territory after it where that is often a town's name too."""
    key = iri.removeprefix(TERRITORY_PREFIX)
    level = key.partition("-")[0]
    if key == iri or level not in AMBIGUOUS_LEVELS or site.t(level) in name.casefold():
        return name
    return f"{name} ({site.t(level)})"

"""Page context: language, address and release of a page, with its formatting helpers."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from markupsafe import Markup, escape

from api.http.links import build_url
from api.i18n.dates import format_date
from api.i18n.punctuation import keep_together
from api.i18n.texts import PLURAL_TEXTS, TEXTS
from api.serving.representation import Representation
from kg.catalogue.text_analysis import ELISION_PATTERN, find_stems, fold
from kg.formats import SPARQL_QUERY, TEXT, Format
from kg.kinds import KINDS, Kind, Text

Parameters = Sequence[tuple[str, str]]
FOOTER: Final = (
    (
        "explore_heading",
        (
            ("queries", "/queries"),
            ("paths", "/paths"),
            ("compare", "/compare"),
            ("sparql", "/sparql"),
            ("ontology", "/ontology"),
        ),
    ),
    (
        "data_heading",
        (
            ("sources", "/source"),
            ("reports", "/reports/"),
            ("changes", "/changes"),
            ("dumps", "/dumps"),
            ("catalogue", "/catalogue"),
            ("api", "/docs"),
        ),
    ),
    (
        "contribute_heading",
        (
            ("report_site", "/feedback"),
            ("propose_source", "/propose-source"),
            ("validate", "/validate"),
            ("reconcile", "/reconcile.html"),
            ("resolution", "/resolution"),
        ),
    ),
    (
        "about_heading",
        tuple(
            (f"{name}_page", f"/{name}")
            for name in ("about", "legal", "privacy", "accessibility", "status")
        ),
    ),
)
"""Groups of links at the foot of each page: heading, then text and address of each link."""

FORMAT_TEXTS: Final = {TEXT: "format_text", SPARQL_QUERY: "format_query"}


@dataclass(frozen=True)
class PageContext:
    """The frame of a page; templates call it `site`."""

    language: str
    path: str = "/"
    parameters: Parameters = ()
    """The query string of this page, `lang` left out."""
    language_chosen: bool = False
    """Whether the language was asked for in the address: links then keep it."""
    release: str = ""
    created: datetime | None = None
    origin: str = ""
    """Scheme and host of the page; empty where it is the same at each address of the server."""
    zone: str | None = None
    """The time zone of the place that the page is about (IANA name), where it is known."""

    @classmethod
    def of(
        cls, language: str, path: str, query: Iterable[tuple[str, str]], **release: Any
    ) -> "PageContext":
        """The frame of the page at an address; `release` gives its release and its origin."""
        pairs = tuple(query)
        parameters = tuple((name, value) for name, value in pairs if name != "lang")
        return cls(
            language, path, parameters, language_chosen=len(parameters) < len(pairs), **release
        )

    @property
    def kinds(self) -> tuple[Kind, ...]:
        return KINDS

    @property
    def footer(self) -> Sequence[tuple[str, Sequence[tuple[str, str]]]]:
        return FOOTER

    def t(self, name: str) -> str:
        """A text of the interface."""
        return TEXTS[name][self.language]

    def name_format(self, written: Format) -> str:
        """What a format is called: in words of the page where it has no name of its own."""
        return self.t(FORMAT_TEXTS[written]) if written in FORMAT_TEXTS else written.name

    def localize(self, text: Text) -> str:
        """A text of the graph, in the language of the page."""
        return self.set_text(text[self.language])

    def set_text(self, written: str) -> str:
        """A text of the graph as it is set: in French with spaces that do not break."""
        return keep_together(written) if self.language == "fr" else written

    def foreign(self, text: Text) -> str:
        """The language in which a text of the graph stands in for that of the page; else empty."""
        stated = text.stated_languages
        return stated[0] if stated and self.language not in stated else ""

    def spoken(self, text: Text) -> str:
        """A text of the graph in the language of the page, marked where it is in another one."""
        foreign = self.foreign(text)
        if not foreign:
            return self.localize(text)
        return Markup('<span lang="{}">{}</span>').format(foreign, self.localize(text))

    def name(self, text: Text) -> str:
        """A name, marked where it is in neither of the languages of the pages.

        A French name on an English page stays unmarked: names are rarely translated.
        """
        is_named_here = not text.stated_languages or {"fr", "en"}.intersection(
            text.stated_languages
        )
        return self.localize(text) if is_named_here else self.spoken(text)

    def href(self, path: str, parameters: Iterable[tuple[str, str]] = (), **more: str) -> str:
        """A local address that keeps the language where it was chosen."""
        listed = [*parameters, *more.items()]
        if self.language_chosen:
            listed.append(("lang", self.language))
        return build_url(path, listed)

    def build_switched_url(self) -> str:
        """This page in the other language."""
        other = "fr" if self.language == "en" else "en"
        return build_url(self.path, [*self.parameters, ("lang", other)])

    def build_address(self, language: str = "") -> str:
        """The address of this page, in one language where it is given."""
        spoken = language or (self.language if self.language_chosen else "")
        return self.origin + build_url(
            self.path, [*self.parameters, *([("lang", spoken)] if spoken else [])]
        )

    def list_languages(self) -> list[tuple[str, str]]:
        """Each language of this page with its address, and the one that suits the visitor."""
        spoken = [(language, self.build_address(language)) for language in ("fr", "en")]
        return [*spoken, ("x-default", self.origin + build_url(self.path, self.parameters))]

    @property
    def other_language(self) -> str:
        return "fr" if self.language == "en" else "en"

    @property
    def colon(self) -> str:
        """French sets a space before it that does not break."""
        return ": " if self.language == "en" else "\u00a0: "

    @property
    def semicolon(self) -> str:
        return "; " if self.language == "en" else "\u00a0; "

    @property
    def quotation_marks(self) -> tuple[str, str]:
        """Those that open and close a title; French sets spaces inside that do not break."""
        return ("“", "”") if self.language == "en" else ("«\u00a0", "\u00a0»")

    def format_number(self, count: int) -> str:
        """A number with its thousands apart."""
        return f"{count:,}".replace(",", "\u202f" if self.language == "fr" else ",")

    def ngettext(self, name: str, count: int, **more: str) -> str:
        """A text of the interface whose words follow from a number, with that number in it."""
        text = PLURAL_TEXTS[self.language][name].select(count)
        return text.format(count=self.format_number(count), **more)

    def format_day(self, written: str) -> str:
        return format_date(written, self.language, self.zone)

    @property
    def date(self) -> str:
        return self.format_day(self.created.date().isoformat()) if self.created else ""


def build_page_context(variant: Representation) -> PageContext:
    """The context of the page at the address of a request."""
    return PageContext.of(
        variant.language,
        variant.request.url.path,
        variant.request.query_params.multi_items(),
        release=variant.served.release.id,
        created=variant.served.created,
        origin=variant.origin if variant.depends_on_origin else "",
    )


WORD_PATTERN: Final = "\\w+"


def highlight(text: str, words: Sequence[str]) -> Markup:
    """A text escaped, with the words that were looked for in `mark`."""
    stems = set().union(*(find_stems(word) for word in words)) if words else set()
    begun = tuple(fold(word) for word in words)
    parts: list[Any] = []
    last = 0
    for match in _iterate_words(text):
        plain = fold(match[0])
        if (begun and plain.startswith(begun)) or stems & find_stems(match[0].lower()):
            parts += [
                escape(text[last : match.start()]),
                Markup("<mark>{}</mark>").format(match[0]),
            ]
            last = match.end()
    return Markup("").join([*parts, escape(text[last:])])


def _iterate_words(text: str) -> Iterable[Any]:
    skipped = {match.start(): match.end() for match in ELISION_PATTERN.finditer(text)}
    for match in re.finditer(WORD_PATTERN, text):
        if match.start() not in skipped:
            yield match

"""Citation of a publication on its page: authors in order, year, title, where it appeared."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from api.serializers.references import Contributor, Reference
from api.views.labels import LinkedText
from api.views.page_context import PageContext
from kg.namespaces import ID

SENTENCE_ENDS: Final = (".", "?", "!", "…")
MAX_NAMED: Final = 30
"""Authors that a citation names; all are in its formats."""


@dataclass(frozen=True)
class CitationText:
    """A citation as it is shown, and as one line to copy."""

    authors: Sequence[LinkedText]
    more: int
    """Authors that are not named."""
    editors: Sequence[LinkedText]
    issued: str
    title: str
    stop: str
    """The full stop after the title, empty where the title ends with a sign of its own."""
    language: str
    """Language of the title where it is not that of the page, else empty."""
    container: str
    publisher: str
    place: str
    address: str
    line: str


def build_citation(reference: Reference, site: PageContext) -> CitationText:
    """The citation of a publication."""
    authors = reference.authors
    edited = reference.contributors["editor"] if not authors else ()
    issued = site.format_day(reference.issued) if reference.issued else site.t("undated")
    makers = ", ".join(one.name for one in (authors or edited)[:MAX_NAMED])
    if len(authors) > MAX_NAMED:
        makers += " et al."
    published = ", ".join(filter(None, (reference.publisher, reference.place)))
    contained = f"{site.t('cited_in')} {reference.container}" if reference.container else ""
    parts = [
        f"{makers} ({issued})" if makers else f"({issued})",
        reference.title,
        contained,
        published,
    ]
    line = " ".join(end_sentence(part) for part in parts if part)
    foreign = reference.language if reference.language != site.language else ""
    return CitationText(
        [_link(one, site) for one in authors[:MAX_NAMED]],
        max(0, len(authors) - MAX_NAMED),
        [_link(one, site) for one in edited[:MAX_NAMED]],
        issued,
        reference.title,
        end_sentence(reference.title).removeprefix(reference.title),
        foreign,
        reference.container,
        reference.publisher,
        reference.place,
        reference.address if reference.address.startswith(("http://", "https://")) else "",
        f"{line} {reference.address}".strip(),
    )


def end_sentence(text: str) -> str:
    """A text with a full stop, unless it ends with a sign that ends a sentence."""
    return text if text.endswith(SENTENCE_ENDS) else f"{text}."


def _link(contributor: Contributor, site: PageContext) -> LinkedText:
    is_record = contributor.iri.startswith(ID)
    href = site.href("/" + contributor.iri.removeprefix(ID)) if is_record else ""
    return LinkedText(contributor.name, href)

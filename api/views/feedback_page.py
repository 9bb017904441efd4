"""View models of the forms of visitors: what is wrong, a source that they propose."""

from collections.abc import Mapping
from dataclasses import dataclass

from api.serving.representation import Representation
from api.views.jinja import render_page
from api.views.page_context import build_page_context
from kg.catalogue.records import Item
from kg.kinds import KIND_BY_NAME
from kg.visitor_reports import MAX_LENGTHS, PROPOSAL_FIELDS


@dataclass(frozen=True)
class FeedbackPage:
    """What the form shows."""

    item: Item | None
    """The record that it is about, None where it is about the site."""
    given: Mapping[str, str]
    """What is filled in."""
    error: str = ""
    number: int = 0
    """The number that a report was given."""
    sent: bool = False


def render_feedback_page(variant: Representation, page: FeedbackPage) -> str:
    """The form, or the thanks for what was sent."""
    site = build_page_context(variant)
    item = page.item
    columns = variant.served.catalogue.fields[item.kind] if item else ()
    return render_page(
        "feedback.html",
        site.language,
        site=site,
        title=site.t("report_error"),
        kind_of=KIND_BY_NAME[item.kind] if item else None,
        about=item.label[site.language] if item else "",
        href=site.href(item.path) if item else "",
        columns=[
            (column.name, site.localize(column.title), ", ".join(item.cells.get(column.name, ())))
            for column in columns
            if item and column.name not in ("id", "reference", "read_at", "assertion")
        ],
        given=page.given,
        error=page.error,
        number=page.number,
        sent=page.sent,
        most=MAX_LENGTHS,
    )


def render_proposal_page(variant: Representation, page: FeedbackPage) -> str:
    """The form in which a source is proposed, or the thanks for what was sent."""
    site = build_page_context(variant)
    return render_page(
        "propose_source.html",
        site.language,
        site=site,
        title=site.t("propose_source"),
        given=page.given,
        error=page.error,
        number=page.number,
        sent=page.sent,
        most={**MAX_LENGTHS, **PROPOSAL_FIELDS},
    )

"""View models of the forms of visitors: what is wrong, a source that they propose."""

from collections.abc import Mapping
from dataclasses import dataclass

from api.serving.representation import Representation
from api.views.jinja import render_page
from api.views.labels import LabelResolver
from api.views.page_context import PageContext, build_page_context
from api.views.reported_fact import OWN_COLUMNS, ReportedFact
from kg.catalogue.records import Item
from kg.errors import BadRequest
from kg.kinds import KIND_BY_NAME
from kg.visitor_reports import MAX_LENGTHS, PROPOSAL_FIELDS, WrongField


@dataclass(frozen=True)
class FeedbackPage:
    """What the form shows."""

    item: Item | None
    """The record that it is about, None where it is about the site."""
    given: Mapping[str, str]
    """What is filled in."""
    fact: ReportedFact | None = None
    """The row about the record that it is about, None where it is about the record itself."""
    error: BadRequest | None = None
    """What is wrong with it."""
    number: int = 0
    """The number that a report was given."""
    sent: bool = False


def render_feedback_page(variant: Representation, page: FeedbackPage) -> str:
    """The form, or the thanks for what was sent."""
    site = build_page_context(variant)
    item, fact = page.item, page.fact
    labels = variant.served.catalogue.read_labels(fact.list_iris()) if fact else {}
    names = LabelResolver(site, labels)
    return render_page(
        "feedback.html",
        site.language,
        site=site,
        title=site.t("report_error"),
        kind_of=KIND_BY_NAME[item.kind] if item else None,
        about=item.label[site.language] if item else "",
        href=site.href(item.path) if item else "",
        fact=fact,
        fact_title=site.localize(fact.table.title) if fact and fact.table else "",
        fact_text=fact.describe(names) if fact else "",
        columns=fact.list_columns(names) if fact else _list_columns(variant, item, site),
        given=page.given,
        number=page.number,
        sent=page.sent,
        most=MAX_LENGTHS,
        **_describe_error(page.error, "report", site),
    )


def _list_columns(
    variant: Representation, item: Item | None, site: PageContext
) -> list[tuple[str, str, str]]:
    """Name, title and value of each column of a record."""
    columns = variant.served.catalogue.fields[item.kind] if item else ()
    return [
        (column.name, site.localize(column.title), ", ".join(item.cells.get(column.name, ())))
        for column in columns
        if item and column.name not in OWN_COLUMNS
    ]


def render_proposal_page(variant: Representation, page: FeedbackPage) -> str:
    """The form in which a source is proposed, or the thanks for what was sent."""
    site = build_page_context(variant)
    return render_page(
        "propose_source.html",
        site.language,
        site=site,
        title=site.t("propose_source"),
        given=page.given,
        number=page.number,
        sent=page.sent,
        most={**MAX_LENGTHS, **PROPOSAL_FIELDS},
        **_describe_error(page.error, "propose", site),
    )


def _describe_error(error: BadRequest | None, form: str, site: PageContext) -> dict[str, str]:
    """What is wrong, under the label of the field that it is about; the name of that field."""
    if error is None:
        return {"error": "", "wrong": ""}
    told = error.message_in(site.language)
    if not isinstance(error, WrongField) or error.field == "record":  # which nobody sees
        return {"error": told, "wrong": ""}
    label = f"{form}_{error.field}" if error.field != "contact" else "report_contact"
    told = site.t("wrong_field").format(label=site.t(label), told=told)
    return {"error": told, "wrong": error.field}

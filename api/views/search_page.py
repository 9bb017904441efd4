"""View model of the page of a search across kinds."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from api.serving.representation import Representation
from api.views.jinja import render_page
from api.views.list_entries import FilterLink, build_codes, build_entry, build_suggestion
from api.views.page_context import PageContext, build_page_context, highlight
from kg.catalogue.concepts import MatchedConcept
from kg.catalogue.placed_search import PlacedList, PlacedSearch
from kg.catalogue.record_search import SearchResults
from kg.catalogue.text_analysis import fold
from kg.kinds import KIND_BY_NAME, Text


def render_search_page(
    variant: Representation,
    text: str,
    results: SearchResults,
    codes: Sequence[MatchedConcept],
    placed: PlacedSearch | None,
    labels: Mapping[str, Text],
    statuses: Mapping[str, Text],
) -> str:
    """The page of a search; `labels` are of the summaries, `statuses` of event statuses."""
    site = build_page_context(variant)
    entries = []
    for item in results.items:
        fields = {field.name: field for field in variant.served.catalogue.fields[item.kind]}
        entry = build_entry(item, fields, labels, statuses, site)
        label = highlight(site.localize(item.label), results.words)
        entries.append(
            replace(entry, title=label, kind=site.localize(KIND_BY_NAME[item.kind].label))
        )
    totals = [
        FilterLink(site.localize(KIND_BY_NAME[name].plural), site.href(f"/{name}", q=text), count)
        for name, count in results.totals.items()
        if count
    ]
    return render_page(
        "search.html",
        site.language,
        site=site,
        title=site.t("search"),
        asked=text,
        asked_words=text,
        entries=entries,
        totals=totals,
        total=sum(choice.count or 0 for choice in totals),
        suggestion=build_suggestion(results.suggestion, site, "/search", ()),
        codes=build_codes(codes, variant.served.catalogue.fields, site),
        codes_first=bool(codes) and fold(codes[0].notation) == fold("".join(results.words)),
        partial=results.partial,
        territory=(site.localize(placed.territory.label), site.href(placed.territory.path))
        if placed
        else None,
        placed=[_link_placed(one, site) for one in placed.lists] if placed else [],
    )


def _link_placed(one: PlacedList, site: PageContext) -> FilterLink:
    kind = site.localize(one.kind.plural)
    text = kind
    if one.code:
        text = f"{site.localize(one.code)} ({kind})"
    elif one.words:
        text = site.t("kind_with_words").format(kind=kind, words=one.words)
    return FilterLink(text, site.href(one.kind.path, one.parameters), one.records)

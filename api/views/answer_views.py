"""Views of the answer of a query beside its table: a map of its places, a network of its links."""

from collections.abc import Sequence
from dataclasses import dataclass

from api.views.answer_map import AnswerMap, Locate, draw_points, find_points
from api.views.answer_network import AnswerLink, AnswerNetwork, draw_links, find_links
from api.views.labels import LabelResolver
from api.views.list_view_names import MAP, NETWORK, TABLE, VIEW_PARAMETER
from api.views.page_context import PageContext
from api.views.query_terms import Binding


@dataclass(frozen=True)
class AnswerViews:
    """The views that an answer has, and the one that is looked at."""

    choices: Sequence[tuple[str, str, bool]] = ()
    """(name, address, whether it is chosen) of each; empty where there is the table alone."""
    map: AnswerMap | None = None
    network: AnswerNetwork | None = None


def build_answer_views(
    names: Sequence[str],
    bindings: Sequence[Binding],
    graph_links: Sequence[AnswerLink],
    labels: LabelResolver,
    locate: Locate,
    site: PageContext,
    *,
    has_address: bool = True,
) -> AnswerViews:
    """The views of an answer in rows, or of the links of a graph.

    `has_address` is false for an answer to a POST, which no link can ask for again.
    """
    points = find_points(names, bindings, labels, locate)
    links = graph_links or find_links(names, bindings)
    there = {TABLE: True, MAP: bool(points), NETWORK: bool(links)}
    kept = [pair for pair in site.parameters if pair[0] != VIEW_PARAMETER]
    asked = dict(site.parameters).get(VIEW_PARAMETER, TABLE)
    chosen = asked if there.get(asked) else TABLE
    views = [name for name, is_there in there.items() if is_there]
    addresses = {
        name: site.href(site.path, kept if name == TABLE else [*kept, (VIEW_PARAMETER, name)])
        for name in views
    }
    return AnswerViews(
        [(name, addresses[name], name == chosen) for name in views]
        if has_address and len(views) > 1
        else (),
        draw_points(points, len(bindings), site) if chosen == MAP else None,
        draw_links(links, labels, site) if chosen == NETWORK else None,
    )

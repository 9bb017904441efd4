"""View model of the page of paths: how two records are linked, in words and as a network."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

from markupsafe import Markup

from api.http.links import build_url
from api.serializers.network_files import (
    Network,
    NetworkEdge,
    NetworkNode,
    serialize_elements,
)
from api.serving.representation import Representation
from api.views.chosen_records import ChosenRecord, build_chosen_record
from api.views.jinja import render_page
from api.views.labels import LabelResolver, LinkedText
from api.views.link_texts import LinkDescriber, LinkText
from api.views.network_parts import (
    END,
    build_edge,
    list_kinds_drawn,
    read_kind,
    resolve_record,
)
from api.views.page_context import PageContext, build_page_context
from kg.catalogue.named_records import Meant
from kg.catalogue.records import Item
from kg.documents.paths import MAX_LINKS, Path, PathSearch
from kg.formats import HTML, Format
from kg.namespaces import ID

MAX_THROUGH: Final = 20
"""Records that paths may be led through by one address."""
QUOTED_KINDS: Final = ("event", "publication", "project", "tool", "topic")


@dataclass(frozen=True)
class End:
    """One of the two things that are asked about."""

    parameter: str
    written: str
    meant: Meant

    @property
    def key(self) -> str:
        """Kind and key of the record, or what was written."""
        record = self.meant.record
        return f"{record.kind}/{record.key}" if record else self.written


@dataclass(frozen=True)
class StepText:
    """How one record of a path is linked with the next."""

    start: LinkedText
    end: LinkedText
    start_kind: str
    kind: str
    """The kind of the record that the step leads to."""
    links: tuple[LinkText, ...]


@dataclass(frozen=True)
class PathText:
    """One path in words."""

    steps: tuple[StepText, ...]
    sentence: Markup


def describe_paths(
    search: PathSearch, describer: LinkDescriber, names: LabelResolver, site: PageContext
) -> list[PathText]:
    """The paths of a search in the language of a page."""
    texts = []
    for path in search.paths:
        steps = tuple(
            StepText(
                resolve_record(one, names, site),
                resolve_record(other, names, site),
                read_kind(one),
                read_kind(other),
                describer.describe_all(links, one),
            )
            for (one, other), links in zip(pairwise(path.records), path.steps, strict=True)
        )
        texts.append(PathText(steps, _build_sentence(steps, site)))
    return texts


def _build_sentence(steps: Sequence[StepText], site: PageContext) -> Markup:
    """`A est membre de B (2015 – 2018), qui porte C.`"""
    words = _mark(steps[0].start, steps[0].start_kind, site)
    for number, step in enumerate(steps):
        link = step.links[0]
        joint = " "
        if number:
            human = steps[number - 1].kind == "person"
            joint = f", {site.t('which_person' if human else 'which_thing')} "
        words += Markup("{}{} {}").format(joint, link.verb, _mark(step.end, step.kind, site))
        told = number and steps[number - 1].links[0].period == link.period
        period = "" if told else link.period
        asides = [part for part in (period, _format_certainty(link, site)) if part]
        if asides:
            words += Markup(" ({})").format(", ".join(asides))
    return words + Markup(".")


def _format_certainty(link: LinkText, site: PageContext) -> str:
    if link.assertion:
        return site.t(link.assertion)
    named = ", ".join(source.text for source in link.sources[:2])
    return f"{site.t('according_to')} {named}" if named else ""


def _mark(record: LinkedText, kind: str, site: PageContext) -> Markup:
    """A record in a sentence; titles and notions stand between quotation marks."""
    before, after = site.quotation_marks if kind in QUOTED_KINDS else ("", "")
    return Markup('{}<a class="thing" href="{}"><bdi>{}</bdi></a>{}').format(
        before, record.href, record.text, after
    )


def build_network(paths: Sequence[Path], texts: Sequence[PathText]) -> Network:
    """The records and links of some paths."""
    nodes: dict[str, NetworkNode] = {}
    edges: dict[tuple[str, str], NetworkEdge] = {}
    for path, text in zip(paths, texts, strict=True):
        last = len(path.records) - 1
        for number, iri in enumerate(path.records):
            named = text.steps[number].start if number < last else text.steps[-1].end
            key = iri.removeprefix(ID)
            nodes[key] = NetworkNode(
                key,
                iri,
                read_kind(iri),
                named.text,
                named.href,
                END if number in (0, last) else "",
            )
            if number < last:
                other = path.records[number + 1].removeprefix(ID)
                edges.setdefault((key, other), build_edge(key, other, text.steps[number].links[0]))
    return Network(list(nodes.values()), list(edges.values()))


def serialize_paths(
    variant: Representation,
    ends: Sequence[End],
    search: PathSearch | None,
    texts: Sequence[PathText],
    hubs: Sequence[tuple[str, str]],
) -> dict[str, Any]:
    """The paths as JSON; `hubs` are kind/key and name."""
    content: dict[str, Any] = {
        "release": variant.served.release.id,
        **{end.parameter: _serialize_end(end, variant.language) for end in ends},
        "linked": bool(search and search.paths),
        "paths": [_serialize_path(text) for text in texts],
        "not_crossed": [{"id": ID + key, "name": name} for key, name in hubs],
        "complete": not (search and search.cut),
        "links_read": search.read if search else 0,
        "longest": MAX_LINKS,
    }
    if search and search.paths:
        content["network"] = serialize_elements(build_network(search.paths, texts))
    return content


def _serialize_end(end: End, language: str) -> dict[str, Any]:
    def name(item: Item) -> dict[str, str]:
        return {"id": item.iri, "kind": item.kind, "name": item.label[language]}

    record = end.meant.record
    return {
        "written": end.written,
        "record": name(record) if record else None,
        "choices": [name(item) for item in end.meant.choices],
    }


def _serialize_path(text: PathText) -> dict[str, Any]:
    return {
        "links": len(text.steps),
        "sentence": str(text.sentence.striptags()),
        "steps": [
            {
                "from": step.start.text,
                "from_url": step.start.href,
                "to": step.end.text,
                "to_url": step.end.href,
                "relations": [
                    {
                        "relation": link.verb,
                        "property": link.term,
                        "role": link.role or None,
                        "begins": link.begins or None,
                        "ends": link.ends or None,
                        "certainty": link.certainty,
                        "sources": [source.text for source in link.sources],
                        "read_in": [
                            {"source": p.name, "title": p.source, "places": list(p.places)}
                            for p in link.passages
                        ],
                    }
                    for link in step.links
                ],
            }
            for step in text.steps
        ],
    }


def render_paths_page(
    variant: Representation,
    ends: Sequence[End],
    search: PathSearch | None,
    texts: Sequence[PathText],
    hubs: Sequence[tuple[str, str]],
    chosen: Mapping[str, Sequence[str]],
    formats: Iterable[Format],
) -> str:
    """The page; `chosen` are the parameters of what may be crossed, by name."""
    site = build_page_context(variant)
    asked = [(end.parameter, end.key) for end in ends if end.written]
    options = [(name, value) for name, values in chosen.items() for value in values]
    network = build_network(search.paths, texts) if search and search.paths else None
    return render_page(
        "paths.html",
        site.language,
        site=site,
        title=_build_title(ends, site),
        ends=[_build_end(end, ends, options, site) for end in ends],
        swap=site.href(
            "/paths",
            [(one.parameter, other.key) for one, other in zip(ends, reversed(ends), strict=True)]
            + options,
        ),
        search=search,
        texts=texts,
        longest=MAX_LINKS,
        hubs=[
            (name, site.href("/paths", [*asked, *options, ("through", key)])) for key, name in hubs
        ],
        through_all=site.href(
            "/paths", [*asked, *options, *(("through", key) for key, _ in hubs[:MAX_THROUGH])]
        ),
        crossed=chosen,
        network=serialize_elements(network) if network else None,
        kinds_drawn=list_kinds_drawn(network, site),
        formats=[
            (f.name, build_url(f"/paths.{f.extension}", [*asked, *options]), f.media_type)
            for f in formats
            if f != HTML
        ],
    )


def _build_title(ends: Sequence[End], site: PageContext) -> str:
    names = [end.meant.record.label[site.language] for end in ends if end.meant.record]
    return site.t("paths_title") if len(names) < len(ends) else " – ".join(names)


def _build_end(
    end: End, ends: Sequence[End], options: Sequence[tuple[str, str]], site: PageContext
) -> ChosenRecord:
    others = [(one.parameter, one.key) for one in ends if one is not end and one.written]
    return build_chosen_record(
        end.parameter,
        site.t("path_from" if end.parameter == "from" else "path_to"),
        end.written,
        end.meant.record,
        end.meant.choices,
        "/paths",
        [*others, *options],
        site,
    )

"""Entity types: the ten kinds of records, with their tables, facets, dates and labels."""

from dataclasses import dataclass, field
from typing import Final


@dataclass(frozen=True)
class Text:
    """A text in the two languages of the project."""

    fr: str
    en: str
    stated_languages: tuple[str, ...] = field(default=("fr", "en"), compare=False)
    """The languages in which it was given; another one holds what stands in for it."""

    @classmethod
    def with_fallback(
        cls, fr: str | None, en: str | None, otherwise: str, tagged: str | None = None
    ) -> "Text":
        """A text given in some of the languages, the other one or `otherwise` standing in.

        Before `otherwise` stands a text of another language, with its tag (`Wien@de`).
        """
        if not (fr or en) and tagged:
            text, _, tag = tagged.rpartition("@")
            return cls(text, text, (tag,))
        if fr:
            return cls(fr, en or fr, ("fr", "en") if en else ("fr",))
        return cls(en or otherwise, en or otherwise, ("en",) if en else ())

    def __getitem__(self, language: str) -> str:
        return self.en if language == "en" else self.fr

    def list_by_language(self) -> dict[str, str]:
        """The text in each of the two languages in which it was given."""
        return {name: self[name] for name in ("fr", "en") if name in self.stated_languages}


@dataclass(frozen=True)
class RelationFilter:
    """Filter of lists by the records that theirs are linked with through a node (a membership)."""

    name: str
    title: Text
    own: str
    """Property from the node to the record; `^` before it: from the record to the node."""
    other: str
    """Property from the node to the other record."""
    kind: str
    """The kind of that record, whose key is the value of the filter."""


@dataclass(frozen=True)
class Kind:
    """One kind of records; every name below `table` is a column of that canonical table."""

    name: str
    table: str
    class_iri: str
    label: Text
    plural: Text
    facets: tuple[str, ...] = ()
    """Columns that filter lists and are counted beside them."""
    territories: tuple[str, ...] = ()
    """Columns that place a record; a filter on a territory finds everything inside it."""
    dates: tuple[str, ...] = ()
    """Columns of the record's beginning and end, for date filters, sorting and calendars."""
    summary: tuple[str, ...] = ()
    """Columns shown in a list after the label."""
    relations: tuple[RelationFilter, ...] = ()
    """Filters by records that are linked, counted as facets are."""

    @property
    def path(self) -> str:
        """The address of the list of this kind."""
        return f"/{self.name}"


KINDS: Final = (
    Kind(
        "organisation", "organisations", "org:Organization",
        Text("Organisation", "Organisation"), Text("Organisations", "Organisations"),
        facets=("kind", "legal_form", "ess_form", "activity", "country", "topics"),
        territories=("territory",), dates=("founded_on", "dissolved_on"),
        summary=("acronym", "kind", "legal_form", "activity", "territory"),
    ),
    Kind(
        "cluster", "clusters", "ess:Cluster",
        Text("Cluster", "Cluster"), Text("Clusters", "Clusters"),
        facets=("kind", "topics"), territories=("covers", "territory"),
        dates=("founded_on", "dissolved_on"), summary=("kind", "carried_by", "territory"),
    ),
    Kind(
        "territory", "territories", "ess:Territory",
        Text("Territoire", "Territory"), Text("Territoires", "Territories"),
        facets=("kind",), territories=("within",), summary=("kind", "code", "population"),
    ),
    Kind(
        "person", "people", "foaf:Person",
        Text("Personne", "Person"), Text("Personnes", "People"),
        facets=("discipline", "topics"), summary=("discipline",),
        relations=(
            RelationFilter(
                "organisation", Text("Membre (ou ancien membre) de", "Member (now or before) of"),
                "org:member", "org:organization", "organisation",
            ),
        ),
    ),
    Kind(
        "event", "events", "schema:Event",
        Text("Événement", "Event"), Text("Événements", "Events"),
        facets=("kind", "status", "audience", "topics", "language"),
        territories=("territory",), dates=("start", "end"),
        summary=("kind", "start", "end", "place", "territory"),
        relations=(
            RelationFilter(
                "organisation", Text("Organisation participante", "Organisation taking part"),
                "^m8g:hasParticipation", "ess:participant", "organisation",
            ),
        ),
    ),
    Kind(
        "place", "places", "schema:Place",
        Text("Lieu", "Place"), Text("Lieux", "Places"),
        facets=("kind", "third_place_kind", "country", "topics"), territories=("territory",),
        summary=("kind", "third_place_kind", "address", "territory"),
    ),
    Kind(
        "publication", "publications", "bibo:Document",
        Text("Publication", "Publication"), Text("Publications", "Publications"),
        facets=("kind", "reference_status", "language", "topics"),
        territories=("published_at",), dates=("issued",),
        summary=("kind", "issued", "publisher", "published_in"),
    ),
    Kind(
        "project", "projects", "ess:Project",
        Text("Projet", "Project"), Text("Projets", "Projects"),
        facets=("kind", "status", "topics"), territories=("territory",),
        dates=("start", "end"), summary=("kind", "status", "territory"),
    ),
    Kind(
        "tool", "tools", "ess:Tool",
        Text("Outil", "Tool"), Text("Outils", "Tools"),
        facets=("kind", "license", "topics"), summary=("kind", "stewarded_by"),
    ),
    Kind(
        "topic", "topics", "skos:Concept",
        Text("Thème", "Topic"), Text("Thèmes", "Topics"),
        facets=("kind", "broader"), summary=("kind", "broader"),
    ),
)  # fmt: skip

KIND_BY_NAME: Final = {kind.name: kind for kind in KINDS}
KIND_BY_TABLE: Final = {kind.table: kind for kind in KINDS}


def find_relation(kind: str, name: str) -> RelationFilter | None:
    """The relation of a kind that a filter is about, None for a column."""
    return next((each for each in KIND_BY_NAME[kind].relations if each.name == name), None)

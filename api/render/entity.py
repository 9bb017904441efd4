"""The page of one thing."""

from api.current import ServedRelease
from api.entity import Entity
from api.render.document import as_page


def entity_page(served: ServedRelease, entity: Entity, kind: str, key: str, language: str) -> str:
    """The page of a thing: its name, its facts, its relations both ways, where it was read."""
    label = served.catalogue.labels([entity.iri]).get(entity.iri)
    title = label[language] if label else key
    return as_page(entity.triples, title, f"/{kind}/{key}", language)

"""A record in the terms of others: schema.org, PAIR, ESSGlobal, the vocabularies of W3C and SEMIC.

Each profile is a CONSTRUCT of ours (`kg/queries/profiles/`) over the document of the record, asked
by `profile=` or `Accept-Profile` (https://www.w3.org/TR/dx-prof-conneg/).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import orjson
import pyoxigraph as ox
from markupsafe import Markup
from starlette.requests import Request

from api import links
from api.problems import NotAcceptable
from kg import queries
from kg.documents.discrepancies import group_by_subject, settled
from kg.documents.jsonld import Context, Value, tree
from kg.formats import Format
from kg.namespaces import ONTOLOGY, PREFIXES

SCHEMA: Final = "https://schema.org/"
NUMBERS: Final = ("latitude", "longitude", "maximumAttendeeCapacity")
NUMBER: Final = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,15})?")
IRI: Final = re.compile(r"<([^<>]*)>")


class Bare(Context):
    """A context in which a term of schema.org has no prefix, whatever its value is."""

    def curie(self, iri: str) -> str:
        return iri[len(SCHEMA) :] if iri.startswith(SCHEMA) else super().curie(iri)


@dataclass(frozen=True)
class Profile:
    """One way to describe a record."""

    token: str
    iri: str
    query: str = ""
    """Name of its CONSTRUCT, empty for the graph as it is."""


OWN: Final = Profile("ess-kg", ONTOLOGY)
PROFILES: Final = (
    OWN,
    Profile("schema", SCHEMA, "profiles/schema"),
    Profile("pair", PREFIXES["pair"].rstrip("#"), "profiles/pair"),
    Profile("essglobal", PREFIXES["essglobal"], "profiles/essglobal"),
    Profile("org", PREFIXES["org"], "profiles/org"),
)


def chosen(request: Request) -> Profile:
    """The profile that a request wants: `profile=`, else `Accept-Profile`, else our own.

    Raises NotAcceptable where none of those it names is there.
    """
    asked = request.query_params.get("profile")
    if asked:
        return _named([asked])
    header = request.headers.get("accept-profile", "")
    wanted = IRI.findall(header) or [part.strip() for part in header.split(",") if part.strip()]
    return _named(wanted) if wanted else OWN


def _named(wanted: Sequence[str]) -> Profile:
    for name in wanted:
        for profile in PROFILES:
            if name.rstrip("#/") in (profile.token, profile.iri.rstrip("#/")):
                return profile
    there = ", ".join(f"{profile.token} ({profile.iri})" for profile in PROFILES)
    raise NotAcceptable(
        f"none of the profiles {', '.join(wanted)} is available here; available: {there}",
        f"aucun des profils {', '.join(wanted)} n'existe ici ; il existe : {there}",
    )


def headers(profile: Profile, path: str) -> tuple[dict[str, str], list[str]]:
    """What says which profile an answer has, and where the others are."""
    others = [
        links.link(links.address(path, [("profile", p.token)]), "alternate", profile=p.iri)
        for p in PROFILES
        if p != profile
    ]
    return {"Content-Profile": f"<{profile.iri}>"}, others


def described(triples: Sequence[ox.Triple], profile: Profile) -> list[ox.Triple]:
    """The document of a record in the terms of a profile.

    Where sources disagree, others than our own have the preferred value alone.
    """
    if not profile.query:
        return list(triples)
    store = ox.Store()
    told = settled(triples, group_by_subject(triples))
    store.extend(ox.Quad(t.subject, t.predicate, t.object) for t in told)
    found = store.query(queries.text(profile.query))
    assert isinstance(found, ox.QueryTriples)
    return sorted(set(found), key=str)


def json_ld(triples: Sequence[ox.Triple], root: str, profile: Profile) -> bytes:
    """The same as a JSON-LD tree, under the prefixes it uses; schema.org under its own context."""
    if profile.iri == SCHEMA:
        return schema_org(triples, root)
    context = {name: iri for name, iri in PREFIXES.items() if iri.endswith(("#", "/"))}
    known = Context(orjson.dumps({"@context": context}))
    content: dict[str, Any] = tree(group_by_subject(triples), root, known)
    used = {name for name in context if f'"{name}:'.encode() in orjson.dumps(content)}
    content["@context"] = {name: context[name] for name in sorted(used)}
    return orjson.dumps(content, option=orjson.OPT_INDENT_2)


def schema_org(triples: Sequence[ox.Triple], root: str) -> bytes:
    """A schema.org document as search engines read it: bare terms and bare values."""
    triples = [ox.Triple(t.subject, t.predicate, _bare(t.object)) for t in triples]
    iris = {triple.predicate.value for triple in triples}
    iris |= {t.object.value for t in triples if isinstance(t.object, ox.NamedNode)}
    known = _bare_terms(frozenset(iri for iri in iris if iri.startswith(SCHEMA)))
    content = tree(group_by_subject(triples), root, known)
    content["@context"] = SCHEMA
    return orjson.dumps(_with_numbers(content))


def _with_numbers(content: Any) -> Any:
    """The same, numbers being numbers."""
    if isinstance(content, list):
        return [_with_numbers(one) for one in content]
    if not isinstance(content, dict):
        return content
    return {
        name: _number(value) if name in NUMBERS else _with_numbers(value)
        for name, value in content.items()
    }


def _number(value: Any) -> Any:
    plain = isinstance(value, str) and NUMBER.fullmatch(value)
    return (float(value) if "." in value else int(value)) if plain else value


@lru_cache(maxsize=256)
def _bare_terms(iris: frozenset[str]) -> "Bare":
    """The context under which some IRIs of schema.org are written as bare terms."""
    terms = {iri[len(SCHEMA) :]: {"@id": iri} for iri in sorted(iris)}
    return Bare(orjson.dumps({"@context": {"schema": SCHEMA, **terms}}))


def _bare(value: Value) -> Value:
    """A typed literal as plain text, which is how schema.org types its values."""
    plain = isinstance(value, ox.Literal) and not value.language
    return ox.Literal(value.value) if plain else value  # type: ignore[union-attr]


def embedded(triples: Sequence[ox.Triple], root: str) -> Markup:
    """The schema.org document of a record to stand in its page, as data that ends nowhere early."""
    found = described(triples, next(p for p in PROFILES if p.iri == SCHEMA))
    return data_block(schema_org(found, root))


def data_block(content: bytes) -> Markup:
    """JSON to stand in a page, as data that ends nowhere early."""
    text = content.decode()
    for char in "<>&\u2028\u2029":
        text = text.replace(char, f"\\u{ord(char):04x}")
    return Markup(text)  # noqa: S704 - JSON without an active character


def written(
    triples: Sequence[ox.Triple], root: str, profile: Profile, syntax: Format, own: Any
) -> bytes:
    """A document in a format; `own` writes our own profile and every syntax but JSON-LD."""
    found = described(triples, profile)
    if profile is not OWN and syntax.extension == "jsonld":
        return json_ld(found, root, profile)
    told: bytes = own(found)
    return told

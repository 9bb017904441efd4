"""Profile negotiation: a record mapped to schema.org, PAIR, ESSGlobal or ORG.

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

from api.http import links
from api.http.problems import NotAcceptable
from kg import queries
from kg.documents.discrepancies import drop_unpreferred, group_by_subject
from kg.documents.jsonld import JsonLdContext, Value, build_tree
from kg.formats import Format
from kg.namespaces import ONTOLOGY, PREFIXES, RDF_TYPE
from kg.rdf.stores import construct_triples

SCHEMA_ORG: Final = "https://schema.org/"
NUMERIC_TERMS: Final = ("latitude", "longitude", "maximumAttendeeCapacity")
NUMBER_PATTERN: Final = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,15})?")
IRI_PATTERN: Final = re.compile(r"<([^<>]*)>")


class SchemaOrgContext(JsonLdContext):
    """A context in which a term of schema.org has no prefix, whatever its value is."""

    def shorten_iri(self, iri: str) -> str:
        return iri[len(SCHEMA_ORG) :] if iri.startswith(SCHEMA_ORG) else super().shorten_iri(iri)


@dataclass(frozen=True)
class Profile:
    """One way to describe a record."""

    token: str
    iri: str
    query: str = ""
    """Name of its CONSTRUCT, empty for the graph as it is."""


OWN_PROFILE: Final = Profile("ess-kg", ONTOLOGY)
PROFILES: Final = (
    OWN_PROFILE,
    Profile("schema", SCHEMA_ORG, "profiles/schema"),
    Profile("pair", PREFIXES["pair"].rstrip("#"), "profiles/pair"),
    Profile("essglobal", PREFIXES["essglobal"], "profiles/essglobal"),
    Profile("org", PREFIXES["org"], "profiles/org"),
)


def choose_profile(request: Request) -> Profile:
    """The profile that a request wants: `profile=`, else `Accept-Profile`, else our own.

    Raises NotAcceptable where none of those it names is there.
    """
    name = request.query_params.get("profile")
    if name:
        return _find_profile([name])
    header = request.headers.get("accept-profile", "")
    requested = IRI_PATTERN.findall(header) or [
        part.strip() for part in header.split(",") if part.strip()
    ]
    return _find_profile(requested) if requested else OWN_PROFILE


def _find_profile(requested: Sequence[str]) -> Profile:
    for name in requested:
        for profile in PROFILES:
            if name.rstrip("#/") in (profile.token, profile.iri.rstrip("#/")):
                return profile
    available = ", ".join(f"{profile.token} ({profile.iri})" for profile in PROFILES)
    raise NotAcceptable(
        f"none of the profiles {', '.join(requested)} is available here; available: {available}",
        f"aucun des profils {', '.join(requested)} n'existe ici ; il existe : {available}",
    )


def build_profile_headers(profile: Profile, path: str) -> tuple[dict[str, str], list[str]]:
    """What says which profile an answer has, and where the others are."""
    alternates = [
        links.format_link(links.build_url(path, [("profile", p.token)]), "alternate", profile=p.iri)
        for p in PROFILES
        if p != profile
    ]
    return {"Content-Profile": f"<{profile.iri}>"}, alternates


def map_to_profile(triples: Sequence[ox.Triple], profile: Profile) -> list[ox.Triple]:
    """The document of a record in the terms of a profile.

    Where sources disagree, others than our own have the preferred value alone.
    """
    if not profile.query:
        return list(triples)
    preferred = drop_unpreferred(triples, group_by_subject(triples))
    return sorted(construct_triples(preferred, queries.read_query(profile.query)), key=str)


def serialize_json_ld(triples: Sequence[ox.Triple], root: str, profile: Profile) -> bytes:
    """The same as a JSON-LD tree, under the prefixes it uses; schema.org under its own context."""
    if profile.iri == SCHEMA_ORG:
        return serialize_schema_org(triples, root)
    context = {name: iri for name, iri in PREFIXES.items() if iri.endswith(("#", "/"))}
    json_ld_context = JsonLdContext(orjson.dumps({"@context": context}))
    content: dict[str, Any] = build_tree(group_by_subject(triples), root, json_ld_context)
    used = {name for name in context if f'"{name}:'.encode() in orjson.dumps(content)}
    content["@context"] = {name: context[name] for name in sorted(used)}
    return orjson.dumps(content, option=orjson.OPT_INDENT_2)


def serialize_schema_org(triples: Sequence[ox.Triple], root: str) -> bytes:
    """A schema.org document as search engines read it: bare terms and bare values."""
    triples = [ox.Triple(t.subject, t.predicate, _drop_datatype(t.object)) for t in triples]
    iris = {triple.predicate.value for triple in triples}
    iris |= {t.object.value for t in triples if isinstance(t.object, ox.NamedNode)}
    json_ld_context = _build_schema_org_context(
        frozenset(iri for iri in iris if iri.startswith(SCHEMA_ORG))
    )
    content = build_tree(group_by_subject(triples), root, json_ld_context, nest_records=True)
    content["@context"] = SCHEMA_ORG
    return orjson.dumps(_convert_numbers(content))


def _convert_numbers(content: Any) -> Any:
    """The same, numbers being numbers."""
    if isinstance(content, list):
        return [_convert_numbers(one) for one in content]
    if not isinstance(content, dict):
        return content
    return {
        name: _parse_number(value) if name in NUMERIC_TERMS else _convert_numbers(value)
        for name, value in content.items()
    }


def _parse_number(value: Any) -> Any:
    plain = isinstance(value, str) and NUMBER_PATTERN.fullmatch(value)
    return (float(value) if "." in value else int(value)) if plain else value


@lru_cache(maxsize=256)
def _build_schema_org_context(iris: frozenset[str]) -> "SchemaOrgContext":
    """The context under which some IRIs of schema.org are written as bare terms."""
    terms = {iri[len(SCHEMA_ORG) :]: {"@id": iri} for iri in sorted(iris)}
    return SchemaOrgContext(orjson.dumps({"@context": {"schema": SCHEMA_ORG, **terms}}))


def _drop_datatype(value: Value) -> Value:
    """A typed literal as plain text, which is how schema.org types its values."""
    plain = isinstance(value, ox.Literal) and not value.language
    return ox.Literal(value.value) if plain else value  # type: ignore[union-attr]


def build_schema_org_block(triples: Sequence[ox.Triple], root: str) -> Markup:
    """The schema.org document of a record to stand in its page, as data that ends nowhere early."""
    mapped = map_to_profile(triples, next(p for p in PROFILES if p.iri == SCHEMA_ORG))
    return escape_json_block(serialize_schema_org(_select_connected(mapped, root), root))


def _select_connected(triples: Sequence[ox.Triple], root: str) -> list[ox.Triple]:
    """What is linked with the root by these triples: no names of codes that only we have."""
    neighbours: dict[Value, set[Value]] = {}
    for triple in triples:
        if not isinstance(triple.object, ox.Literal) and triple.predicate.value != RDF_TYPE:
            neighbours.setdefault(triple.subject, set()).add(triple.object)
            neighbours.setdefault(triple.object, set()).add(triple.subject)
    connected = set[Value]()
    waiting: list[Value] = [ox.NamedNode(root)]
    while waiting:
        node = waiting.pop()
        if node not in connected:
            connected.add(node)
            waiting += neighbours.get(node, set())
    return [triple for triple in triples if triple.subject in connected]


def escape_json_block(content: bytes) -> Markup:
    """JSON to stand in a page, as data that ends nowhere early."""
    text = content.decode()
    for char in "<>&\u2028\u2029":
        text = text.replace(char, f"\\u{ord(char):04x}")
    return Markup(text)  # noqa: S704 - JSON without an active character


def serialize_document(
    triples: Sequence[ox.Triple], root: str, profile: Profile, syntax: Format, own: Any
) -> bytes:
    """A document in a format; `own` writes our own profile and every syntax but JSON-LD."""
    mapped = map_to_profile(triples, profile)
    if profile is not OWN_PROFILE and syntax.extension == "jsonld":
        return serialize_json_ld(mapped, root, profile)
    content: bytes = own(mapped)
    return content

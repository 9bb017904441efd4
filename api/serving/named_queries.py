"""Runner of a named query: its answer, the digest of its result, its citation.

The hash is the SHA-256 of the answer as SPARQL results TSV: the line of names, then the other
lines sorted as bytes, each ended by a line feed. So the order of rows plays no part.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

import orjson

from api.http import links
from api.http.problems import ResultChanged
from api.serving.served_releases import ServedRelease
from kg.errors import InvalidParameter, ParameterFault
from kg.formats import SPARQL_JSON, SPARQL_TSV, Format
from kg.kinds import KIND_BY_NAME, Text
from kg.queries.citation import Citation
from kg.queries.named_queries import NamedQuery
from kg.sparql.backend import Answer, Question

MAX_LOOKUP_NAME_LENGTH = 100
"""Characters of an unknown name that are looked for."""
MAX_DIGESTED_BYTES = 32 * 1024 * 1024
"""Bytes of the longest answer that has a hash."""


@dataclass(frozen=True)
class NamedQueryRun:
    """A named query with its values, put to a release."""

    query: NamedQuery
    values: Mapping[str, str]
    served: ServedRelease
    language: str = "fr"
    """The language in which things are named."""
    text: str = field(init=False)

    def __post_init__(self) -> None:
        same = self.served.catalogue.list_same
        object.__setattr__(self, "text", self.query.fill(self.values, self.language, same))
        _require_known_values(self.query, self.values, self.served)

    async def run(self, syntax: Format) -> Answer:
        """The answer in a format of SPARQL results."""
        return await self.served.executor.run(Question(self.text, syntax))

    async def fetch_rows(self, most: int) -> tuple[list[str], list[dict[str, dict[str, str]]], int]:
        """The variables, the first rows and how many there are."""
        results = orjson.loads(await (await self.run(SPARQL_JSON)).read())
        bindings = results["results"]["bindings"]
        return results["head"]["vars"], bindings[:most], len(bindings)

    async def compute_digest(self) -> str | None:
        """The hash of the answer, None where it is too long to have one."""
        answer = await self.run(SPARQL_TSV)
        size, parts = 0, []
        async for chunk in answer.iterate_chunks():
            size += len(chunk)
            if size > MAX_DIGESTED_BYTES:
                answer.close()
                return None
            parts.append(chunk)
        return digest_result(b"".join(parts))

    def build_citation(self, found: str | None, origin: str) -> Citation:
        """How the answer is cited; `origin` is the address of this installation."""
        spoken = [("lang", self.language)] if self.query.depends_on_language else []
        parameters = [*self.values.items(), *spoken, ("release", self.served.release.id)]
        if found:
            parameters.append(("hash", found))
        return Citation(
            self.query.name,
            self.query.title,
            self.values,
            self.served.release.id,
            self.served.created,
            tuple(
                Text(source["title"]["fr"], source["title"]["en"])
                for source in self.served.manifest.get("sources", ())
            ),
            tuple(self.served.list_licences()),
            origin + links.build_url(f"/queries/{self.query.name}", parameters),
            found,
        )


def _require_known_values(
    query: NamedQuery, values: Mapping[str, str], served: ServedRelease
) -> None:
    """Raises BadRequest where a value names nothing: an answer about nothing is not citable."""
    for parameter in query.parameters:
        value = values.get(parameter.name, "")
        iri = parameter.find_iri(value) if value else None
        if iri is None or served.catalogue.read_labels([iri]):
            continue
        moved = served.catalogue.find_replacement(iri)
        if moved is not None:
            near = [moved.rpartition("/")[2]]
        else:
            kinds = (parameter.type,) if parameter.type in KIND_BY_NAME else tuple(KIND_BY_NAME)
            near = [
                item.key if parameter.type in KIND_BY_NAME else f"{item.kind}/{item.key}"
                for item in served.catalogue.search(value[:MAX_LOOKUP_NAME_LENGTH], kinds, 3).items
            ]
        hint = f"; did you mean {', '.join(near)}?" if near else ""
        suggestion = f" ; est-ce {', '.join(near)} ?" if near else ""
        raise InvalidParameter(
            f"{parameter.name}={value!r} names nothing in this release{hint}",
            f"{parameter.name}={value!r} ne nomme rien dans cette édition{suggestion}",
            ParameterFault.UNKNOWN_VALUE,
            (parameter.name,),
            value,
        )


def digest_result(tsv: bytes) -> str:
    """The hash of an answer in TSV (https://www.w3.org/TR/sparql11-results-csv-tsv/)."""
    names, *rows = tsv.removesuffix(b"\n").split(b"\n")
    return hashlib.sha256(b"\n".join([names, *sorted(rows), b""])).hexdigest()


def check_digest(expected: str | None, found: str | None) -> None:
    """Raises ResultChanged where an answer is not the one that a permalink was made for."""
    if expected and expected != found:
        raise ResultChanged(
            f"the answer has the hash {found}, not {expected}: it is not the one that was cited",
            f"la réponse a l'empreinte {found}, et non {expected} : ce n'est pas celle qui est "
            "citée",
        )

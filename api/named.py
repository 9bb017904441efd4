"""A named query asked of a release: its answer, and the hash by which anybody checks it.

The hash is the SHA-256 of the answer as SPARQL results TSV: the line of names, then the other
lines sorted as bytes, each ended by a line feed. So the order of rows plays no part.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

import orjson

from api import links
from api.problems import ResultChanged
from api.render.citation import Citation
from api.serving.served_releases import ServedRelease
from kg.errors import BadRequest
from kg.formats import SPARQL_JSON, SPARQL_TSV, Format
from kg.kinds import BY_NAME, Text
from kg.queries.named import Named
from kg.sparql.backend import Answer, Question

LONGEST_NAME = 100
"""Characters of an unknown name that are looked for."""
LONGEST = 32 * 1024 * 1024
"""Bytes of the longest answer that has a hash."""


@dataclass(frozen=True)
class Asked:
    """A named query with its values, put to a release."""

    named: Named
    values: Mapping[str, str]
    served: ServedRelease
    language: str = "fr"
    """The language in which things are named."""
    text: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "text", self.named.filled(self.values, self.language))
        _must_be_there(self.named, self.values, self.served)

    async def answer(self, syntax: Format) -> Answer:
        """The answer in a format of SPARQL results."""
        return await self.served.executor.run(Question(self.text, syntax))

    async def rows(self, most: int) -> tuple[list[str], list[dict[str, dict[str, str]]], int]:
        """The variables, the first rows and how many there are."""
        told = orjson.loads(await (await self.answer(SPARQL_JSON)).read())
        found = told["results"]["bindings"]
        return told["head"]["vars"], found[:most], len(found)

    async def digest(self) -> str | None:
        """The hash of the answer, None where it is too long to have one."""
        answer = await self.answer(SPARQL_TSV)
        size, parts = 0, []
        async for chunk in answer.chunks():
            size += len(chunk)
            if size > LONGEST:
                answer.close()
                return None
            parts.append(chunk)
        return digest(b"".join(parts))

    def citation(self, found: str | None, origin: str) -> Citation:
        """How the answer is cited; `origin` is the address of this installation."""
        spoken = [("lang", self.language)] if self.named.speaks else []
        kept = [*self.values.items(), *spoken, ("release", self.served.release.id)]
        if found:
            kept.append(("hash", found))
        return Citation(
            self.named.name,
            self.named.title,
            self.values,
            self.served.release.id,
            self.served.created,
            tuple(
                Text(source["title"]["fr"], source["title"]["en"])
                for source in self.served.manifest.get("sources", ())
            ),
            tuple(self.served.licences()),
            origin + links.address(f"/queries/{self.named.name}", kept),
            found,
        )


def _must_be_there(query: Named, values: Mapping[str, str], served: ServedRelease) -> None:
    """Raises BadRequest where a value names nothing: an answer about nothing is not citable."""
    for parameter in query.parameters:
        value = values.get(parameter.name, "")
        iri = parameter.named(value) if value else None
        if iri is None or served.catalogue.labels([iri]):
            continue
        moved = served.catalogue.moved(iri)
        if moved is not None:
            near = [moved.rpartition("/")[2]]
        else:
            kinds = (parameter.type,) if parameter.type in BY_NAME else tuple(BY_NAME)
            near = [
                item.key if parameter.type in BY_NAME else f"{item.kind}/{item.key}"
                for item in served.catalogue.search(value[:LONGEST_NAME], kinds, 3).items
            ]
        hint = f"; did you mean {', '.join(near)}?" if near else ""
        suggestion = f" ; est-ce {', '.join(near)} ?" if near else ""
        raise BadRequest(
            f"{parameter.name}={value!r} names nothing in this release{hint}",
            f"{parameter.name}={value!r} ne nomme rien dans cette édition{suggestion}",
        )


def digest(tsv: bytes) -> str:
    """The hash of an answer in TSV (https://www.w3.org/TR/sparql11-results-csv-tsv/)."""
    names, *rows = tsv.removesuffix(b"\n").split(b"\n")
    return hashlib.sha256(b"\n".join([names, *sorted(rows), b""])).hexdigest()


def check(expected: str | None, found: str | None) -> None:
    """Raises ResultChanged where an answer is not the one that a permalink was made for."""
    if expected and expected != found:
        raise ResultChanged(
            f"the answer has the hash {found}, not {expected}: it is not the one that was cited",
            f"la réponse a l'empreinte {found}, et non {expected} : ce n'est pas celle qui est "
            "citée",
        )

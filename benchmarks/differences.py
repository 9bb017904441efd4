"""The project's own questions put to engines that hold a release: same answers, and how soon.

    python benchmarks/differences.py RELEASE ADDRESS [ADDRESS ...]

Each ADDRESS is a SPARQL service to which RELEASE was published (docs/scaling.md). Prints, for each
engine, how many questions it answers as the embedded one does, the others, and the median time.
"""

import argparse
import asyncio
import statistics
import time
from pathlib import Path
from typing import Final

import pyoxigraph as ox

from kg.errors import QueryError
from kg.queries.named_queries import load_named_queries
from kg.release_layout import Release
from kg.sparql.backend import Backend, QueryLimits, Question
from kg.sparql.local.backend import LocalBackend
from kg.sparql.query_inspection import inspect
from kg.sparql.remote.backend import RemoteBackend
from kg.sparql.remote.config import RemoteConfig

QUESTIONS: Final = Path(__file__).resolve().parents[1] / "tests" / "questions"
TIMES: Final = 5


def main() -> None:
    """Compares and prints."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0] if __doc__ else None)
    parser.add_argument("release", type=Path)
    parser.add_argument("addresses", nargs="+", metavar="ADDRESS")
    asked = parser.parse_args()
    asyncio.run(compare(Release(asked.release.resolve()), asked.addresses))


async def compare(release: Release, addresses: list[str]) -> None:
    """One line per engine."""
    limits, graphs = QueryLimits(), release.read_manifest()["graphs"]
    engines: dict[str, Backend] = {"embedded": LocalBackend(release.store, 2, limits)}
    for address in addresses:
        engines[address] = RemoteBackend(RemoteConfig(address), release.id, graphs, limits)
    texts = {file.stem: file.read_text("utf-8") for file in sorted(QUESTIONS.rglob("*.rq"))}
    texts |= {name: query.fill(query.examples) for name, query in load_named_queries().items()}
    usual: dict[str, str] = {}
    for name, engine in engines.items():
        await engine.open()
        told, seconds = {}, []
        for title, text in texts.items():
            told[title], spent = await _told(engine, text)
            seconds.append(spent)
        await engine.close()
        usual = usual or told
        other = [title for title in texts if told[title] != usual[title]]
        median = statistics.median(seconds) * 1000
        print(f"{name}: {len(texts) - len(other)} of {len(texts)} the same, {median:.1f} ms median")
        for title in other:
            print(f"  {title}")


async def _told(engine: Backend, text: str) -> tuple[str, float]:
    """What an engine answers, in an order of its own, and the median seconds it took."""
    seconds = []
    for _ in range(TIMES):
        start = time.perf_counter()
        try:
            answer = await (await engine.run(Question(text), inspect(text))).read()
        except QueryError as error:
            return repr(error), time.perf_counter() - start
        seconds.append(time.perf_counter() - start)
    results = ox.parse_query_results(answer, ox.QueryResultsFormat.JSON)
    assert isinstance(results, ox.QuerySolutions)
    return str(sorted(str(list(map(str, row))) for row in results)), statistics.median(seconds)


if __name__ == "__main__":
    main()

"""Query executor of a release: a point query in this process, a cached result, or the backend."""

import asyncio
from dataclasses import replace
from functools import partial
from typing import Any

from kg import usage_metering
from kg.sparql.backend import Answer, Backend, QueryLimits, Question
from kg.sparql.local.store import LocalStore
from kg.sparql.query_inspection import Inspection, inspect_in_thread, refuse_forbidden
from kg.sparql.result_cache import ResultCache


class QueryExecutor:
    """Runs SPARQL queries on one release. Belongs to one event loop."""

    def __init__(
        self, backend: Backend, results: ResultCache, store: LocalStore | None = None
    ) -> None:
        """`store`: the release's store in this process, for point queries and documents."""
        self.backend = backend
        self._results = results
        self.store = store

    @property
    def limits(self) -> QueryLimits:
        """What one query may cost."""
        return self.backend.limits

    async def open(self) -> None:
        """Makes it ready. Raises ReleaseError where the release cannot be asked."""
        await self.backend.open()
        try:
            self._results.open()
            if self.store is not None:
                await self.store.open()
        except BaseException:  # nobody will close what nobody has
            await self.close()
            raise

    async def close(self) -> None:
        """Stops everything that runs."""
        if self.store is not None:
            self.store.close()
        await self.backend.close()
        self._results.close()

    async def state(self) -> dict[str, Any]:
        """Queries that run and wait, as /health reports them."""
        state = await self.backend.state()
        state["waiting"] += self._results.waiting
        return state

    def try_point_query(self, question: Question, inspection: Inspection) -> Answer | None:
        """The answer to a point query (kg.sparql.point_query), None where it takes a backend.

        Waits for nothing: a millisecond at most.
        """
        if self.store is None or inspection.point_query is None:
            return None
        return self.store.point_queries.run(question, inspection.point_query)

    async def run(
        self,
        question: Question,
        inspection: Inspection | None = None,
        *,
        try_point_query: bool = True,
    ) -> Answer:
        """The answer, once it is known to be one. Raises QueryError.

        `inspection` is that of the question's text, where it is known already. Cancelling the call,
        or closing the answer, stops the work.
        """
        if question.start_time is None:
            question = replace(question, start_time=asyncio.get_running_loop().time())
        if inspection is None:
            inspection = await inspect_in_thread(question.text)
        refuse_forbidden(inspection)
        if try_point_query and inspection.point_query is not None:
            with usage_metering.measure_work():
                answer = self.try_point_query(question, inspection)
            if answer is not None:
                return answer
        run = partial(self.backend.run, inspection=inspection)
        # two runs that may differ (RAND, NOW) are two runs
        if not inspection.deterministic:
            return await run(question)
        return await self._results.get_or_run(question, run)

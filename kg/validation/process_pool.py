"""Process pool for validation batches.

Its processes read from a pipe and end when that ends, so none is left where this one is killed, and
an error names the batch at which a process died. Those of concurrent.futures do neither.
"""

import pickle
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from selectors import EVENT_READ, DefaultSelector
from subprocess import PIPE
from types import TracebackType
from typing import IO

from kg.errors import BuildError, EssKgError
from kg.shacl.shapes import Shapes
from kg.shacl.validator import ValidationReport
from kg.validation.batch_worker import Batch

WORKER_COMMAND = (sys.executable, "-m", "kg.validation.batch_worker")


@dataclass(eq=False)
class BatchProcess:
    """One process and its current batch."""

    process: subprocess.Popen[bytes]
    batch: Batch | None = None

    @property
    def input(self) -> IO[bytes]:
        assert self.process.stdin is not None
        return self.process.stdin

    @property
    def output(self) -> IO[bytes]:
        assert self.process.stdout is not None
        return self.process.stdout

    def send(self, message: object) -> None:
        pickle.dump(message, self.input, pickle.HIGHEST_PROTOCOL)
        self.input.flush()


class BatchPool:
    """Processes that validate batches with the same shapes."""

    def __init__(self, shapes: Shapes, processes: int) -> None:
        self.workers = [
            BatchProcess(subprocess.Popen(WORKER_COMMAND, stdin=PIPE, stdout=PIPE))  # noqa: S603 - our own
            for _ in range(processes)
        ]
        self._shapes = shapes

    def __enter__(self) -> "BatchPool":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for worker in self.workers:
            if kind is not None:
                worker.process.kill()
            for end in (worker.input, worker.output):
                try:
                    end.close()
                except BrokenPipeError:
                    continue
            worker.process.wait()

    def validate(self, batches: Iterable[Batch]) -> Iterator[tuple[Batch, ValidationReport]]:
        """The reports of batches in the order of their end; a batch is drawn when a process is
        idle.

        Raises BuildError where a process dies, and the error a batch stopped with.
        """
        with DefaultSelector() as selector:
            for worker in self.workers:
                selector.register(worker.output, EVENT_READ, worker)
            idle = list(self.workers)
            for worker in idle:
                _send(worker, self._shapes.graph)
            for batch in batches:
                if not idle:
                    for worker, report in _receive(selector):
                        idle.append(worker)
                        yield report
                worker = idle.pop()
                worker.batch = batch
                _send(worker, batch)
            while len(idle) < len(self.workers):
                for worker, report in _receive(selector):
                    idle.append(worker)
                    yield report


def _send(worker: BatchProcess, message: object) -> None:
    try:
        worker.send(message)
    except BrokenPipeError:
        raise _make_died_error(worker) from None


def _receive(
    selector: DefaultSelector,
) -> Iterator[tuple[BatchProcess, tuple[Batch, ValidationReport]]]:
    """Waits for an answer, then yields all that have arrived."""
    for key, _ in selector.select():
        worker: BatchProcess = key.data
        try:
            answer: ValidationReport | EssKgError = pickle.load(worker.output)  # noqa: S301 - our own process
        except (EOFError, pickle.UnpicklingError):
            raise _make_died_error(worker) from None
        if isinstance(answer, EssKgError):
            raise answer
        assert worker.batch is not None
        yield worker, (worker.batch, answer)


def _make_died_error(worker: BatchProcess) -> BuildError:
    code = worker.process.wait()
    where = "before its first batch" if worker.batch is None else f"at batch {worker.batch.number}"
    terms = f" ({worker.batch.term_range.start or 'the first term'} and on)" if worker.batch else ""
    return BuildError(
        f"a process of the check ended {where}{terms} with code {code}, perhaps for want of memory"
    )

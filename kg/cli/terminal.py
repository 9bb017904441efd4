"""Terminal output: consoles, progress bars, tables and sizes."""

import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Final, Literal, TypeVar

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)
from rich.table import Table

from kg.progress import ProgressCallback

T = TypeVar("T")
STEPS: Final = 1000
"""Maximum number of updates of a progress bar, which are slow."""
LOCALE_VARIABLES: Final = ("LC_ALL", "LC_MESSAGES", "LANG")
WIDTH_OF_FILES: Final = 10_000
"""Columns where the output is no terminal: a pipe or a file has no width, and nothing is cut."""


def _create_console(*, stderr: bool = False) -> Console:
    terminal = (sys.stderr if stderr else sys.stdout).isatty()
    return Console(stderr=stderr, highlight=False, width=None if terminal else WIDTH_OF_FILES)


console = _create_console()
error_console = _create_console(stderr=True)


def detect_language(environment: Mapping[str, str]) -> str:
    """Detect the language of the user from the environment: `fr`, else `en`.

    https://pubs.opengroup.org/onlinepubs/9799919799/basedefs/V1_chap08.html
    """
    locale_name = next(
        (environment[name] for name in LOCALE_VARIABLES if environment.get(name)), ""
    )
    return "fr" if locale_name.lower().startswith("fr") else "en"


@contextmanager
def show_progress() -> Iterator[ProgressCallback]:
    """Return a progress callback that draws one bar per stage on standard error."""
    columns = (
        SpinnerColumn(finished_text="✓"),
        TextColumn("{task.description:<20}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=error_console) as bars:

        def track(items: Iterable[T], stage: str, total: int | None = None) -> Iterable[T]:
            item_count = total if total is not None else getattr(items, "__len__", lambda: None)()
            task = bars.add_task(stage, total=item_count)
            step = max(1, (item_count or 0) // STEPS)
            done = 0
            for done, item in enumerate(items, 1):
                yield item
                if done % step == 0:
                    bars.advance(task, step)
            bars.update(task, total=done, completed=done)

        yield track


def create_table(title: str, *columns: str, numbers: frozenset[str] = frozenset()) -> Table:
    """Create an empty table: numbers to the right, long cells on several lines, never cut."""
    drawn = Table(title=title, title_justify="left")
    for column in columns:
        justify: Literal["right", "left"] = "right" if column in numbers else "left"
        drawn.add_column(column, justify=justify, overflow="fold")
    return drawn


def format_size(count: int) -> str:
    """Format a number of bytes."""
    amount = float(count)
    for unit in ("B", "kB", "MB"):
        if amount < 1000:
            return f"{amount:.0f} {unit}" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= 1000
    return f"{amount:.1f} GB"


def format_count(number: int, noun: str) -> str:
    """A number with what it counts: `1 row`, `1,200 rows`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"

"""`ess-kg resolve`: records that are one thing, compared, judged and linked."""

import getpass
import sqlite3
import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final

import typer

from kg import settings
from kg.catalogue.affiliations import recognise_organisations
from kg.catalogue.records import OTHER_LABEL_SQL
from kg.catalogue.schema import open_read_only
from kg.cli.terminal import console, create_table, format_count
from kg.errors import SourceError
from kg.release_layout import find_current_release
from kg.reports.sanitize import sanitize
from kg.resolution.judgements import (
    JUDGEMENTS_FILE,
    Decision,
    Judgement,
    append_judgements,
    is_settled,
    read_judgements,
)
from kg.resolution.queue import (
    DOUBTFUL,
    QUEUE_FILE,
    QueuedPair,
    compute_id,
    read_queue,
    write_queue,
)
from kg.resolution.resolve import resolve_release
from kg.settings import Settings

app: Final = typer.Typer()
SHOWN_PAIRS: Final = 20
SHOWN_LETTERS: Final = 60
ANSWERS: Final = {"s": Decision.SAME, "d": Decision.DIFFERENT}


@app.command("resolve")
def command(
    judge: Annotated[bool, typer.Option("--judge", help="Ask of each pair that waits.")] = False,
    accept: Annotated[
        list[str] | None, typer.Option(help="Id of a pair that is one thing.")
    ] = None,
    refuse: Annotated[list[str] | None, typer.Option(help="Id of a pair that is two.")] = None,
    withdraw: Annotated[
        list[str] | None, typer.Option(help="Id of a pair whose decision is taken back.")
    ] = None,
    why: Annotated[str, typer.Option(help="Reason of the decision.")] = "",
    by: Annotated[str | None, typer.Option(help="Who decides; your account by default.")] = None,
    strings: Annotated[
        Path | None,
        typer.Option(help="File of affiliation strings, one a line: say what they name."),
    ] = None,
) -> None:
    """Compare the records of the release that is served, and settle which are one thing.

    Without options, the candidates are computed and written to data/resolution/candidates.csv,
    those first that a person should look at. The next build links what is sure or judged the same.
    """
    configuration = settings.read_settings()
    if strings is not None:
        _print_organisations(configuration, strings)
        return
    who = getpass.getuser() if by is None else by
    decided = [
        *((id_, Decision.SAME) for id_ in accept or ()),
        *((id_, Decision.DIFFERENT) for id_ in refuse or ()),
        *((id_, Decision.UNDECIDED) for id_ in withdraw or ()),
    ]
    if decided:
        _decide(configuration, decided, who, why)
    elif judge:
        _judge_queue(configuration, who)
    else:
        queue = resolve_release(find_current_release(configuration.releases))
        write_queue(configuration.data / QUEUE_FILE, queue)
        _print_queue(configuration, queue)


def _decide(
    configuration: Settings, decided: Iterable[tuple[str, Decision]], who: str, why: str
) -> None:
    # what was judged can be judged again when it is no candidate any more
    judged = read_judgements(configuration.data / JUDGEMENTS_FILE)
    pairs = {compute_id(*pair): (*pair, known.evidence) for pair, known in judged.items()}
    for pair in read_queue(configuration.data / QUEUE_FILE):
        pairs[pair.id] = (pair.left, pair.right, pair.evidence)
    judgements = []
    for id_, decision in decided:
        if id_ not in pairs:
            raise SourceError(f"no candidate has the id {id_!r}: ess-kg resolve computes them")
        judgements.append(_build_judgement(*pairs[id_], decision, who, why))
    append_judgements(configuration.data / JUDGEMENTS_FILE, judgements)
    console.print(
        f"{format_count(len(judgements), 'decision')} kept. Run `ess-kg build` to publish them."
    )


def _judge_queue(configuration: Settings, who: str) -> None:
    """Asks of one pair after another, until the end of the queue or of the input."""
    waiting = _list_waiting(configuration, read_queue(configuration.data / QUEUE_FILE))
    for number, pair in enumerate(waiting, 1):
        console.print(f"\n{number} of {len(waiting)} · {pair.id} · score {pair.score}")
        for record, name in ((pair.left, pair.left_name), (pair.right, pair.right_name)):
            console.print(f"  {record}  {sanitize(name, 200)}", markup=False)
        console.print(f"  {sanitize(pair.reasons, 500)}", markup=False)
        console.print("[s]ame, [d]ifferent, [n]ext, [q]uit?", markup=False)
        answer = sys.stdin.readline().strip().lower()[:1]
        if answer == "q" or not answer:
            break
        if answer in ANSWERS:
            judgement = _build_judgement(
                pair.left, pair.right, pair.evidence, ANSWERS[answer], who, ""
            )
            append_judgements(configuration.data / JUDGEMENTS_FILE, [judgement])
    console.print("Run `ess-kg build` to publish what was decided.")


def _build_judgement(
    left: str, right: str, evidence: str, decision: Decision, who: str, why: str
) -> Judgement:
    now = datetime.now(UTC).isoformat(timespec="seconds")
    return Judgement(left, right, decision, who, now, why, evidence)


def _list_waiting(configuration: Settings, queue: Iterable[QueuedPair]) -> list[QueuedPair]:
    """The pairs that were not judged on what they say today."""
    judged = read_judgements(configuration.data / JUDGEMENTS_FILE)
    return [pair for pair in queue if not is_settled(judged, pair.left, pair.right, pair.evidence)]


def _print_queue(configuration: Settings, queue: Sequence[QueuedPair]) -> None:
    waiting = _list_waiting(configuration, queue)
    doubtful = sum(pair.status == DOUBTFUL for pair in waiting)
    console.print(
        f"{format_count(len(queue), 'candidate')}, {len(queue) - len(waiting):,} judged; "
        f"{doubtful:,} doubtful and {len(waiting) - doubtful:,} sure wait."
    )
    if not waiting:
        return
    drawn = create_table("To look at first", "id", "status", "score", "one", "other")
    for pair in waiting[:SHOWN_PAIRS]:
        names = (sanitize(name, SHOWN_LETTERS) for name in (pair.left_name, pair.right_name))
        drawn.add_row(pair.id, pair.status, pair.score, *names)
    console.print(drawn)
    console.print("Judge them: ess-kg resolve --judge, or --accept ID and --refuse ID.")


def _print_organisations(configuration: Settings, path: Path) -> None:
    """One line for each organisation of each string: line, sure or not, score, key, name."""
    catalogue = open_read_only(find_current_release(configuration.releases).catalogue)
    with path.open(encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            for found in recognise_organisations(catalogue, line.strip()):
                key, label = _read_label(catalogue, found.id)
                status = "sure" if found.sure else "doubtful"
                print(number, status, f"{found.score:.2f}", f"organisation/{key}", label, sep="\t")
    catalogue.close()


def _read_label(catalogue: sqlite3.Connection, number: int) -> tuple[str, str]:
    row = catalogue.execute(
        f"SELECT key, coalesce(label_fr, label_en, {OTHER_LABEL_SQL}, key) FROM entity "
        "WHERE id = ?",
        (number,),
    ).fetchone()
    return str(row[0]), str(row[1])

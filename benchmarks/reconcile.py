"""How fast names are reconciled over HTTP, how many are found again, how many certain are wrong.

    python benchmarks/reconcile.py [RELEASE] [--names N]

Names of organisations are taken from the release; three in ten get a typing error, one in seven has
its words in another order, one in seven is in capitals. Then names of communes, organisations and
people are written as registers write them: of those matched for certain, how many rightly.
"""

import argparse
import json
import random
import sqlite3
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
from registers import FORMS, SPELLINGS, capitals, certain, family_first
from serve import current, data_folder, server

BATCH = 50


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0] if __doc__ else None)
    parser.add_argument("release", nargs="?", type=Path, help="a release folder")
    parser.add_argument("--names", type=int, default=1000)
    asked = parser.parse_args()
    release = asked.release or current()
    chance = random.Random(1)
    known = names(release, "organisation", asked.names, chance)
    spoilt = [(key, label, spoil(label, chance)) for key, label in known]
    with data_folder(release) as data, server(data) as (client, _):
        start = time.perf_counter()
        found = first = told_certain = 0
        for batch in (spoilt[i : i + BATCH] for i in range(0, len(spoilt), BATCH)):
            for (key, _, _), candidates in zip(batch, answers(client, batch), strict=True):
                ids = [one["id"] for one in candidates]
                found += f"organisation/{key}" in ids
                first += ids[:1] == [f"organisation/{key}"]
                told_certain += bool(candidates) and candidates[0]["match"]
        seconds = time.perf_counter() - start
        for kind in ("commune", "organisation", "person"):
            sample = names(release, kind, asked.names, chance)
            for way, written in spellings(kind).items():
                told = certain(matched(client, kind, [(k, written(n)) for k, n in sample]))
                print(
                    f"{kind:<13} {way:<24} {told.asked:>6,} names, certain {told.right:>6,} right, "
                    f"{len(told.wrong):>3,} wrong"
                )
    print(f"{len(spoilt):,} names in {seconds:.1f} s, {len(spoilt) / seconds:,.0f} a second")
    print(f"among the candidates {found:,}, first {first:,}, told a certain match {told_certain:,}")


def names(release: Path, kind: str, most: int, chance: random.Random) -> list[tuple[str, str]]:
    """(key, label) of some records of a kind, or communes."""
    of = ("territory", "commune-_____") if kind == "commune" else (kind, "%")
    with sqlite3.connect(f"file:{release / 'catalogue.sqlite'}?mode=ro", uri=True) as file:
        rows = file.execute(
            "SELECT key, label_fr FROM entity WHERE kind = ? AND key LIKE ? "
            "AND label_fr IS NOT NULL ORDER BY key",
            of,
        ).fetchall()
    return chance.sample(rows, min(most, len(rows)))


def spellings(kind: str) -> dict[str, Callable[[str], str]]:
    """The ways in which registers write names of a kind."""
    more: dict[str, Callable[[str], str]] = {}
    if kind == "person":
        more = {"family name first": family_first}
    if kind == "organisation":
        more = {form: lambda name, form=form: form.format(capitals(name)) for form in FORMS}
    return SPELLINGS | more


def matched(
    client: httpx.Client, kind: str, asked: list[tuple[str, str]]
) -> Iterator[tuple[str, str, str]]:
    """(name, id that is meant, id it was matched with for certain) of some names."""
    type_ = "territory" if kind == "commune" else kind
    for batch in (asked[i : i + BATCH] for i in range(0, len(asked), BATCH)):
        found = answers(client, [(key, name, name) for key, name in batch], type_)
        for (key, name), candidates in zip(batch, found, strict=True):
            first = candidates[0] if candidates and candidates[0]["match"] else {"id": ""}
            yield name, f"{type_}/{key}", str(first["id"])


def spoil(name: str, chance: random.Random) -> str:
    """A name as somebody types it."""
    turn = chance.random()
    if turn < 0.3 and len(name) > 3:
        place = chance.randrange(len(name) - 1)
        return name[:place] + name[place + 1] + name[place] + name[place + 2 :]
    if turn < 0.45:
        words = name.split()
        chance.shuffle(words)
        return " ".join(words)
    return name.upper() if turn < 0.6 else name


def answers(
    client: httpx.Client, batch: list[tuple[str, str, str]], kind: str = "organisation"
) -> list[list[dict[str, object]]]:
    """The candidates of each name of a batch."""
    queries = {
        f"q{number}": {"query": text, "type": kind} for number, (_, _, text) in enumerate(batch)
    }
    answer = client.post("/reconcile", data={"queries": json.dumps(queries)})
    answer.raise_for_status()
    told = answer.json()
    return [told[name]["result"] for name in queries]


if __name__ == "__main__":
    main()

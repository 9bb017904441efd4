"""Former codes of communes in a file, with the codes that replaced them."""

from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Final

import duckdb

from kg.catalogue.read import Catalogue
from kg.catalogue.schema import open_frozen
from kg.iris import record
from kg.kinds import Text
from kg.mapping.current_codes import Former, make_todays
from kg.release import Release

TOLD: Final = 20
"""References that are told of a file; of the others how many there are."""
MORE: Final = Text("… et {} autres références.", "… and {} other references.")
LINES: Final = (Text("{} ligne", "{} row"), Text("{} lignes", "{} rows"))
TODAY: Final = Text(
    "{key} est aujourd'hui {today} ({lines}) : c'est ainsi que la référence est lue.",
    "{key} is {today} today ({lines}): the reference is read so.",
)
SHARED: Final = Text(
    "{key} a été partagé ({lines}) : choisissez parmi {today}, ou dites de quel jour sont les "
    "codes (codes_on ou codes_on_column dans source.toml).",
    "{key} has been shared out ({lines}): choose among {today}, or state the day of which the "
    "codes are (codes_on or codes_on_column in source.toml).",
)


def former_codes(
    db: duckdb.DuckDBPyConnection, dates: Mapping[str, str], release: Path | None
) -> dict[str, tuple[Text, ...]]:
    """Makes the references of the work database those of today; what is told of each file."""
    if release is None:
        found, names = make_todays(db, dates), dict[str, Text]()
    else:
        path = Release(release).catalogue
        with closing(open_frozen(path)) as file:
            found = make_todays(db, dates, file)
        keys = (record("territory", key) for former in found for key in former.today)
        names = Catalogue(path).labels(keys)
    told: dict[str, list[Text]] = {}
    for former in found:
        told.setdefault(former.file, []).append(_text(former, names))
    return {file: _shortened(texts) for file, texts in told.items()}


def _shortened(texts: Sequence[Text]) -> tuple[Text, ...]:
    left = len(texts) - TOLD
    rest = [Text(MORE.fr.format(left), MORE.en.format(left))] if left > 0 else []
    return (*texts[:TOLD], *rest)


def _text(former: Former, names: Mapping[str, Text]) -> Text:
    pattern = TODAY if len(former.today) == 1 else SHARED
    lines = LINES[former.lines > 1]
    told = {
        language: pattern[language].format(
            key=f"territory/{former.key}",
            lines=lines[language].format(former.lines),
            today=", ".join(_named(key, names, language) for key in former.today),
        )
        for language in ("fr", "en")
    }
    return Text(told["fr"], told["en"])


def _named(key: str, names: Mapping[str, Text], language: str) -> str:
    name = names.get(record("territory", key))
    return f"territory/{key} ({name[language]})" if name else f"territory/{key}"

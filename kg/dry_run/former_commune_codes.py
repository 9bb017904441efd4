"""Former commune codes in a file, with the codes that replaced them."""

from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Final

import duckdb

from kg.catalogue.catalogue import Catalogue
from kg.catalogue.schema import open_read_only
from kg.csvw_tables import Table
from kg.iris import build_record_iri
from kg.kinds import Text
from kg.mapping.current_commune_codes import FormerCode, update_commune_codes
from kg.mapping.listed_countries import resolve_stated_countries
from kg.mapping.named_communes import resolve_named_communes
from kg.release_layout import Release

MAX_LISTED_REFERENCES: Final = 20
"""References listed for a file; of the others, the report gives the number."""
MORE_REFERENCES_NOTE: Final = Text("… et {} autres références.", "… and {} other references.")
ROW_PHRASES: Final = (Text("{} ligne", "{} row"), Text("{} lignes", "{} rows"))
CURRENT_CODE_NOTE: Final = Text(
    "{key} est aujourd'hui {today} ({lines}) : c'est ainsi que la référence est lue.",
    "{key} is {today} today ({lines}): the reference is read so.",
)
SPLIT_CODE_NOTE: Final = Text(
    "{key} a été partagé ({lines}) : choisissez parmi {today}, ou dites de quel jour sont les "
    "codes (codes_on ou codes_on_column dans source.toml).",
    "{key} has been shared out ({lines}): choose among {today}, or state the day of which the "
    "codes are (codes_on or codes_on_column in source.toml).",
)


def update_former_codes(
    db: duckdb.DuckDBPyConnection,
    dates: Mapping[str, str],
    release: Path | None,
    tables: Mapping[str, Table],
) -> dict[str, tuple[Text, ...]]:
    """Replaces former commune codes in the work database; returns the notes for each file.

    So are communes that are given by post code and name, and countries.
    """
    if release is None:
        resolve_named_communes(db, tables)
        resolve_stated_countries(db)
        former_codes, names = update_commune_codes(db, dates), dict[str, Text]()
    else:
        path = Release(release).catalogue
        with closing(open_read_only(path)) as file:
            resolve_named_communes(db, tables, file)
            resolve_stated_countries(db, file)
            former_codes = update_commune_codes(db, dates, file)
        keys = (
            build_record_iri("territory", key)
            for former in former_codes
            for key in former.current_keys
        )
        names = Catalogue(path).read_labels(keys)
    notes: dict[str, list[Text]] = {}
    for former in former_codes:
        notes.setdefault(former.file, []).append(_write_note(former, names))
    return {file: _truncate(texts) for file, texts in notes.items()}


def _truncate(texts: Sequence[Text]) -> tuple[Text, ...]:
    left = len(texts) - MAX_LISTED_REFERENCES
    rest = (
        [Text(MORE_REFERENCES_NOTE.fr.format(left), MORE_REFERENCES_NOTE.en.format(left))]
        if left > 0
        else []
    )
    return (*texts[:MAX_LISTED_REFERENCES], *rest)


def _write_note(former: FormerCode, names: Mapping[str, Text]) -> Text:
    pattern = CURRENT_CODE_NOTE if len(former.current_keys) == 1 else SPLIT_CODE_NOTE
    lines = ROW_PHRASES[former.lines > 1]
    text = {
        language: pattern[language].format(
            key=f"territory/{former.key}",
            lines=lines[language].format(former.lines),
            today=", ".join(_format_key(key, names, language) for key in former.current_keys),
        )
        for language in ("fr", "en")
    }
    return Text(text["fr"], text["en"])


def _format_key(key: str, names: Mapping[str, Text], language: str) -> str:
    name = names.get(build_record_iri("territory", key))
    return f"territory/{key} ({name[language]})" if name else f"territory/{key}"

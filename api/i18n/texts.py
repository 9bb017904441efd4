"""Interface texts in French and English, read from the gettext catalogues of `locales/`."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from gettext import c2py
from pathlib import Path
from typing import Final

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

from kg.kinds import Text

LOCALE_FOLDER: Final = Path(__file__).parent / "locales"


def _read_catalogues(language: str) -> Iterator[tuple[str, Catalog]]:
    for path in sorted((LOCALE_FOLDER / language / "LC_MESSAGES").glob("*.po")):
        with path.open("rb") as file:
            yield path.name, read_po(file)


def read_messages(language: str) -> dict[str, str]:
    """The messages of a language by key; the sources are read as they are, nothing is compiled.

    Those with a plural are left out. A key that two catalogues have raises a ValueError.
    """
    messages: dict[str, str] = {}
    for name, catalogue in _read_catalogues(language):
        for message in catalogue:
            if str(message.id) in messages:
                raise ValueError(f"{name} has {message.id!r} again")
            if message.id and not message.pluralizable:
                messages[str(message.id)] = str(message.string)
    return messages


@dataclass(frozen=True)
class PluralMessage:
    """A message whose words follow from a number."""

    forms: tuple[str, ...]
    choose: Callable[[int], int]
    """The place of the form of a number (`Plural-Forms` of its catalogue)."""

    def select(self, number: int) -> str:
        return self.forms[self.choose(number)]


def read_plural_messages(language: str) -> dict[str, PluralMessage]:
    """The messages with a plural of a language by key.

    A key that two catalogues have raises a ValueError.
    """
    messages: dict[str, PluralMessage] = {}
    for name, catalogue in _read_catalogues(language):
        for message in catalogue:
            if not message.pluralizable:
                continue
            key = message.id[0]
            if key in messages:
                raise ValueError(f"{name} has {key!r} again")
            forms = tuple(message.string or ())
            messages[key] = PluralMessage(forms, c2py(catalogue.plural_expr))
    return messages


def _load_texts() -> Mapping[str, Text]:
    french, english = read_messages("fr"), read_messages("en")
    return {key: Text(french[key], english[key]) for key in french}


TEXTS: Final = _load_texts()
PLURAL_TEXTS: Final = {language: read_plural_messages(language) for language in ("fr", "en")}
"""Language to its messages with a plural, by key."""

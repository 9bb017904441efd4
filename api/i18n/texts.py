"""Interface texts in French and English, read from the gettext catalogues of `locales/`."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from babel.messages.pofile import read_po

from kg.kinds import Text

LOCALE_FOLDER: Final = Path(__file__).parent / "locales"


def read_messages(language: str) -> dict[str, str]:
    """The messages of a language by key; the sources are read as they are, nothing is compiled.

    A key that two catalogues have raises a ValueError.
    """
    messages: dict[str, str] = {}
    for path in sorted((LOCALE_FOLDER / language / "LC_MESSAGES").glob("*.po")):
        with path.open("rb") as file:
            for message in read_po(file):
                if str(message.id) in messages:
                    raise ValueError(f"{path.name} has {message.id!r} again")
                if message.id:
                    messages[str(message.id)] = str(message.string)
    return messages


def _load_texts() -> Mapping[str, Text]:
    french, english = read_messages("fr"), read_messages("en")
    return {key: Text(french[key], english[key]) for key in french}


TEXTS: Final = _load_texts()

"""French punctuation: the spaces inside of quotation marks and before tall signs do not break."""

import re
from typing import Final

NO_BREAK_SPACE: Final = "\u00a0"
QUOTED: Final = re.compile(r"(?<!\w)'([^'\n]+)'(?!\w)")
APOSTROPHE: Final = re.compile(r"(?<=[^\W\d_])'(?=[^\W\d_])")
BREAKING: Final = re.compile(r"(?<=«) | (?=[:;?!»](?!\S))")


def keep_together(text: str) -> str:
    """A French text whose lines do not begin with a sign, nor end with an opening mark."""
    return BREAKING.sub(NO_BREAK_SPACE, text)


def set_message(text: str) -> str:
    """A French message as it is printed: its apostrophes and quotation marks are French ones."""
    quoted = QUOTED.sub(f"«{NO_BREAK_SPACE}\\1{NO_BREAK_SPACE}»", text)
    return keep_together(APOSTROPHE.sub("’", quoted))

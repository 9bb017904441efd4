"""French punctuation: the spaces inside of quotation marks and before tall signs do not break."""

import re
from typing import Final

NO_BREAK_SPACE: Final = "\u00a0"
BREAKING: Final = re.compile(r"(?<=«) | (?=[:;?!»](?!\S))")


def keep_together(text: str) -> str:
    """A French text whose lines do not begin with a sign, nor end with an opening mark."""
    return BREAKING.sub(NO_BREAK_SPACE, text)

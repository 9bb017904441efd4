"""Root of an XML document, read from its beginning."""

from contextlib import suppress
from typing import Final
from xml.parsers import expat

BOM_AND_BLANKS: Final = b"\xef\xbb\xbf \t\r\n"


def find_root_name(head: bytes) -> str:
    """Return the local name of the root of an XML document; empty where it is none."""
    head = head.lstrip(BOM_AND_BLANKS)
    if not head.startswith(b"<"):
        return ""
    names: list[str] = []
    # names of elements that matter are ASCII, and expat knows few of the encodings of the world
    parser = expat.ParserCreate("iso-8859-1")
    parser.StartElementHandler = lambda name, _: names.append(name)
    with suppress(expat.ExpatError):  # a beginning, or a document that is ill-formed further on
        parser.Parse(head, False)
    return names[0].rpartition(":")[2] if names else ""

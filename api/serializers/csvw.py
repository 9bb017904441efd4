"""CSVW metadata of the CSV files that this server gives (W3C tabular metadata).

https://www.w3.org/TR/tabular-metadata/, https://www.w3.org/TR/tabular-data-model/
"""

import re
from typing import Final

import orjson

from kg.csvw_metadata import describe_csv
from kg.kinds import KINDS

METADATA_URI_TEMPLATES: Final = "/csvm{?url}\n"
"""Where metadata is looked for, from the address of a file (`/.well-known/csvm`)."""
CSV_PATH_PATTERN: Final = re.compile(
    r"/dumps/[\w-]+/(?P<table>\w+)\.csv|/(?P<kind>[a-z]+)\.csv(?:\?.*)?"
)


def find_table(path: str) -> str | None:
    """The canonical table whose columns a CSV of this server has, None where it is none."""
    match = CSV_PATH_PATTERN.fullmatch(path)
    if match is None:
        return None
    of_kinds = {kind.name: kind.table for kind in KINDS}
    return match["table"] or of_kinds.get(match["kind"])


def build_metadata(model: bytes, address: str) -> bytes:
    """The metadata of the file at an address, from the description of its table in the model."""
    metadata = describe_csv(orjson.loads(model), address, is_dump="/dumps/" in address)
    return orjson.dumps(metadata, option=orjson.OPT_INDENT_2)

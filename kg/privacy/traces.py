"""Traces of a record: the address, key, identifiers and names by which files tell of it."""

import html
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Final

from kg.namespaces import ID
from kg.privacy.file_content import iter_bytes

REMOVED: Final = "…"
"""What stands in a text where a name was."""
OVERLAP_BYTES: Final = 4096
"""Bytes of a piece of a file that are looked at again with the next one."""
MIN_NAME_LENGTH: Final = 4
"""Letters of a name below which it would be found everywhere."""
MIN_VALUE_LENGTH: Final = 4
EMAIL: Final = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")


@dataclass(frozen=True)
class Traces:
    """What is looked for. Names are those of this record alone."""

    kind: str
    key: str
    field: str = ""
    """The column that is forgotten; empty where the whole record is."""
    is_key_unique: bool = True
    """Whether no record of another kind has the key: then it is a trace by itself."""
    identifiers: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()
    values: frozenset[str] = frozenset()
    """Other texts that only this record has: those of the field, where one is forgotten."""

    @property
    def reference(self) -> str:
        return f"{self.kind}/{self.key}"

    @property
    def iri(self) -> str:
        return ID + self.reference

    @cached_property
    def key_pattern(self) -> re.Pattern[str]:
        """The record by its address, its key or its identifiers."""
        return re.compile("|".join(self._iter_key_patterns()), re.IGNORECASE)

    def _iter_key_patterns(self) -> Iterator[str]:
        yield rf"(?<![\w-]){re.escape(self.kind)}(?:/|%2F){re.escape(self.key)}(?![\w-])"
        if self.is_key_unique and re.search(r"[-\d]", self.key) and len(self.key) > MIN_NAME_LENGTH:
            yield rf"(?<![\w/-]){re.escape(self.key)}(?![\w-])"
        for identifier in sorted(self.identifiers):
            yield rf"(?<![\w-]){re.escape(identifier)}(?![\w-])"

    @cached_property
    def text_pattern(self) -> re.Pattern[str]:
        """The record by anything that tells of it; the value alone of a field."""
        texts = self.values if self.field else self.names | self.values
        escaped = {t for text in texts for t in (text, html.escape(text), html.escape(text, False))}
        wanted = [
            r"(?<!\w)" + r"\s+".join(map(re.escape, text.split())) + r"(?!\w)"
            for text in sorted(escaped, key=len, reverse=True)
            if len(text.strip()) >= MIN_NAME_LENGTH
        ]
        keys = [] if self.field else list(self._iter_key_patterns())
        return re.compile("|".join([*keys, *wanted]) or r"(?!)", re.IGNORECASE)

    def add_addresses(self, parties: Iterable[str]) -> "Traces":
        """The traces with the e-mail addresses of the texts that name the record."""
        found = {
            address for text in parties if self.are_in_text(text) for address in EMAIL.findall(text)
        }
        return replace(self, values=self.values | found)

    def are_in_text(self, text: str) -> bool:
        return self.text_pattern.search(text) is not None

    def is_any_of(self, names: Iterable[str]) -> bool:
        """Whether one of some addresses or `kind/key` is that of the record, which is forgotten."""
        return not self.field and any(
            name.partition("#")[0] in (self.reference, self.iri) for name in names
        )

    def are_in_file(self, path: Path) -> bool:
        """Whether a file tells of it, once unpacked."""
        rest = ""
        for chunk in iter_bytes(path):
            text = rest + chunk.decode("utf-8", errors="replace")
            if self.are_in_text(text):
                return True
            rest = text[-OVERLAP_BYTES:]
        return False

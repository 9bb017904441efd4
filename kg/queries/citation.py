"""Citation of an answer in words, BibTeX and RIS, with its release and permalink."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime

from kg.formats import BIBTEX, RIS, Format
from kg.kinds import Text

PUBLISHER = "ess-kg"


@dataclass(frozen=True)
class Citation:
    """What is cited: one question, its values, the release that answered, the permalink."""

    name: str
    title: Text
    values: Mapping[str, str]
    release: str
    created: datetime
    sources: tuple[Text, ...]
    """What the release is made of."""
    licences: tuple[str, ...]
    """Under which it is given."""
    permalink: str
    digest: str | None
    """SHA-256 of the answer, None where it is too long."""

    def format_line(self, language: str) -> str:
        """One line for a bibliography."""
        day = self.created.date().isoformat()
        if language == "en":
            return (
                f"{PUBLISHER}, “{self.format_title('en')}”, release {self.release} of {day}. "
                f"{self.permalink} – {self._format_sources(language)}"
            )
        return (
            f"{PUBLISHER}, « {self.format_title('fr')} », édition {self.release} du {day}. "
            f"{self.permalink} – {self._format_sources(language)}"
        )

    @property
    def key(self) -> str:
        """What tells this citation from others: the query, the release, and the values asked."""
        query_digest = hashlib.sha256(self.permalink.partition("?")[2].encode()).hexdigest()
        return f"{PUBLISHER}-{self.name}-{self.release}-{query_digest[:8]}"

    def _format_sources(self, language: str) -> str:
        """The sources of the release and its licences."""
        separator = "; " if language == "en" else " ; "
        source_list = separator.join(source[language] for source in self.sources)
        under = ", ".join(self.licences)
        if language == "en":
            return f"Sources: {source_list}. Licences: {under}."
        return f"Sources : {source_list}. Licences : {under}."

    def format_title(self, language: str) -> str:
        """The title, with the values it was asked with."""
        value_list = ", ".join(f"{name} = {value}" for name, value in self.values.items())
        return self.title[language] + (f" ({value_list})" if value_list else "")

    def format_as(self, syntax: Format, language: str) -> str:
        """The citation in BibTeX, in RIS or in words."""
        if syntax == BIBTEX:
            return self._format_bibtex(language)
        if syntax == RIS:
            return self._format_ris(language)
        accessed = "Accessed" if language == "en" else "Consulté le"
        return f"{self.format_line(language)} {accessed} {_get_today().isoformat()}.\n"

    def _format_bibtex(self, language: str) -> str:
        fields = {
            "title": f"{{{_escape_field(self.format_title(language))}}}",
            "author": f"{{{PUBLISHER}}}",
            "year": str(self.created.year),
            "month": str(self.created.month),
            "url": self.permalink,
            "urldate": _get_today().isoformat(),
            "copyright": ", ".join(self.licences),
            "note": _escape_field(self._format_note(language)),
        }
        lines = "".join(f"  {name} = {{{value}}},\n" for name, value in fields.items())
        return f"@misc{{{self.key},\n{lines}}}\n"

    def _format_ris(self, language: str) -> str:
        lines = [
            ("TY", "DATA"),
            ("TI", self.format_title(language)),
            ("AU", PUBLISHER),
            ("PB", PUBLISHER),
            ("PY", str(self.created.year)),
            ("DA", self.created.strftime("%Y/%m/%d")),
            ("ID", self.key),
            ("ET", self.release),
            ("Y2", _get_today().strftime("%Y/%m/%d")),
            ("UR", self.permalink),
            ("N1", self._format_note(language)),
            ("ER", ""),
        ]
        return "".join(f"{tag}  - {_escape_field(value)}\r\n" for tag, value in lines)

    def _format_note(self, language: str) -> str:
        release_label = f"release {self.release}" if language == "en" else f"édition {self.release}"
        summed = f"{release_label}, SHA-256 {self.digest}" if self.digest else release_label
        return f"{summed}. {self._format_sources(language)}"


def _get_today() -> date:
    """The day on which the answer is consulted."""
    return datetime.now(UTC).date()


def _escape_field(text: str) -> str:
    """A value on one line, without what ends a field."""
    return " ".join(text.translate(str.maketrans("", "", "{}\\")).split())

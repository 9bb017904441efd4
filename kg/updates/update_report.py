"""Update report: what one run of updates did, for people and for programs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from kg.kinds import Text
from kg.reports.texts import format_number

NewsKind = Literal["changed", "held", "failed", "old"]
KIND_TEXTS: Final[Mapping[str, Text]] = {
    "changed": Text("{} : fiches ajoutées {}, changées {}, retirées {} ; lignes refusées {}",
                    "{}: records added {}, changed {}, removed {}; rows refused {}"),
    "held": Text("{} : mise de côté, {}", "{}: put aside, {}"),
    "failed": Text("{} : échec, {}", "{}: failed, {}"),
    "old": Text("{} : vieille de plus de {} jours", "{}: older than {} days"),
}  # fmt: skip
BUILT: Final = Text("Édition {} en service.", "Release {} is in service.")
BUILD_FAILED: Final = Text(
    "La construction s'est arrêtée, ce qui était servi l'est toujours : {}",
    "The build stopped, what was served still is: {}",
)
SUMMARY: Final = Text(
    "ess-kg : sources changées {changed}, problèmes {problems}",
    "ess-kg: sources changed {changed}, problems {problems}",
)
COUNT_NAMES: Final = ("added", "changed", "removed", "refused")


@dataclass(frozen=True)
class SourceNews:
    """What is to be told of one source."""

    source: str
    kind: NewsKind
    counts: Mapping[str, int] = field(default_factory=dict)
    """Of records: `added`, `changed`, `removed`; of rows: `refused`."""
    detail: Text = field(default_factory=lambda: Text("", ""))
    """Why it failed or was put aside, and where; how old it may be."""

    def describe(self, language: str) -> str:
        """One line for a person."""
        values = [self.detail[language]]
        if self.kind == "changed":
            values = [format_number(self.counts.get(name, 0), language) for name in COUNT_NAMES]
        return KIND_TEXTS[self.kind][language].format(self.source, *values)


@dataclass(frozen=True)
class UpdateReport:
    """What one run did."""

    moment: str
    """When it ended, an xsd:dateTime."""
    looked_at: Sequence[str]
    """The sources that were due."""
    news: Sequence[SourceNews] = ()
    release: str = ""
    """The release that was built; empty where none was."""
    build_error: Text = field(default_factory=lambda: Text("", ""))

    @property
    def has_news(self) -> bool:
        return bool(self.news or self.release or self.build_error.en)

    @property
    def has_failed(self) -> bool:
        return bool(self.build_error.en) or any(each.kind != "changed" for each in self.news)

    def summarize(self, language: str) -> str:
        """The title of a message."""
        changed = sum(each.kind == "changed" for each in self.news)
        problems = len(self.news) - changed + bool(self.build_error.en)
        return SUMMARY[language].format(changed=changed, problems=problems)

    def describe(self, language: str) -> str:
        """The text of a message, a line for each thing that happened."""
        lines = [each.describe(language) for each in self.news]
        if self.release:
            lines.append(BUILT[language].format(self.release))
        if self.build_error.en:
            lines.append(BUILD_FAILED[language].format(self.build_error[language]))
        return "\n".join(lines)

    def render_json(self) -> dict[str, Any]:
        """The report for programs."""
        return {
            "moment": self.moment,
            "looked_at": list(self.looked_at),
            "news": [
                {
                    "source": each.source,
                    "kind": each.kind,
                    "counts": dict(each.counts),
                    "detail": {"fr": each.detail.fr, "en": each.detail.en},
                }
                for each in self.news
            ],
            "release": self.release or None,
            "build_error": {"fr": self.build_error.fr, "en": self.build_error.en},
        }


def read_report(entries: Mapping[str, Any]) -> UpdateReport:
    """The report that was written as JSON."""
    return UpdateReport(
        entries["moment"],
        entries["looked_at"],
        [
            SourceNews(each["source"], each["kind"], each["counts"], Text(**each["detail"]))
            for each in entries["news"]
        ],
        entries["release"] or "",
        Text(**entries["build_error"]),
    )

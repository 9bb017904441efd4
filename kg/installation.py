"""Installation paths: where the data and the model of an installation are."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class InstallationPaths:
    """The folders of an installation."""

    data: Path
    model: Path

    @property
    def sources(self) -> Path:
        return self.data / "sources"

    @property
    def recipes(self) -> Path:
        """Sources without data, to be copied or built with."""
        return self.data / "recipes"

    @property
    def fetches(self) -> Path:
        """What fetching keeps between two times: its state, and what was broken off."""
        return self.data / "fetches"

    @property
    def corrections(self) -> Path:
        return self.data / "corrections"

    @property
    def work(self) -> Path:
        """What a build writes for itself; removed with it."""
        return self.data / "work"

    @property
    def mapped(self) -> Path:
        """What mapping made of the sources, for the next build."""
        return self.data / "mapped"

    @property
    def releases(self) -> Path:
        return self.data / "releases"

    @property
    def quarantine(self) -> Path:
        return self.data / "quarantine"

    @property
    def stopped_report(self) -> Path:
        """The report of the last build, where its bounds stopped it."""
        return self.data / "stopped"

    @property
    def ontology(self) -> Path:
        return self.model / "ontology"

    @property
    def context(self) -> Path:
        """Our JSON-LD context."""
        return self.ontology / "context.jsonld"

    @property
    def shapes(self) -> list[Path]:
        return sorted((self.model / "shapes").glob("*.ttl"))

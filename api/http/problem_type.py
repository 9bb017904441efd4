"""Problem type: status, title and explanation of one class of errors (RFC 9457)."""

from dataclasses import dataclass, field
from typing import Final

from kg.kinds import Text
from kg.namespaces import BASE


@dataclass(frozen=True)
class ProblemType:
    """How one class of errors is answered."""

    status: int
    slug: str
    title: Text
    about: Text
    """What a visitor may do about it, for the page at its address."""
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def type(self) -> str:
        return f"{BASE}problem/{self.slug}"


RETRY_SOON: Final = {"Retry-After": "2"}

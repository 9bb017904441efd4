"""The operator of an installation: what a public site must say of who runs it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Operator:
    """Who runs an installation. What is empty was not stated, and the pages say so."""

    name: str = ""
    address: str = ""
    contact: str = ""
    """An e-mail address."""
    publisher: str = ""
    """The person who answers for what is published."""
    host: str = ""
    """Name, address and telephone number of who hosts the servers."""

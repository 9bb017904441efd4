"""Settings from the environment variables `KG_…`, read once at the front doors."""

import os
import re
import sysconfig
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Final

from kg.errors import SettingsError

ENVIRONMENT_PREFIX: Final = "KG_"
ADDRESS_PATTERN: Final = re.compile(r"https?://[\w.\[\]:-]+(/[\w.~/-]*)?", re.ASCII)
INSTALLED_MODEL: Final = Path(sysconfig.get_path("data")) / "share" / "ess-kg"
"""Where an installation that is no copy of the project keeps its model."""
CHECKOUT_MODEL: Final = Path(__file__).parents[1]
"""Where a copy of the project that is installed in place (`pip install -e`) keeps it."""


@dataclass(frozen=True)
class Settings:
    """Every setting with its default; the variable is the name in capitals after `KG_`."""

    data: Path = Path("data")
    """Folder of the sources, of the releases and of the quarantine."""
    model: Path = Path()
    """Folder that holds `ontology/` and `shapes/`; those installed where this one has none."""
    host: str = "127.0.0.1"
    """Address the server listens on."""
    port: int = 8000
    """Port the server listens on; `PORT` is read where `KG_PORT` is absent."""
    public_address: str = ""
    """Address at which the world reaches this installation; the host that was asked if empty."""
    operator_name: str = ""
    """Who runs this installation, as its pages say; they say so where it is empty."""
    operator_address: str = ""
    """Postal address of the operator."""
    operator_contact: str = ""
    """E-mail address of the operator."""
    operator_publisher: str = ""
    """The person who answers for what is published."""
    operator_host: str = ""
    """Name, address and telephone number of who hosts the servers."""
    map_tiles: str = ""
    """PMTiles file that is the ground of the maps; the outlines of the territories if empty."""
    workers: int = 2
    """uvicorn processes; each has query processes of its own."""
    query_workers: int = 2
    """Query processes of each uvicorn process."""
    query_seconds: float = 30.0
    """Wall time of one SPARQL query, seconds."""
    query_memory_mb: int = 1024
    """Memory of one query process beyond what it has when it starts, megabytes."""
    query_rows: int = 1_000_000
    """Rows or triples of one SPARQL answer."""
    query_bytes: int = 256 * 1024 * 1024
    """Bytes of one SPARQL answer."""
    query_queue: int = 32
    """Queries that may wait for a process before the next one is told to come back."""
    answers: str = ""
    """Folder in which the processes of a server share the answers that took long to find."""
    sparql_endpoint: str = ""
    """Address of the SPARQL service that answers instead of this machine."""
    sparql_graph_store: str = ""
    """Address of its Graph Store Protocol, for `ess-kg publish`."""
    sparql_user: str = ""
    """Account at that service."""
    sparql_password: str = ""
    """Its password."""
    sparql_parameters: str = ""
    """Parameters sent with each query, as in an address: `timeout=30000`."""
    sparql_at_once: int = 8
    """Queries that each server process puts to that service at once."""
    client_seconds: float = 60.0
    """Seconds of work that one client's queries may take in a minute, of each server process."""
    client_queries: int = 10
    """Queries of one client that may run or wait at once, in each server process."""
    trusted_proxies: str = "127.0.0.1"
    """Addresses of proxies whose word is taken for who the client is, separated by commas."""
    request_bytes: int = 1024 * 1024
    """Bytes of one request body, files to check excepted."""
    check_workers: int = 1
    """Files that each uvicorn process checks at once."""
    check_queue: int = 4
    """Files that may be received or wait for their check, before the next is told to come back."""
    check_seconds: float = 60.0
    """Wall time of one check, seconds."""
    check_memory_mb: int = 2048
    """Memory of one check beyond what its process has when it starts, megabytes."""
    check_bytes: int = 20 * 1024 * 1024
    """Bytes of the files of one check."""

    extract_seconds: float = 600.0
    """Wall time of writing one extract of a release, seconds."""
    extract_bytes: int = 4 * 1024 * 1024 * 1024
    """Bytes of one extract, and of all those that are kept."""

    @property
    def releases(self) -> Path:
        return self.data / "releases"

    @property
    def extracts(self) -> Path:
        return self.data / "extracts"


def read_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """The settings of an environment. Raises SettingsError for an unknown or unusable one."""
    env = os.environ if environment is None else environment
    fields_by_variable = {ENVIRONMENT_PREFIX + f.name.upper(): f for f in fields(Settings)}
    unknown = sorted(
        name
        for name in env
        if name.startswith(ENVIRONMENT_PREFIX) and name not in fields_by_variable
    )
    if unknown:
        raise SettingsError(
            f"unknown setting {', '.join(unknown)}; the known ones are "
            f"{', '.join(sorted(fields_by_variable))}"
        )
    values = {f.name: env[name] for name, f in fields_by_variable.items() if name in env}
    if "port" not in values and env.get("PORT"):
        values["port"] = env["PORT"]
    if "model" not in values and not Path("ontology").is_dir():
        model_folders = (
            folder for folder in (INSTALLED_MODEL, CHECKOUT_MODEL) if (folder / "ontology").is_dir()
        )
        values["model"] = str(next(model_folders, Path()))
    if "public_address" in values:
        values["public_address"] = _parse_address(values["public_address"])
    typed: dict[str, Any] = {name: _parse_value(name, text) for name, text in values.items()}
    return Settings(**typed)


def _parse_address(text: str) -> str:
    """The public address without a slash at its end, nothing for nothing."""
    if text and not ADDRESS_PATTERN.fullmatch(text):
        raise SettingsError(
            f"KG_PUBLIC_ADDRESS={text!r} is not an address such as https://graph.example.org"
        )
    return text.rstrip("/")


def _parse_value(name: str, text: str) -> Path | int | float | str:
    kind = type(getattr(Settings, name))
    try:
        value: Path | int | float | str = (
            Path(text) if isinstance(getattr(Settings, name), Path) else kind(text)
        )
    except ValueError as error:
        raise SettingsError(
            f"{ENVIRONMENT_PREFIX}{name.upper()}={text!r} is not a {kind.__name__}"
        ) from error
    if isinstance(value, int | float) and value <= 0:
        raise SettingsError(
            f"{ENVIRONMENT_PREFIX}{name.upper()}={text!r} must be greater than zero"
        )
    return value

"""The front door of the server: `uvicorn api.asgi:app`. The settings are read here, once."""

import multiprocessing
import signal
from pathlib import Path

from api.app import create_app
from api.deps import AppConfig
from kg import settings
from kg.sandbox import confinement
from kg.sandbox.limits import Limits as CheckLimits
from kg.settings import Settings
from kg.sparql.backend import MEGABYTE, Limits
from kg.sparql.remote.config import RemoteConfig


def config_of(chosen: Settings) -> AppConfig:
    """The configuration that settings stand for."""
    return AppConfig(
        releases=chosen.releases,
        limits=Limits(
            seconds=chosen.query_seconds,
            memory=chosen.query_memory_mb * MEGABYTE,
            rows=chosen.query_rows,
            bytes=chosen.query_bytes,
            queue=chosen.query_queue,
        ),
        query_workers=chosen.query_workers,
        answers=Path(chosen.answers) if chosen.answers else None,
        service=RemoteConfig.named(
            chosen.sparql_endpoint,
            chosen.sparql_graph_store,
            (chosen.sparql_user, chosen.sparql_password),
            chosen.sparql_parameters,
            chosen.sparql_at_once,
        ),
        public_address=chosen.public_address,
        client_seconds=chosen.client_seconds,
        client_queries=chosen.client_queries,
        request_bytes=chosen.request_bytes,
        checks=CheckLimits(
            seconds=chosen.check_seconds,
            memory=chosen.check_memory_mb * MEGABYTE,
            at_once=chosen.check_workers,
            queue=chosen.check_queue,
        ),
        check_bytes=chosen.check_bytes,
        extracts=chosen.extracts,
        extracting=CheckLimits(
            seconds=chosen.extract_seconds,
            memory=chosen.check_memory_mb * MEGABYTE,
            disk=chosen.extract_bytes,
            queue=2,
        ),
    )


def _end_with_the_server() -> None:
    """Where uvicorn runs several processes, none goes on once the one that started them is gone."""
    parent = multiprocessing.parent_process()
    if parent is not None and parent.pid is not None:
        confinement.die_with(parent.pid, signal.SIGTERM)


_end_with_the_server()
app = create_app(config_of(settings.read()))

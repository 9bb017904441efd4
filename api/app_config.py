"""Configuration of the application, out of settings."""

from pathlib import Path

from api.dependencies import AppConfig
from api.serving.extracts import EXTRACT_NICENESS
from api.serving.map_tiles import read_map_tiles
from api.serving.operator import Operator
from kg.sandbox.limits import JobLimits
from kg.settings import Settings
from kg.sparql.backend import MEGABYTE, QueryLimits
from kg.sparql.remote.config import RemoteConfig


def build_app_config(chosen: Settings) -> AppConfig:
    """The configuration that settings stand for. Raises SettingsError for one that is wrong."""
    return AppConfig(
        releases=chosen.releases,
        limits=QueryLimits(
            seconds=chosen.query_seconds,
            memory=chosen.query_memory_mb * MEGABYTE,
            rows=chosen.query_rows,
            bytes=chosen.query_bytes,
            queue=chosen.query_queue,
        ),
        query_workers=chosen.query_workers,
        result_cache_folder=Path(chosen.answers) if chosen.answers else None,
        remote_service=RemoteConfig.from_settings(
            chosen.sparql_endpoint,
            chosen.sparql_graph_store,
            (chosen.sparql_user, chosen.sparql_password),
            chosen.sparql_parameters,
            chosen.sparql_at_once,
        ),
        operator=Operator(
            chosen.operator_name,
            chosen.operator_address,
            chosen.operator_contact,
            chosen.operator_publisher,
            chosen.operator_host,
        ),
        map_tiles=read_map_tiles(Path(chosen.map_tiles)) if chosen.map_tiles else None,
        public_address=chosen.public_address,
        client_seconds=chosen.client_seconds,
        client_queries=chosen.client_queries,
        request_bytes=chosen.request_bytes,
        check_limits=JobLimits(
            seconds=chosen.check_seconds,
            memory=chosen.check_memory_mb * MEGABYTE,
            max_concurrent=chosen.check_workers,
            queue=chosen.check_queue,
        ),
        check_bytes=chosen.check_bytes,
        extract_folder=chosen.extracts,
        extract_limits=JobLimits(
            seconds=chosen.extract_seconds,
            memory=chosen.check_memory_mb * MEGABYTE,
            disk=chosen.extract_bytes,
            queue=2,
            niceness=EXTRACT_NICENESS,
        ),
    )

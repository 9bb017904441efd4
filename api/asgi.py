"""ASGI entry point for uvicorn (`api.asgi:app`), by the settings of the environment."""

import multiprocessing
import signal

from api.app import create_app
from api.app_config import build_app_config
from kg import settings
from kg.sandbox import process_limits


def _die_with_parent_process() -> None:
    """Where uvicorn runs several processes, none goes on once the one that started them is gone."""
    parent = multiprocessing.parent_process()
    if parent is not None and parent.pid is not None:
        process_limits.end_with_parent(parent.pid, signal.SIGTERM)


_die_with_parent_process()
app = create_app(build_app_config(settings.read_settings()))

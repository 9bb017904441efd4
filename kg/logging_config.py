"""Logging configuration: one logfmt line an event.

`2026-11-29T04:18:15.120Z ERROR api.app [812] a release was not taken into service reason="…"`:
a level, the logger, the process, what happened, then names and values (logfmt: a value with a blank
is a JSON string). A traceback follows on lines of its own.
"""

import json
import logging
import logging.config
import re
from datetime import UTC, datetime
from typing import Any, Final

STANDARD_ATTRIBUTES: Final = frozenset(vars(logging.makeLogRecord({}))) | {
    "message", "asctime", "color_message", "taskName",
}  # fmt: skip
"""What every record has, and what uvicorn adds for terminals in colours."""
UNQUOTED_VALUE: Final = re.compile(r"[^\s\"=\x00-\x1f\x7f]+")
IGNORED_PREFIXES: Final = ("ASGI callable returned without completing response",)
"""What uvicorn says of each answer that is cut on purpose; we say it with the reason."""


class LogfmtFormatter(logging.Formatter):
    """A record as a line."""

    def format(self, record: logging.LogRecord) -> str:
        moment = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        head = (
            f"{moment.removesuffix('+00:00')}Z {record.levelname} {record.name} "
            f"[{record.process}] {_join_lines(record.getMessage())}"
        )
        pairs = [
            f"{name}={_format_value(value)}"
            for name, value in vars(record).items()
            if name not in STANDARD_ATTRIBUTES
        ]
        line = " ".join([head, *pairs])
        return line if not record.exc_info else f"{line}\n{self.formatException(record.exc_info)}"


class NoiseFilter(logging.Filter):
    """Lets through what is not said better elsewhere."""

    def filter(self, record: logging.LogRecord) -> bool:
        return not record.getMessage().startswith(IGNORED_PREFIXES)


def _join_lines(text: str) -> str:
    return " ".join(text.split())


def _format_value(value: object) -> str:
    text = str(value)
    return text if UNQUOTED_VALUE.fullmatch(text) else json.dumps(text, ensure_ascii=False)


def build_configuration(level: str) -> dict[str, Any]:
    """For `logging.config.dictConfig`: ours from that level on, of others what is wrong."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"told": {"()": LogfmtFormatter}},
        "filters": {"needed": {"()": NoiseFilter}},
        "handlers": {
            "errors": {
                "class": "logging.StreamHandler",
                "stream": "ext://sys.stderr",
                "formatter": "told",
                "filters": ["needed"],
            }
        },
        "root": {"handlers": ["errors"], "level": "WARNING"},
        "loggers": {name: {"level": level} for name in ("kg", "api", "uvicorn")},
    }


def configure(level: str) -> None:
    """Sends the log of this process to its error output."""
    logging.config.dictConfig(build_configuration(level))

"""The log says what happened, when, where, and with what: on one line."""

import json
import logging

from kg.logging_config import LogfmtFormatter, NoiseFilter


def record(message: str, **told: object) -> logging.LogRecord:
    made = logging.makeLogRecord({"name": "api.x", "levelname": "ERROR", "msg": message, **told})
    made.created = 0.25
    return made


def test_a_line_has_its_time_and_every_value() -> None:
    said = LogfmtFormatter().format(
        record("a job failed", reason='no "room"\nleft', id="a1", again_in=2.0)
    )
    assert said.startswith("1970-01-01T00:00:00.250Z ERROR api.x [")
    head, _, rest = said.partition(" a job failed ")
    assert head
    reason, values = rest[len("reason=") :].split(" id=")
    assert json.loads(reason) == 'no "room"\nleft'
    assert values == "a1 again_in=2.0"
    assert "\n" not in said


def test_a_traceback_follows_on_lines_of_its_own() -> None:
    try:
        raise ValueError("why")
    except ValueError as error:
        made = record("it failed", exc_info=(type(error), error, error.__traceback__))
    first, *others = LogfmtFormatter().format(made).splitlines()
    assert first.endswith("it failed")
    assert others[-1] == "ValueError: why"


def test_what_is_said_better_elsewhere_is_left_out() -> None:
    assert not NoiseFilter().filter(record("ASGI callable returned without completing response."))
    assert NoiseFilter().filter(record("a job failed"))

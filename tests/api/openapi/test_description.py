"""What the OpenAPI description promises holds for whatever is sent: no answer is a server error."""

from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

CHECKS = (
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
)
EXAMPLES = 4
"""Requests of each operation: more find more, and take longer."""


@pytest.fixture(scope="module")
def address(frozen: Path, start_server: Callable[..., str]) -> str:
    return start_server(
        frozen, query_seconds=2, client_seconds=100_000, client_queries=100, check_seconds=10
    )


def test_whatever_is_sent_the_description_holds(address: str) -> None:
    schema = schemathesis.openapi.from_url(f"{address}/openapi.json")
    operations = [found.ok() for found in schema.get_all_operations()]
    assert len(operations) > 40
    broken = []
    for operation in operations:
        if operation.path == "/validate":  # its forms are sent in test_validate.py
            continue
        try:
            _hold(operation, address)
        except FailureGroup as failures:
            broken += [f"{operation.label}: {one}" for one in failures.exceptions]
    assert broken == []


def _hold(operation: schemathesis.schemas.APIOperation, address: str) -> None:  # type: ignore[name-defined]
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy())
    def run(case: schemathesis.Case) -> None:
        response = case.call(base_url=address)
        case.validate_response(response, checks=CHECKS)

    run()


def test_the_server_still_answers(address: str) -> None:
    assert httpx.get(f"{address}/health").json()["status"] == "ok"

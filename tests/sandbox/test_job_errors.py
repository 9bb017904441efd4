import inspect

import pytest

from api.routes.validate import CHECK_ERRORS
from api.serving.extracts import EXTRACT_ERRORS
from kg.errors import EssKgError, ExtractError, JobError
from kg.sandbox.job_errors import JOB_ERRORS, JobErrors
from kg.sandbox.limits import JobLimits

ARGUMENTS = {"limits": JobLimits(), "resource": "memory", "name": "ValueError", "code": 1}
BUILDERS = [name for name, _ in inspect.getmembers(JobErrors, inspect.isfunction) if name[0] != "_"]


def build(errors: JobErrors, name: str) -> EssKgError:
    builder = getattr(errors, name)
    return builder(*(ARGUMENTS[each] for each in inspect.signature(builder).parameters))


@pytest.mark.parametrize("name", BUILDERS)
def test_each_error_is_one_of_jobs_in_both_languages(name):
    for errors in (JOB_ERRORS, CHECK_ERRORS):
        error = build(errors, name)
        assert isinstance(error, JobError)
        assert str(error)
        assert error.french


@pytest.mark.parametrize("name", BUILDERS)
def test_each_error_of_an_export_is_answered_as_one(name):
    assert isinstance(build(EXTRACT_ERRORS, name), ExtractError)


def test_texts_name_the_job_as_the_caller_does():
    assert str(JOB_ERRORS.timeout(JobLimits())).startswith("the job did not end")
    assert str(CHECK_ERRORS.timeout(JobLimits())).startswith("the check did not end")
    assert "la vérification" in CHECK_ERRORS.too_large(JobLimits(), "disk").french

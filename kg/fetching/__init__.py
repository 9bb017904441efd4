"""Fetching: the files of a source, brought from where its `[fetch]` says they are."""

from kg.fetching.fetch_state import FetchState, read_fetch_state
from kg.fetching.source_fetch import FetchedSource, StagedFile, fetch_source, stage_source

__all__ = [
    "FetchState",
    "FetchedSource",
    "StagedFile",
    "fetch_source",
    "read_fetch_state",
    "stage_source",
]

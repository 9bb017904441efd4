"""Filters of changes: of one record, or of all records of a territory, a topic or a source."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

from kg.catalogue.catalogue import Catalogue
from kg.catalogue.changes import RecordChange, ReleaseInfo, read_changes
from kg.catalogue.filters import Filters, list_filter_columns
from kg.catalogue.schema import has_current_schema
from kg.errors import BadRequest
from kg.kinds import KIND_BY_NAME

COLUMNS: Final = ("territory", "topics", "source")
"""Filters of lists that changes have too."""
CHECKED_KIND: Final = "organisation"
"""A kind whose lists have all these filters."""


Key = tuple[str, str]
"""The kind and the key of a record."""


@dataclass(frozen=True)
class ChangeFilters:
    """What changes are kept."""

    record: str = ""
    """Kind and key of the record that they are of; empty for any."""
    values: Mapping[str, str] = field(default_factory=dict)
    """Value by filter (`COLUMNS`), all of which a record has."""

    def __bool__(self) -> bool:
        return bool(self.record or self.values)


def filter_changes(
    changes: Sequence[RecordChange],
    filters: ChangeFilters,
    catalogue: Catalogue,
    chain: Sequence[ReleaseInfo],
) -> list[RecordChange]:
    """Keep the changes that filters select, in their order.

    A deleted record is looked at in the release before, where that is kept. The territory and the
    topic themselves are among their records. Raises BadRequest for an invalid value.
    """
    if filters.record:
        changes = [one for one in changes if f"{one.kind}/{one.key}" == filters.record]
        if not changes:
            _check_record(filters.record, catalogue, chain)
    if not filters.values:
        return list(changes)
    chosen = Filters({name: (value,) for name, value in filters.values.items()})
    catalogue.select_keys(CHECKED_KIND, chosen, ())  # an invalid value is told, whatever changed
    by_release: dict[str, list[RecordChange]] = {}
    for one in changes:
        by_release.setdefault(one.release if one.change == "deleted" else "", []).append(one)
    kept: set[Key] = set()
    for release, part in by_release.items():
        looked_at = _open_before(chain, release) if release else catalogue
        if looked_at is not None:
            kept |= _select(part, chosen, looked_at)
    return [one for one in changes if (one.kind, one.key) in kept]


def _check_record(record: str, catalogue: Catalogue, chain: Sequence[ReleaseInfo]) -> None:
    """Raises BadRequest for what is no record of the release, and of which no change is known."""
    kind, _, key = record.partition("/")
    known = kind in KIND_BY_NAME and (
        catalogue.find_entity(kind, key) is not None
        or any((one.kind, one.key) == (kind, key) for each in chain for one in read_changes(each))
    )
    if not known:
        raise BadRequest(
            f"record={record!r} is no record that is or was here (kind/key)",
            f"record={record!r} n'est pas une fiche qui est ou était ici (type/clé)",
        )


def _open_before(chain: Sequence[ReleaseInfo], release: str) -> Catalogue | None:
    """The catalogue of the release before one; it is not kept open: releases are removed."""
    before = next((one for one, after in pairwise(chain) if after.id == release), None)
    if before is None or not has_current_schema(before.catalogue):
        return None
    return Catalogue(before.catalogue)


def _select(
    changes: Sequence[RecordChange],
    filters: Filters,
    catalogue: Catalogue,
) -> set[Key]:
    keys: dict[str, list[str]] = {}
    for one in changes:
        keys.setdefault(one.kind, []).append(one.key)
    values = {name: chosen[0] for name, chosen in filters.values.items()}
    own = (values.get("topics"), f"territory/{values.get('territory')}") if len(values) == 1 else ()
    found = {(kind, key) for kind, some in keys.items() for key in some if f"{kind}/{key}" in own}
    for kind, some in keys.items():
        if not set(values) <= set(list_filter_columns(KIND_BY_NAME[kind])):
            continue
        with suppress(BadRequest):  # an older release may not know the value
            found |= {(kind, key) for key in catalogue.select_keys(kind, filters, some)}
    return found

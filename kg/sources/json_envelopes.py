"""JSON envelopes: objects that programs wrap around a list of records, and paths to that list.

A path is `response.docs`, `$.a.b` or `hits.hits[]._source`: names of members, each with `[]` where
what it has is a list that one goes into.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from kg import sql
from kg.kinds import Text

SPARQL_BINDINGS_PATH: Final = "results.bindings[]"
OWN_LIST_PATH: Final = "items[].columns"
KNOWN_PATHS: Final = ("response.docs[]", "hits.hits[]._source", SPARQL_BINDINGS_PATH, OWN_LIST_PATH)
"""Of Solr, of Elasticsearch, of SPARQL, of a list of ours."""
RECORD_LIST_NAMES: Final = ("features", "results", "records", "docs")
"""Lists that hold records whatever stands beside them."""
METADATA_NAMES: Final = frozenset(
    (
        *("count", "total", "totalcount", "total_count", "nhits", "numfound", "start", "rows"),
        *("page", "pages", "per_page", "size", "limit", "offset", "next", "previous", "prev"),
        *("links", "meta", "metadata", "parameters", "facets", "facet_groups", "success", "status"),
        *("took", "timed_out", "error", "message", "license", "licence", "attribution", "type"),
        *("version", "generated", "timestamp", "date", "crs", "name", "bbox", "after", "header"),
        *("code", "last_page", "first", "last", "number_of_results", "time_taken", "group_by"),
    )
)
"""Members that say something of a list, folded to lower case: an object of these is no record."""
EMPTY: Final = ["NULL"]
"""The structure of a list without elements."""
MAX_LISTED_PATHS: Final = 5
PATH_STEP: Final = re.compile(r"([^.\[\]]+)((?:\[\*?\])*)")
MemberPath = tuple[tuple[str, bool], ...]
"""Names of members, each with whether one goes into the list that it has."""
LISTS_FOUND_HINT: Final = Text(
    "Listes d’objets dans ce fichier : {}. Pour en lire une, écrivez dans source.toml, sous "
    '[read."raw/*.json"], par exemple records = "{}".',
    "Lists of objects in this file: {}. To read one, write in source.toml, under "
    '[read."raw/*.json"], for example records = "{}".',
)


def parse_path(path: str) -> MemberPath:
    """The place that a path names."""
    plain = path.strip().removeprefix("$").removeprefix(".")
    return tuple((name, bool(inner)) for name, inner in PATH_STEP.findall(plain))


def format_path(place: MemberPath) -> str:
    """A place as a path; the list at its end is not marked."""
    text = ".".join(name + ("[]" if inside else "") for name, inside in place)
    return text if text == SPARQL_BINDINGS_PATH else text.removesuffix("[]")


def build_unnest_sql(relation: str, place: MemberPath) -> str:
    """The SELECT of what is at a place, one element of each list a row, out of a SELECT of `j`."""
    for name, inside in place:
        pointer = sql.literal('$."' + name.replace("\\", "\\\\").replace('"', '\\"') + '"')
        relation = f"SELECT j->{pointer} AS j FROM ({relation})"
        if inside:
            relation = _build_elements_sql(relation)
    # what is a list at the end is gone into all the same
    return (
        "SELECT unnest(CASE json_type(j) WHEN 'ARRAY' THEN from_json(j, '[\"JSON\"]') "
        f"ELSE [j] END) AS j FROM ({relation}) WHERE j IS NOT NULL"
    )


def _build_elements_sql(relation: str) -> str:
    return f"SELECT unnest(from_json(j, '[\"JSON\"]')) AS j FROM ({relation})"


def find_records_path(structure: Mapping[str, Any]) -> MemberPath | None:
    """Where the records are, where that is sure; None where the object may be a record itself."""
    for path in KNOWN_PATHS:
        place = parse_path(path)
        if isinstance(_get_at(structure, place), dict):
            return place
    lists = [name for name, inner in structure.items() if _is_list_of_objects(inner)]
    alone = [name for name in structure if name.lower() not in METADATA_NAMES and name not in lists]
    sure = next((name for name in RECORD_LIST_NAMES if name in lists), None)
    if sure and (len(lists) == 1 or not alone):
        return ((sure, True),)
    if len(lists) == 1 and not alone:
        return ((lists[0], True),)
    objects = [name for name in alone if isinstance(structure[name], dict) and structure[name]]
    if not lists and len(objects) == 1 and len(alone) == 1 and len(structure) > 1:
        return ((objects[0], False),)
    return None


def is_empty(structure: Mapping[str, Any]) -> bool:
    """Whether the list that the records are to be in is there, and has none."""
    if any(
        _get_at(structure, parse_path(path.partition("[]")[0])) == EMPTY for path in KNOWN_PATHS
    ):
        return True
    if any(structure.get(name) == EMPTY for name in RECORD_LIST_NAMES):
        return not any(_is_list_of_objects(inner) for inner in structure.values())
    data_members = {
        name: inner for name, inner in structure.items() if name.lower() not in METADATA_NAMES
    }
    return bool(data_members) and all(
        is_empty(inner) if isinstance(inner, dict) else inner == EMPTY
        for inner in data_members.values()
    )


def describe_lists(structure: Mapping[str, Any]) -> Text:
    """What is told of the lists of objects inside; nothing where there is none."""
    paths = [format_path(place) for place in _find_lists(structure, ())]
    if not paths:
        return Text("", "")
    listed_paths = ", ".join(paths[:MAX_LISTED_PATHS]) + (
        " …" if len(paths) > MAX_LISTED_PATHS else ""
    )
    return Text(
        LISTS_FOUND_HINT.fr.format(listed_paths, paths[0]),
        LISTS_FOUND_HINT.en.format(listed_paths, paths[0]),
    )


def _find_lists(structure: Mapping[str, Any], above: MemberPath) -> Iterator[MemberPath]:
    for name, inner in structure.items():
        if _is_list_of_objects(inner):
            yield (*above, (name, True))
        elif isinstance(inner, dict):
            yield from _find_lists(inner, (*above, (name, False)))


def _is_list_of_objects(inner: Any) -> bool:
    return isinstance(inner, list) and bool(inner) and isinstance(inner[0], dict) and bool(inner[0])


def _get_at(structure: Any, place: Sequence[tuple[str, bool]]) -> Any:
    for name, inside in place:
        structure = structure.get(name) if isinstance(structure, dict) else None
        if inside:
            structure = structure[0] if isinstance(structure, list) and structure else None
    return structure

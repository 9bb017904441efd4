"""JSON envelopes: objects that programs wrap around a list of records, and paths to that list.

A path is `response.docs`, `$.a.b` or `hits.hits[]._source`: member names, with `[]` after those
whose list elements the path descends into. `*` is every member of an object: `*.events` are the
events of all pages in `{"page1": {"events": […]}, "page2": …}`.

An object whose members have numbers for names, `{"0": {…}, "3": {…}}`, is a list as well: PHP
writes one so as soon as an element was taken out of it.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from kg import sql
from kg.kinds import Text

SPARQL_BINDINGS_PATH: Final = "results.bindings[]"
OWN_LIST_PATH: Final = "items[].columns"
KNOWN_PATHS: Final = (
    *("response.docs[]", "hits.hits[]._source", "_source"),
    *(SPARQL_BINDINGS_PATH, OWN_LIST_PATH),
)
"""Paths used by Solr, Elasticsearch (an answer, one document), SPARQL results and our own lists."""
RECORD_LIST_NAMES: Final = ("features", "results", "records", "docs")
"""Names of lists that hold records, whatever the other members are."""
METADATA_NAMES: Final = frozenset(
    (
        *("count", "total", "totalcount", "total_count", "nhits", "numfound", "start", "rows"),
        *("page", "pages", "per_page", "size", "limit", "offset", "next", "previous", "prev"),
        *("links", "meta", "metadata", "parameters", "facets", "facet_groups", "success", "status"),
        *("took", "timed_out", "error", "message", "license", "licence", "attribution", "type"),
        *("version", "generated", "timestamp", "date", "crs", "name", "bbox", "after", "header"),
        *("sort", "ontology"),
        *("code", "last_page", "first", "last", "number_of_results", "time_taken", "group_by"),
    )
)
"""Names, in lower case, of members that describe a list: they are not fields of a record."""
PAGE_NAMES: Final = frozenset(
    ("count", "total", "totalcount", "total_count", "nhits", "numfound", "success", "next", "after")
)
"""Names of members that a page of a list has, and a record does not."""
EVERY_MEMBER: Final = "*"
NUMBERS: Final = re.compile(r"[0-9]+")
EMPTY: Final = ["NULL"]
"""Structure, as DuckDB infers it, of a list without elements."""
MAX_LISTED_PATHS: Final = 5
PATH_STEP: Final = re.compile(r"([^.\[\]]+)((?:\[\*?\])*)")
ARRAY_CASE_SQL: Final = "WHEN json_type(j) = 'ARRAY' THEN from_json(j, '[\"JSON\"]')"
HAS_NUMBERS_SQL: Final = (
    "list_bool_and(list_transform(json_keys(j), lambda k: k SIMILAR TO '[0-9]+'))"
)
HAS_OBJECTS_SQL: Final = (
    "list_bool_and(list_transform(map_values(try_cast(j AS MAP(VARCHAR, JSON))), "
    "lambda v: json_type(v) = 'OBJECT'))"
)
KEYED_ELEMENTS_SQL: Final = (
    "list_transform(map_entries(try_cast(j AS MAP(VARCHAR, JSON))), "
    "lambda e: json_merge_patch(json_object('key', e.key), e.value))"
)
"""The values of an object, each with its name as `key`, unless it has such a member of its own."""
MemberPath = tuple[tuple[str, bool], ...]
"""Member names, each with True where the path descends into the list elements."""
LISTS_FOUND_HINT: Final = Text(
    "Listes d’objets dans ce fichier : {}. Pour en lire une, écrivez dans source.toml, sous "
    '[read."raw/*.json"], par exemple records = "{}" (ess-kg source new : --records).',
    "Lists of objects in this file: {}. To read one, write in source.toml, under "
    '[read."raw/*.json"], for example records = "{}" (ess-kg source new: --records).',
)


def parse_path(path: str) -> MemberPath:
    """Parse a path."""
    plain = path.strip().removeprefix("$").removeprefix(".")
    return tuple((name, bool(inner)) for name, inner in PATH_STEP.findall(plain))


def format_path(place: MemberPath) -> str:
    """Format a path; a list at its end has no brackets."""
    text = ".".join(name + ("[]" if inside else "") for name, inside in place)
    return text if text == SPARQL_BINDINGS_PATH else text.removesuffix("[]")


def build_unnest_sql(relation: str, place: MemberPath, is_keyed: bool = False) -> str:
    """Return the SELECT of the values at a path, given the SELECT of documents `j`.

    A list at its end gives its elements, an object with numbers for names the values of its
    members, and where `is_keyed` an object of objects with any names does so too.
    """
    for name, inside in place:
        if name == EVERY_MEMBER:
            relation = _build_elements_sql(
                relation, "map_values(try_cast(j AS MAP(VARCHAR, JSON)))"
            )
            continue
        pointer = sql.literal('$."' + name.replace("\\", "\\\\").replace('"', '\\"') + '"')
        relation = f"SELECT j->{pointer} AS j FROM ({relation})"
        if inside:
            relation = _build_elements_sql(relation, f"CASE {_build_list_cases_sql()} END")
    if not place and not is_keyed:
        return _build_elements_sql(relation, f"CASE {ARRAY_CASE_SQL} ELSE [j] END")
    # a list at the end of the path is unnested even without brackets
    cases = f"CASE {_build_list_cases_sql(is_keyed)} ELSE [j] END"
    return _build_elements_sql(relation, cases)


def _build_elements_sql(relation: str, elements: str) -> str:
    return f"SELECT unnest({elements}) AS j FROM ({relation}) WHERE j IS NOT NULL"


def _build_list_cases_sql(is_keyed: bool = False) -> str:
    """Return the cases in which a value `j` is a list, with the SQL of its elements."""
    numbered = "" if is_keyed else f"AND {HAS_NUMBERS_SQL}"
    return (
        f"{ARRAY_CASE_SQL} WHEN json_type(j) = 'OBJECT' {numbered} AND {HAS_OBJECTS_SQL} "
        f"THEN {KEYED_ELEMENTS_SQL}"
    )


def list_elements(content: Any) -> list[Any] | None:
    """Return the elements of a list, or of an object that has numbers for names; else None.

    Those of an object have its names in `key`, unless they have a member of that name.
    """
    if isinstance(content, list):
        return content
    if not isinstance(content, dict):
        return None
    if not all(
        NUMBERS.fullmatch(name) and isinstance(inner, dict) for name, inner in content.items()
    ):
        return None
    return [{"key": name, **inner} for name, inner in content.items()]


def find_records_path(structure: Mapping[str, Any]) -> MemberPath | None:
    """Return the path to the records; None where the object may itself be a record."""
    for path in KNOWN_PATHS:
        place = parse_path(path)
        if isinstance(_get_at(structure, place), dict):
            return place
    if page := _find_page_path(structure):
        return ((EVERY_MEMBER, False), *page)
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


def _find_page_path(structure: Mapping[str, Any]) -> MemberPath | None:
    """Return the path in each page to its records, where every member is a page of one list."""
    pages = list(structure.values())
    if not all(isinstance(page, dict) and _is_page(page) for page in pages):
        return None
    found = [find_records_path(page) for page in pages if not is_empty(page)]
    # a list may be an object with numbers for names in some pages
    paths = {format_path(path or ()) for path in found}
    return parse_path(paths.pop()) if len(paths) == 1 else None


def _is_page(structure: Mapping[str, Any]) -> bool:
    names = {name.lower() for name in structure}
    return bool(names & PAGE_NAMES) and "name" not in names


def is_object_of_objects(structure: Mapping[str, Any], place: MemberPath) -> bool:
    """Tell whether the value at a path is an object all of whose members are objects."""
    if place and place[-1][1]:
        return False
    inner = _get_at(structure, place)
    return (
        isinstance(inner, dict)
        and bool(inner)
        and all(isinstance(each, dict) and each for each in inner.values())
    )


def is_empty(structure: Mapping[str, Any]) -> bool:
    """Tell whether the list that should hold the records exists but is empty."""
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
    """Return a hint that names the lists of objects; empty where there are none."""
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
        if not isinstance(structure, dict):
            return None
        every = name == EVERY_MEMBER
        structure = next(iter(structure.values()), None) if every else structure.get(name)
        if inside:
            structure = structure[0] if isinstance(structure, list) and structure else None
    return structure

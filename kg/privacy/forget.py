"""Forgetting a record, or a field of it, in all that an installation holds.

The order is that of what may be broken off: first the list that keeps imports from bringing it
back, then all that is no release, then the kept releases, the one in service last. Each file is
replaced in one step; whoever is broken off does it again, and what is done already is passed over.
"""

import csv
import json
import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, nullcontext, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

import duckdb

from kg.csvw_tables import Table, load_tables
from kg.errors import ForgetError, ReleaseError
from kg.installation import InstallationPaths
from kg.kinds import KIND_BY_NAME
from kg.mapping import open_work_database
from kg.mapping.forgotten_quads import list_owner_columns
from kg.mapping.moved_keys import KEY_PATTERN, MOVED_FILE, WITHDRAWN_FILE
from kg.mapping.suppressed_records import drop_list_items
from kg.namespaces import ID
from kg.privacy import release_traces
from kg.privacy.file_content import iter_bytes
from kg.privacy.file_redaction import can_redact, redact_file
from kg.privacy.release_redaction import (
    holds_traces,
    may_hold_remains,
    redact_release,
)
from kg.privacy.source_redaction import (
    FileEdit,
    edit_or_tell,
    find_entry_lines,
    is_entry_file,
)
from kg.privacy.source_rows import SourceRows, find_source_rows, list_names
from kg.privacy.traces import REMOVED, Traces
from kg.progress import ProgressCallback, report_nothing
from kg.release_layout import Release, list_kept_releases, read_current_id
from kg.releases.atomic_publish import build_lock
from kg.releases.redaction_record import Reason, RedactionAct
from kg.sandbox.job_folder import CACHE_FOLDER_PREFIX
from kg.suppression_list import (
    FORGOTTEN_FOLDER,
    Scope,
    add_suppressions,
    compute_hmac,
    read_secret,
    read_suppressions,
)
from kg.visitor_reports import FILE_NAME, lock_reports

NUMBER_IN_KEY: Final = re.compile(r"[a-z0-9]+-(?P<number>[\dA-Z][\w-]*\d[\w-]*)", re.IGNORECASE)
"""A key that is the number of a register: `siren-552100554`, `orcid-0000-0002-1825-0097`."""
MIN_NUMBER_DIGITS: Final = 5
RESULT_NAME: Final = re.compile(r"[0-9a-f]{64}")
"""A result that the processes of a server share."""
OWN_FOLDERS: Final = ("sources", "releases", "work", "extracts", "mapped", FORGOTTEN_FOLDER)
"""Folders of the data that are dealt with by themselves."""
LOG_FILE: Final = "log.jsonl"
MAX_LEFT_ROWS: Final = 20
ROW_TEXTS: Final = (".csv", ".tsv", ".txt", ".jsonl", ".ndjson", ".nt", ".nq", ".ttl", ".md")


@dataclass(frozen=True)
class ForgetResult:
    """What was changed, or would be, and what is left to somebody."""

    reference: str
    removed: Sequence[str] = ()
    """Files and releases of which something was removed, by their path below the data folder."""
    left: Sequence[str] = ()
    """What somebody has to edit: a file with its rows."""
    done: bool = True
    """Whether it was done: a trial says what it would do."""


@dataclass
class _Work:
    """A forgetting at work: where, what, and what it has told."""

    paths: InstallationPaths
    tables: Mapping[str, Table]
    traces: Traces
    write: bool
    removed: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)

    def tell_removed(self, path: Path, what: str) -> None:
        self.removed.append(f"{path.relative_to(self.paths.data)}: {what}")

    def tell_left(self, path: Path, rows: Iterable[int]) -> None:
        numbers = sorted(set(rows) - {0})
        shown = ", ".join(map(str, numbers[:MAX_LEFT_ROWS]))
        more = f" and {len(numbers) - MAX_LEFT_ROWS} more" if len(numbers) > MAX_LEFT_ROWS else ""
        where = f", row {shown}{more}" if numbers else ""
        self.left.append(f"{path.relative_to(self.paths.data)}{where}")


def forget(
    paths: InstallationPaths,
    record: str,
    reason: Reason,
    on: str,
    *,
    column: str = "",
    dry_run: bool = False,
    track: ProgressCallback = report_nothing,
) -> ForgetResult:
    """Removes a record (`kind/key`), or one column of it, from all that an installation holds.

    `on` is the day (ISO 8601). Raises ForgetError where there is no such record or column, and
    BuildLocked while a build runs.
    """
    tables = load_tables(paths.ontology / "tables")
    traces = _parse_record(record, column, tables)
    with build_lock(paths.releases):
        releases = _list_releases(paths.releases)
        rows, traces, schemes = _gather(paths, tables, traces, releases, track)
        work = _Work(paths, tables, traces, write=not dry_run)
        names = list(_list_suppressed_names(paths, traces, schemes))
        known = read_suppressions(paths.data)
        is_known = any(known.find(scope, name) for scope, name in names)
        act = RedactionAct(on, reason, "field" if column else "record")
        if not dry_run and (rows.own or _is_anywhere(work, releases) or is_known):
            add_suppressions(paths.data, names, on, reason)
        _edit_other_files(work)
        _edit_sources(work, rows)
        _redact_releases(work, releases, act, track)
        if rows.own or rows.beside or work.removed or is_known:
            _remove_copies(work)
        _find_what_is_left(work, rows)
        if not (work.removed or work.left or is_known):
            raise ForgetError(
                f"{traces.reference} is in no source, release or quarantine of {paths.data}: is "
                "its key written so?"
            )
        if not dry_run and work.removed:
            _log_act(paths, act, work)
    return ForgetResult(traces.reference, work.removed, work.left, not dry_run)


def _parse_record(record: str, column: str, tables: Mapping[str, Table]) -> Traces:
    name = record.strip().removeprefix(ID)
    match = KEY_PATTERN.fullmatch(name)
    if match is None or match["kind"] not in KIND_BY_NAME or "#" in name:
        kinds = ", ".join(KIND_BY_NAME)
        raise ForgetError(f"{record!r} is no kind/key, such as person/key (kinds: {kinds})")
    kind, _, key = name.partition("/")
    if column:
        table = tables[KIND_BY_NAME[kind].table]
        optional = [each.name for each in table.real if not each.required]
        if column not in optional:
            raise ForgetError(
                f"{column!r} is no column of {table.name} that may be empty; these are: "
                f"{', '.join(optional)}. To remove what must be there, forget the record"
            )
    return Traces(kind, key, column)


def _list_releases(folder: Path) -> list[Release]:
    """The kept releases, the one in service last."""
    current = read_current_id(folder)
    return sorted(list_kept_releases(folder), key=lambda release: release.id == current)


def _gather(
    paths: InstallationPaths,
    tables: Mapping[str, Table],
    traces: Traces,
    releases: Sequence[Release],
    track: ProgressCallback,
) -> tuple[SourceRows, Traces, frozenset[str]]:
    """The rows of the sources, the traces with all that is known, the `scheme-value` of numbers."""
    paths.work.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=paths.work, prefix="forget-") as folder:
        with closing(open_work_database(Path(folder) / "sources.duckdb")) as db:
            rows = find_source_rows(db, paths, tables, traces.iri, track)
        with closing(duckdb.connect(str(Path(folder) / "traces.duckdb"))) as db:
            db.execute("SET enable_progress_bar = false")
            release_traces.create_trace_table(db)
            for release in releases:
                release_traces.load_statements(db, release, traces)
            numbers = release_traces.read_identifiers(db, traces) | {
                (f"{scheme}-{value}", value) for scheme, value in rows.identifiers
            }
            waiting = _read_waiting_cells(paths, traces)
            names = release_traces.read_names(db, traces) | rows.names
            names |= {name for cells in waiting for name in list_names(cells)}
            if traces.field:
                table = tables[KIND_BY_NAME[traces.kind].table]
                values = release_traces.read_field_values(db, traces, table)
                values |= {
                    cells[traces.field]
                    for cells in (*waiting, *(row.cells for row in rows.own))
                    if cells.get(traces.field)
                }
            else:
                values = release_traces.read_values(db) | set(rows.values)
            shared = {
                text
                for release in releases
                for text in release_traces.list_other_uses(db, release, traces, names | values)
            }
            other = any(release_traces.has_other_key(db, release, traces) for release in releases)
    identifiers = {value for _, value in numbers}
    if (match := NUMBER_IN_KEY.fullmatch(traces.key)) and _count_digits(match["number"]):
        identifiers.add(match["number"])
    return (
        rows,
        replace(
            traces,
            is_key_unique=not other,
            identifiers=frozenset(i for i in identifiers if _count_digits(i)),
            names=frozenset(names - shared),
            values=frozenset(values - shared - names),
        ),
        frozenset(name for name, _ in numbers),
    )


def _count_digits(text: str) -> bool:
    return sum(sign.isdigit() for sign in text) >= MIN_NUMBER_DIGITS


def _read_waiting_cells(paths: InstallationPaths, traces: Traces) -> list[Mapping[str, str]]:
    """The cells of the record in the quarantine and the corrections."""
    table = KIND_BY_NAME[traces.kind].table
    files = [*paths.quarantine.glob(f"*/{table}.csv"), *paths.corrections.glob(f"*/{table}.csv")]
    return [
        {name: value for name, value in row.items() if name and value}
        for path in files
        for row in _read_table(path)[1]
        if row.get("id") == traces.key
    ]


def _read_table(path: Path) -> tuple[list[str], list[dict[str, str]]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        rows = list(reader)
        return list(reader.fieldnames or ()), rows


def _list_suppressed_names(
    paths: InstallationPaths, traces: Traces, schemes: Iterable[str]
) -> Iterator[tuple[Scope, str]]:
    if traces.field:
        yield Scope.PARTIAL, traces.reference
        yield Scope.FIELD, f"{traces.reference}/{traces.field}"
        return
    yield Scope.RECORD, traces.reference
    if (match := NUMBER_IN_KEY.fullmatch(traces.key)) and _count_digits(match["number"]):
        yield Scope.IDENTIFIER, traces.reference
    for name in schemes:
        yield Scope.IDENTIFIER, f"{traces.kind}/{name}"
    for old in _list_old_keys(paths, traces):
        yield Scope.RECORD, old


def _list_old_keys(paths: InstallationPaths, traces: Traces) -> list[str]:
    """The keys that the record had before, by `moved.csv`."""
    path = paths.data / MOVED_FILE
    if not path.is_file():
        return []
    rows = [
        {
            name.strip().lower(): (value or "").strip().removeprefix(ID)
            for name, value in row.items()
        }
        for row in _read_table(path)[1]
    ]
    names = {traces.reference}
    for _ in rows:
        names |= {row["old"] for row in rows if row.get("new") in names and row.get("old")}
    return sorted(names - {traces.reference})


def _is_anywhere(work: _Work, releases: Sequence[Release]) -> bool:
    trial = _Work(work.paths, work.tables, work.traces, write=False)
    _edit_other_files(trial)
    return bool(trial.removed) or any(_holds(release, work.traces) for release in releases)


def _holds(release: Release, traces: Traces) -> bool:
    with suppress(ReleaseError):
        return holds_traces(release, traces)
    return False


def _edit_other_files(work: _Work) -> None:
    """Quarantine, corrections, moves, withdrawals, and whatever else lies in the data folder."""
    data = work.paths.data
    for path in sorted(data.rglob("*")):
        parts = path.relative_to(data).parts
        if not path.is_file() or parts[0] in OWN_FOLDERS:
            continue
        if parts[0] in ("quarantine", "corrections") and path.suffix == ".csv":
            _edit_canonical_table(work, path, work.tables.get(path.stem))
        elif path.name in (MOVED_FILE, WITHDRAWN_FILE) and len(parts) == 1:
            _edit_canonical_table(work, path, None)
        elif can_redact(path) and work.traces.are_in_file(path):
            if work.traces.field and not work.traces.values:
                continue
            work.tell_removed(path, "what tells of it")
            if work.write:
                is_shared = parts == (FILE_NAME,)  # with servers that write it
                with lock_reports(path) if is_shared else nullcontext():
                    redact_file(path, path, work.traces)


def _edit_canonical_table(work: _Work, path: Path, table: Table | None) -> None:
    names, rows = _read_table(path)
    kept, changed = [], 0
    for row in rows:
        fresh = _edit_canonical_row(row, table, work.traces)
        changed += fresh != row
        if fresh is not None:
            kept.append(fresh)
    if not changed:
        return
    work.tell_removed(path, f"{changed} rows")
    if work.write:
        fresh_path = path.with_name(f".{path.name}")
        with fresh_path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, names, restval="", extrasaction="ignore")
            writer.writeheader()
            writer.writerows(kept)
        fresh_path.replace(path)


def _edit_canonical_row(
    row: Mapping[str, str], table: Table | None, traces: Traces
) -> dict[str, str] | None:
    """A row of a canonical table without the record, None where it is about it."""
    is_own = table is not None and table.kind == traces.kind and row.get("id") == traces.key
    if traces.field:
        return {**row, traces.field: ""} if is_own and row.get(traces.field) else dict(row)
    owners = list_owner_columns(table) if table is not None and table.kind is None else []
    names = (traces.reference, traces.iri)
    cells = {name: value or "" for name, value in row.items() if name}
    if is_own or any(cells.get(name) in names for name in owners):
        return None
    if table is None and any(traces.key_pattern.search(cell) for cell in cells.values()):
        return None
    return {
        name: traces.text_pattern.sub(REMOVED, drop_list_items(cell, [traces.reference]) or "")
        for name, cell in cells.items()
    }


def _edit_sources(work: _Work, rows: SourceRows) -> None:
    paths = dict.fromkeys(row.path for row in (*rows.own, *rows.beside))
    if not work.traces.field:
        paths |= dict.fromkeys(_list_entry_files(work.paths.sources))
    for path in paths:
        own = [row for row in rows.own if row.path == path]
        beside = [row for row in rows.beside if row.path == path]
        if work.traces.field:
            table = KIND_BY_NAME[work.traces.kind].table
            own, beside = [row for row in own if row.table == table], []
            if not any(row.cells.get(work.traces.field) for row in own):
                continue
        edit = edit_or_tell(path, own, beside, work.traces, write=work.write)
        _tell_edit(work, edit)


def _list_entry_files(sources: Path) -> list[Path]:
    """The calendars and feeds of the sources."""
    files = [path for path in sources.rglob("*") if path.is_file()] if sources.is_dir() else []
    return sorted(path for path in files if is_entry_file(path))


def _tell_edit(work: _Work, edit: FileEdit) -> None:
    counts = {"removed": edit.removed, "emptied": edit.emptied}
    if any(counts.values()):
        told = ", ".join(
            f"{count} {'row' if count == 1 else 'rows'} {what}"
            for what, count in counts.items()
            if count
        )
        work.tell_removed(edit.path, told)
    # where a record is forgotten, what is left is looked for afterwards
    if edit.left and (work.traces.field or not work.write):
        work.tell_left(edit.path, edit.left)


def _redact_releases(
    work: _Work, releases: Sequence[Release], act: RedactionAct, track: ProgressCallback
) -> None:
    secret = read_secret(work.paths.data)
    current = read_current_id(work.paths.releases)
    is_held = any(_holds(release, work.traces) for release in releases)
    for release in releases:
        try:
            # what an update took out of a store may still be in a file of it
            remains = is_held and may_hold_remains(release)
            if not (remains or holds_traces(release, work.traces)):
                continue
            work.tell_removed(release.folder, "the release, written anew")
            if work.write:
                redact_release(release, work.traces, act, secret, track)
        except (ReleaseError, KeyError, duckdb.Error) as error:
            if release.id == current:
                raise ForgetError(
                    f"the release in service, {release.id}, cannot be written without the record: "
                    f"{error}. Build again (ess-kg build), then forget again"
                ) from error
            work.tell_removed(release.folder, "the release, which cannot be written anew")
            if work.write:
                release.manifest_file.unlink(missing_ok=True)
                shutil.rmtree(release.folder, ignore_errors=True)


def _remove_copies(work: _Work) -> None:
    """Parts of releases written on demand, rows of sources kept for the next build, and answers
    that servers keep."""
    copies = {
        work.paths.data / "extracts": "parts of releases written on demand",
        work.paths.mapped: "the rows of the sources, which the next build maps again",
    }
    for folder, what in copies.items():
        if folder.is_dir() and any(folder.iterdir()):
            work.tell_removed(folder, what)
            if work.write:
                shutil.rmtree(folder, ignore_errors=True)
    if work.write:
        for folder in Path(tempfile.gettempdir()).glob(f"{CACHE_FOLDER_PREFIX}*"):
            remove_shared_results(folder)


def remove_shared_results(folder: Path) -> None:
    """Removes the results that the processes of a server share: they are found again."""
    with suppress(OSError):
        for path in folder.iterdir():
            if RESULT_NAME.fullmatch(path.name):
                path.unlink(missing_ok=True)


def _find_what_is_left(work: _Work, rows: SourceRows) -> None:
    """Looks through what is no release for what still tells of it."""
    for name, reason in rows.unread.items():
        work.left.append(f"sources/{name}: it cannot be read, so its rows are not known ({reason})")
    if not work.write or work.traces.field:
        return
    data = work.paths.data
    for path in sorted(data.rglob("*")):
        parts = path.relative_to(data).parts
        if path.is_file() and parts[0] not in ("releases", FORGOTTEN_FOLDER):
            with suppress(OSError, ValueError, duckdb.Error):
                if parts[0] == "sources" and is_entry_file(path):
                    if lines := find_entry_lines(path, work.traces):
                        work.tell_left(path, lines)
                elif work.traces.are_in_file(path):
                    work.tell_left(path, _find_lines(path, work.traces))


def _find_lines(path: Path, traces: Traces) -> list[int]:
    """The lines of a text file that tell of a record."""
    if not path.name.removesuffix(".gz").endswith(ROW_TEXTS):
        return []
    text = b"".join(iter_bytes(path)).decode("utf-8", errors="replace")
    return [n for n, line in enumerate(text.splitlines(), 1) if traces.are_in_text(line)]


def _log_act(paths: InstallationPaths, act: RedactionAct, work: _Work) -> None:
    """Notes that something was forgotten, and no more: the proof that a request was answered."""
    secret = read_secret(paths.data)
    note = {
        "on": act.on,
        "reason": act.reason.value,
        "scope": act.scope,
        "kind": work.traces.kind,
        "places": len(work.removed),
    }
    signature = compute_hmac(secret, json.dumps(note, sort_keys=True).encode())
    path = paths.data / FORGOTTEN_FOLDER / LOG_FILE
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps({**note, "signature": signature}, ensure_ascii=False) + "\n")

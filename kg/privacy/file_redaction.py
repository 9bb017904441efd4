"""Redaction of a file that is no source: rows, objects or lines about a record are left out.

What is left of its names in other rows, in pages and in reports is replaced by an ellipsis.
"""

import csv
import io
import json
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import duckdb

from kg import sql
from kg.privacy.file_content import iter_bytes
from kg.privacy.traces import REMOVED, Traces
from kg.releases.turtle_sql import open_gzip

UTF8_BOM: Final = "\ufeff"
PAGE_ITEM: Final = re.compile(r"<(tr|li)\b(?:(?!<(?:tr|li)\b).)*?</\1>", re.DOTALL)
"""A row or an item of a page, the innermost."""
REMOVED_ADDRESS: Final = "urn:ess-kg:removed"
ADDRESS: Final = re.compile(r"<[^<>\s]*>")


def can_redact(path: Path) -> bool:
    """Whether files of this name are redacted here."""
    return _find_redactor(path) is not None


def redact_file(path: Path, target: Path, traces: Traces) -> None:
    """Writes a file without what it says of a record; `target` may be the file itself."""
    redactor = _find_redactor(path)
    if redactor is None:
        raise ValueError(f"{path.name} is not redacted here")
    if path.suffix == ".parquet":
        _redact_parquet(path, target, traces)
        return
    text = b"".join(iter_bytes(path)).decode("utf-8", errors="surrogateescape")
    fresh = target.with_name(f".{target.name}.fresh")
    data = redactor(text, traces).encode("utf-8", errors="surrogateescape")
    if path.suffix == ".gz":
        with open_gzip(fresh) as file:
            file.write(data)
    else:
        fresh.write_bytes(data)
    fresh.replace(target)


def _find_redactor(path: Path) -> Callable[[str, Traces], str] | None:
    name = path.name.removesuffix(".gz")
    return REDACTORS.get(name.rpartition(".")[2].lower())


def redact_table(text: str, traces: Traces) -> str:
    """A CSV text without the rows that name the record."""
    mark = UTF8_BOM if text.startswith(UTF8_BOM) else ""
    body = text.removeprefix(UTF8_BOM)
    first = body.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    line_end = "\r\n" if "\r\n" in body else "\n"
    out = io.StringIO()
    out.write(mark)
    rows = list(iter_row_texts(body, delimiter))
    headings = _parse_row(rows[0], delimiter) if rows else []
    for number, row in enumerate(rows):
        if traces.field and number and traces.key_pattern.search(row):
            out.write(
                _format_row(_empty_column(row, delimiter, headings, traces), delimiter, line_end)
            )
        elif not number or traces.field or not traces.are_in_text(row):
            out.write(row)
        elif not traces.key_pattern.search(row):
            cells = _parse_row(row, delimiter)
            out.write(
                _format_row(
                    [traces.text_pattern.sub(REMOVED, cell) for cell in cells], delimiter, line_end
                )
            )
    return out.getvalue()


def _empty_column(row: str, delimiter: str, headings: Sequence[str], traces: Traces) -> list[str]:
    """The cells of a row without what it says in a field."""
    cells = _parse_row(row, delimiter)
    return [
        "" if headings[n : n + 1] == [traces.field] else traces.text_pattern.sub(REMOVED, cell)
        for n, cell in enumerate(cells)
    ]


def _parse_row(row: str, delimiter: str) -> list[str]:
    return next(csv.reader(io.StringIO(row, newline=""), delimiter=delimiter), [])


def _format_row(cells: Sequence[str], delimiter: str, line_end: str) -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator=line_end).writerow(cells)
    return out.getvalue()


def iter_row_texts(text: str, delimiter: str, quote: str = '"') -> list[str]:
    """The rows of a CSV text as they are written, line ends included."""
    rows, start, quoted, at_cell_start = [], 0, False, True
    position = 0
    while position < len(text):
        sign = text[position]
        if quoted:
            if sign == quote:
                if text[position + 1 : position + 2] == quote:
                    position += 1
                else:
                    quoted = False
        elif sign == quote and quote and at_cell_start:
            quoted = True
        elif sign in "\r\n":
            if sign == "\r" and text[position + 1 : position + 2] == "\n":
                position += 1
            rows.append(text[start : position + 1])
            start = position + 1
            at_cell_start = True
            position += 1
            continue
        at_cell_start = sign == delimiter and not quoted
        position += 1
    if start < len(text):
        rows.append(text[start:])
    return rows


def _redact_json(text: str, traces: Traces) -> str:
    content = _prune(json.loads(text), traces)
    return json.dumps(content, ensure_ascii=False, indent=1)


def _prune(content: Any, traces: Traces) -> Any:
    """The content without the objects of lists that name the record in a member of theirs."""
    if isinstance(content, list):
        return [_prune(each, traces) for each in content if not _is_about(each, traces)]
    if isinstance(content, dict):
        return {name: _prune(value, traces) for name, value in content.items()}
    return traces.text_pattern.sub(REMOVED, content) if isinstance(content, str) else content


def _is_about(content: Any, traces: Traces) -> bool:
    if traces.field:
        return False
    texts = content.values() if isinstance(content, Mapping) else [content]
    return any(isinstance(text, str) and traces.are_in_text(text) for text in texts)


def _redact_lines(text: str, traces: Traces) -> str:
    """Lines of N-Triples or N-Quads, or objects one a line, without those about the record."""
    lines = text.splitlines(keepends=True)
    pattern = traces.text_pattern if traces.field else traces.key_pattern
    dropped = [line for line in lines if pattern.search(line)]
    if traces.field:
        return "".join(line for line in lines if not _is_field_line(line, traces))
    # a node of another record that points at it is nothing without it
    nodes = {line.partition(" ")[0] for line in dropped if "#" in line.partition(" ")[0]}
    return "".join(
        traces.text_pattern.sub(REMOVED, line)
        for line in lines
        if not pattern.search(line) and line.partition(" ")[0] not in nodes
    )


def _is_field_line(line: str, traces: Traces) -> bool:
    return bool(traces.key_pattern.search(line) and traces.text_pattern.search(line))


def _redact_page(text: str, traces: Traces) -> str:
    kept = PAGE_ITEM.sub(lambda m: "" if traces.are_in_text(m[0]) else m[0], text)
    return traces.text_pattern.sub(REMOVED, kept)


def _redact_turtle(text: str, traces: Traces) -> str:
    if not traces.field:
        text = ADDRESS.sub(
            lambda m: f"<{REMOVED_ADDRESS}>" if traces.key_pattern.search(m[0]) else m[0], text
        )
    return traces.text_pattern.sub(REMOVED, text)


def _redact_parquet(path: Path, target: Path, traces: Traces) -> None:
    fresh = target.with_name(f".{target.name}.fresh")
    with duckdb.connect() as db:
        scan = f"read_parquet({sql.literal(str(path))})"
        db.execute("SET enable_progress_bar = false")
        db.execute(f"CREATE TABLE t AS SELECT row_number() OVER () AS _n, * FROM {scan}")
        cursor = db.cursor().execute("SELECT _n, to_json(t)::VARCHAR FROM t")
        dropped = []
        while rows := cursor.fetchmany(10_000):
            dropped += [n for n, text in rows if _is_row_dropped(text, traces)]
        db.execute("DELETE FROM t WHERE _n IN (SELECT unnest(?::BIGINT[]))", [dropped])
        db.execute(
            f"COPY (SELECT * EXCLUDE (_n) FROM t ORDER BY _n) TO {sql.literal(str(fresh))} "
            "(FORMAT parquet, COMPRESSION zstd)"
        )
    fresh.replace(target)


def _is_row_dropped(text: str, traces: Traces) -> bool:
    if not traces.are_in_text(text):
        return False
    return not traces.field or traces.key_pattern.search(text) is not None


REDACTORS: Final[Mapping[str, Callable[[str, Traces], str]]] = {
    "csv": redact_table,
    "tsv": redact_table,
    "json": _redact_json,
    "jsonl": _redact_lines,
    "nq": _redact_lines,
    "nt": _redact_lines,
    "html": _redact_page,
    "ttl": _redact_turtle,
    "txt": _redact_turtle,
    "md": _redact_turtle,
    "atom": _redact_page,
    "parquet": _redact_turtle,
}
"""How the text of a file is redacted, by its extension; Parquet by its rows."""

"""File response: a file of the disk, whole or in byte ranges (RFC 9110, sections 13 and 14)."""

from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, Response

from api.http.entity_tags import is_known
from api.http.problems import RangeNotSatisfiable
from api.http.ranges import ByteRanges


def send_file(
    request: Request, path: Path, headers: dict[str, str], media_type: str, name: str | None = None
) -> Response:
    """A file, or the parts of it that are asked for, or that it has not changed.

    `headers` hold its ETag. With `name` it is saved under that name, else it may be shown.
    """
    modified = format_datetime(datetime.fromtimestamp(int(path.stat().st_mtime), UTC), usegmt=True)
    client_tags = request.headers.get("if-none-match")
    since = request.headers.get("if-modified-since")
    is_fresh = since == modified if client_tags is None else is_known(client_tags, headers["ETag"])
    if is_fresh:
        return Response(status_code=304, headers=headers | {"Last-Modified": modified})
    ranges = ByteRanges(request.headers.get("range", ""), path.stat().st_size)
    range_applies = request.headers.get("if-range") in (None, headers["ETag"])
    if range_applies and ranges.unsatisfiable:
        raise RangeNotSatisfiable(ranges.size)
    if not ranges.usable or ranges.unsatisfiable:  # passed over, where the framework would complain
        request.scope["headers"] = [h for h in request.scope["headers"] if h[0] != b"range"]
    return FileResponse(path, headers=headers, media_type=media_type, filename=name)

"""Day parameter: the day, month or year on which something lasts (`on=2016-05-31`)."""

from collections.abc import Mapping
from typing import Final

from kg.catalogue.edtf import Interval, parse_typed_date
from kg.errors import InvalidParameter, ParameterFault

DAY_PARAMETER: Final = "on"


def read_day(query: Mapping[str, str]) -> Interval | None:
    """The first and last day that are asked for, None without any. Raises InvalidParameter."""
    written = query.get(DAY_PARAMETER, "").strip()
    day = parse_typed_date(written) if written else None
    if written and day is None:
        raise InvalidParameter(
            f"on={written!r} is not a date; write 2016-05-31 or 2016",
            f"on={written!r} n'est pas une date ; écrivez 31/05/2016 ou 2016",
            ParameterFault.NO_DATE,
            (DAY_PARAMETER,),
            written,
        )
    return day

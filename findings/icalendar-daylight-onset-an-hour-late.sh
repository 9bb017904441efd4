#!/usr/bin/env bash
# Finding: the time zones that icalendar writes begin summer time an hour too late.
#
# Versions: icalendar 7.3.2 (and 7.3.0), read by python-dateutil 2.9.0.post0 (PyPI), beside zoneinfo.
# Expected: the DTSTART of DAYLIGHT and STANDARD is the local time of the offset before the change
#   (RFC 5545, 3.6.5: "TZOFFSETFROM is combined with DTSTART to define the effective onset"). Summer
#   time of Europe/Paris begins at 1:00 UTC, which is 2:00 of the offset before: DTSTART 02:00.
# Behaviour: Timezone.from_tzid writes DTSTART (or RDATE) 03:00 with TZOFFSETFROM +0100, the local time
#   after the change. A reader that keeps to the standard has the hour from 1:00 to 2:00 UTC of that day
#   an hour too early; icalendar itself reads it back without a difference on the clock. Winter time is
#   right.
# Output seen: "written: 03:00", "read: 02:30+0100, zoneinfo: 03:30+0200", "at 02:00: 03:30+0200".
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/python" -m pip install --quiet --disable-pip-version-check \
  icalendar==7.3.2 python-dateutil==2.9.0.post0
"$folder/env/bin/python" - <<'PYTHON'
import io
from datetime import date, datetime, timezone
from zoneinfo import ZoneInfo

import icalendar
from dateutil.tz import tzical

ONSET = "DTSTART:20260329T0{}0000"
written = icalendar.Timezone.from_tzid(
    "Europe/Paris", first_date=date(2026, 1, 1), last_date=date(2027, 1, 1)
).to_ical().decode()
assert ONSET.format(3) in written
print("written: 03:00")


def read(zone):
    """What a moment after the change is in a zone that dateutil reads."""
    calendar = f"BEGIN:VCALENDAR\r\n{zone}END:VCALENDAR\r\n"
    moment = datetime(2026, 3, 29, 1, 30, tzinfo=timezone.utc)
    return f"{moment.astimezone(tzical(io.StringIO(calendar)).get()):%H:%M%z}"


right = f"{datetime(2026, 3, 29, 1, 30, tzinfo=timezone.utc).astimezone(ZoneInfo('Europe/Paris')):%H:%M%z}"
corrected = read(written.replace(ONSET.format(3), ONSET.format(2)))
print(f"read: {read(written)}, zoneinfo: {right}")
print(f"at 02:00: {corrected}")
assert read(written) == "02:30+0100"
assert corrected == right == "03:30+0200"
PYTHON

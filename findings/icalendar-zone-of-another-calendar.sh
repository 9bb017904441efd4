#!/usr/bin/env bash
# Finding: icalendar reads the times of a calendar with a zone that another calendar defines.
#
# Version: icalendar 7.3.0 (PyPI).
# Expected: a VTIMEZONE defines its TZID for the calendar that it stands in (RFC 5545, 3.6.5), so
#   that of two calendars with a zone of one name but other offsets, each has its own times.
# Behaviour: the first definition of a name is kept for the whole process. A second calendar, parsed
#   on its own from another text, is read with the offsets of the first one, although it brings its
#   own definition, without an error or a warning. Names such as "Customized Time Zone" come from
#   programs for zones of all sorts, so an importer of several calendars reads moments hours away
#   from those that are written. `icalendar.timezone.tzp.use_default()`, called before each
#   calendar, makes the library forget the definitions.
# Output seen: "+01:00 first, then -05:00: read as +01:00", "after use_default(): read as -05:00".
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/python" -m pip install --quiet --disable-pip-version-check icalendar==7.3.0
cd "$folder"
"$folder/env/bin/python" - <<'PYTHON'
from datetime import timedelta

import icalendar
from icalendar.timezone import tzp

CALENDAR = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//example//EN
BEGIN:VTIMEZONE
TZID:Customized Time Zone
BEGIN:STANDARD
DTSTART:19700101T000000
TZOFFSETFROM:{offset}
TZOFFSETTO:{offset}
END:STANDARD
END:VTIMEZONE
BEGIN:VEVENT
UID:1@example.org
DTSTAMP:20260101T000000Z
DTSTART;TZID=Customized Time Zone:20260701T100000
SUMMARY:Workshop
END:VEVENT
END:VCALENDAR
"""


def read(offset):
    text = CALENDAR.format(offset=offset).replace("\n", "\r\n")
    (event,) = icalendar.Calendar.from_ical(text).walk("VEVENT")
    return event["DTSTART"].dt


first, second = read("+0100"), read("-0500")
print("+01:00 first, then -05:00: read as", second.isoformat()[-6:])
assert first.utcoffset() == timedelta(hours=1)
assert second.utcoffset() == timedelta(hours=1), "no longer so: the second calendar has its zone"
tzp.use_default()
again = read("-0500")
print("after use_default(): read as", again.isoformat()[-6:])
assert again.utcoffset() == timedelta(hours=-5)
PYTHON

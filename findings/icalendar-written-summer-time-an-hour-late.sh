#!/usr/bin/env bash
# Finding: a VTIMEZONE that icalendar writes begins summer time an hour late.
#
# Version: icalendar 7.3.0, read by python-dateutil 2.9.0.post0 (both PyPI).
# Expected: Timezone.from_tzid("Europe/Paris") has DTSTART:20260329T020000 for the summer of 2026:
#   the onset is told by the clock of before, as TZOFFSETFROM and the examples of RFC 5545 (3.6.5)
#   have it. At 01:00 UTC the clock goes from 02:00 to 03:00.
# Behaviour: it has DTSTART:20260329T030000 and TZOFFSETFROM:+0100, which is 02:00 UTC. A reader that
#   goes by the definition, as it must where it does not know the name, is an hour behind from 01:00
#   to 02:00 UTC on that day, each year. The end of summer time is written right, at 03:00.
# Output seen: "DTSTART:20260329T030000", and of 01:30 UTC "02:30 by the definition, 03:30 in Paris".
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/python" -m pip install --quiet --disable-pip-version-check \
  icalendar==7.3.0 python-dateutil==2.9.0.post0 tzdata
cd "$folder"
"$folder/env/bin/python" - <<'PYTHON'
from datetime import date, datetime, timezone
from io import StringIO
from zoneinfo import ZoneInfo

from dateutil.tz import tzical
from icalendar import Timezone

written = Timezone.from_tzid("Europe/Paris", first_date=date(2026, 1, 1), last_date=date(2026, 12, 31))
text = written.to_ical().decode()
(summer,) = [part for part in text.split("BEGIN:")[2:] if part.startswith("DAYLIGHT")]
onset = next(line for line in summer.splitlines() if line.startswith("DTSTART"))
print(onset, next(line for line in summer.splitlines() if line.startswith("TZOFFSETFROM")))
assert onset == "DTSTART:20260329T030000", "no longer so: the onset is told by the clock of before"

defined = tzical(StringIO(f"BEGIN:VCALENDAR\r\n{text}END:VCALENDAR\r\n")).get("Europe/Paris")
for hour, differs in ((0, False), (1, True), (2, False)):
    moment = datetime(2026, 3, 29, hour, 30, tzinfo=timezone.utc)
    clocks = [moment.astimezone(zone).strftime("%H:%M") for zone in (defined, ZoneInfo("Europe/Paris"))]
    print(f"{moment:%H:%M} UTC: {clocks[0]} by the definition, {clocks[1]} in Paris")
    assert (clocks[0] != clocks[1]) == differs
PYTHON

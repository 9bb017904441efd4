#!/usr/bin/env bash
# Finding: to icalendar, an event of eight hours lasts seven in the night of summer time.
#
# Versions: icalendar 7.3.0, recurring-ical-events 3.8.2 (PyPI).
# Expected: a duration has nominal days and weeks, and accurate hours, minutes and seconds (RFC 5545,
#   3.3.6). What begins at 20:00 in Paris on the evening before summer time and lasts PT8H ends at
#   05:00, eight hours later; P1D ends at 20:00 the next day, 23 hours later, and PT24H at 21:00.
# Behaviour: `end` adds either of them to the time on the clock: PT8H ends at 04:00, after seven hours
#   (nine in autumn), and PT24H is P1D, also where it is written out again: which of the two was
#   stated is lost. The occurrences of recurring-ical-events have the same ends, as a DTEND.
# Output seen: "PT8H: 7 hours, until 04:00, written PT8H", "P1D: 23 hours, until 20:00, written P1D",
#   "PT24H: 23 hours, until 20:00, written P1D", in autumn "PT8H: 9 hours, until 04:00, written PT8H",
#   and "occurrences of PT8H: [8.0, 7.0, 8.0]".
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/python" -m pip install --quiet --disable-pip-version-check \
  icalendar==7.3.0 recurring-ical-events==3.8.2
"$folder/env/bin/python" - <<'PYTHON'
from datetime import UTC, datetime

import icalendar
import recurring_ical_events


def read(start, duration, *more):
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//example//EN", "BEGIN:VEVENT", "UID:night",
             "DTSTAMP:20260101T000000Z", f"DTSTART;TZID=Europe/Paris:{start}",
             f"DURATION:{duration}", *more, "END:VEVENT", "END:VCALENDAR", ""]
    return icalendar.Calendar.from_ical("\r\n".join(lines))


def hours(start, end):
    return (end.astimezone(UTC) - start.astimezone(UTC)).total_seconds() / 3600


def measure(start, duration):
    event = read(start, duration).events[0]
    lasts, written = hours(event.start, event.end), event["DURATION"].to_ical().decode()
    print(f"{duration}: {lasts:g} hours, until {event.end:%H:%M}, written {written}")
    return lasts, f"{event.end:%H:%M}", written


evening = "20260328T200000"
assert measure(evening, "PT8H") == (7, "04:00", "PT8H")
assert measure(evening, "P1D") == (23, "20:00", "P1D")
assert measure(evening, "PT24H") == (23, "20:00", "P1D")
assert measure("20261024T200000", "PT8H")[0] == 9

nights = recurring_ical_events.of(read("20260327T200000", "PT8H", "RRULE:FREQ=DAILY;COUNT=3"))
nights = nights.between(datetime(2026, 3, 1), datetime(2026, 5, 1))
lengths = [hours(night["DTSTART"].dt, night["DTEND"].dt) for night in nights]
print("occurrences of PT8H:", lengths)
assert lengths == [8, 7, 8]
PYTHON

#!/usr/bin/env bash
# Finding: python-calamine gives a cell whose formula failed as an empty cell, and midnight as a day.
#
# Version: python-calamine 0.9.1, XlsxWriter 3.2.9, openpyxl 3.1.5 (PyPI).
# Expected: a reader tells a cell that shows #N/A from a cell that is empty, as openpyxl does, and a
#   cell that shows a date and a time from one that shows a date.
# Behaviour: the cells of a workbook whose formulas failed (#N/A, #REF!, #DIV/0!) come as '', the
#   value of an empty cell; a date-and-time whose time is 00:00 comes as a date, though its format
#   shows the hour, where 00:01 comes as a datetime. Whoever checks a spreadsheet with it reads a
#   mistake as "nothing stated", and half of a column as another type.
# Output seen: the table below.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/python" -m pip install --quiet --disable-pip-version-check \
  python-calamine==0.9.1 XlsxWriter==3.2.9 openpyxl==3.1.5
cd "$folder"
"$folder/env/bin/python" - <<'PYTHON'
from datetime import date, datetime

import openpyxl
import xlsxwriter
from python_calamine import CalamineWorkbook

book = xlsxwriter.Workbook("cells.xlsx")
sheet = book.add_worksheet()
moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
sheet.write_formula(0, 0, "=NA()", None, "#N/A")
sheet.write_formula(1, 0, "=1/0", None, "#DIV/0!")
sheet.write_formula(2, 0, "=#REF!", None, "#REF!")
sheet.write_datetime(3, 0, datetime(2026, 5, 1, 0, 0), moment)
sheet.write_datetime(4, 0, datetime(2026, 5, 1, 0, 1), moment)
sheet.write_string(5, 0, "last")
book.close()

calamine = [row[0] for row in CalamineWorkbook.from_path("cells.xlsx").get_sheet_by_index(0).to_python()]
other = [row[0].value for row in openpyxl.load_workbook("cells.xlsx", data_only=True).active.iter_rows()]
for ours, theirs in zip(calamine, other, strict=True):
    print(f"calamine: {ours!r:40} openpyxl: {theirs!r}")
assert calamine[:3] == ["", "", ""], calamine
assert other[:3] == ["#N/A", "#DIV/0!", "#REF!"], other
assert type(calamine[3]) is date, calamine[3]
assert type(calamine[4]) is datetime, calamine[4]
assert other[3] == datetime(2026, 5, 1), other[3]
PYTHON

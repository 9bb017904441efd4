"""What a check found, told to people and machines: text, HTML, CSV, JSON, SHACL report."""

from kg.reports.as_csv import write_csv
from kg.reports.as_html import html
from kg.reports.as_json import json
from kg.reports.as_shacl import shacl
from kg.reports.as_text import text
from kg.reports.problems import Problem
from kg.reports.release import Edition, report_files, summary_of
from kg.reports.reported import Reported, report

__all__ = [
    "Edition",
    "Problem",
    "Reported",
    "html",
    "json",
    "report",
    "report_files",
    "shacl",
    "summary_of",
    "text",
    "write_csv",
]

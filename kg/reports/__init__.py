"""Reports of a validation as text, HTML, CSV, JSON and SHACL."""

from kg.reports.as_csv import write_csv
from kg.reports.as_html import render_html
from kg.reports.as_json import render_json
from kg.reports.as_shacl import render_shacl
from kg.reports.as_text import render_text
from kg.reports.problem_groups import ProblemGroup
from kg.reports.release_reports import ReportRelease, build_report_files, read_summary
from kg.reports.report_model import Report, build_report

__all__ = [
    "ProblemGroup",
    "Report",
    "ReportRelease",
    "build_report",
    "build_report_files",
    "read_summary",
    "render_html",
    "render_json",
    "render_shacl",
    "render_text",
    "write_csv",
]

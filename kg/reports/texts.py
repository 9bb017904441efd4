"""Message catalogue of the reports, in French and English."""

from typing import Final

from kg.kinds import Text
from kg.namespaces import shorten
from kg.reports.problem_groups import ProblemGroup
from kg.shacl.results import Severity
from kg.validation.findings import Finding
from kg.validation.result_components import DISCREPANCY_COMPONENT, DUPLICATE_COMPONENT

TEXTS: Final = {
    "colon": Text("\u00a0:", ":"),
    "open": Text("«\u00a0", "“"),
    "close": Text("\u00a0»", "”"),
    "report": Text("Rapport de contrôle", "Check report"),
    "reports": Text("Rapports des sources", "Reports of the sources"),
    "read": Text("lues", "read"),
    "accepted": Text("acceptées", "accepted"),
    "refused": Text("refusées", "refused"),
    "warned": Text("dont averties", "of which warned"),
    "unjudged": Text("non jugées", "not judged"),
    "of_which_unjudged": Text(
        "Chaque ligne lue est acceptée, refusée ou non jugée ; les averties sont acceptées. Ce qui "
        "n'est pas jugé n'est pas publié : aucune règle n'en parle.",
        "Each line read is accepted, refused or not judged; those warned are accepted. What is not "
        "judged is not published: no rule is about it.",
    ),
    "discrepancies": Text("en désaccord avec une autre source", "differing from another source"),
    "duplicates": Text("doublons possibles", "likely duplicates"),
    "other_row": Text("ligne {}", "row {}"),
    "elsewhere": Text("Ailleurs", "Elsewhere"),
    "of_which": Text(
        "Chaque ligne lue est acceptée ou refusée ; les averties sont acceptées.",
        "Each line read is accepted or refused; those warned are accepted.",
    ),
    "nothing": Text("Aucun problème.", "No problem at all."),
    "problems": Text("Ce qu'il y a à corriger", "What to correct"),
    "to_do": Text("À faire :", "To do:"),
    "file": Text("Fichier", "File"),
    "row": Text("Ligne", "Row"),
    "column": Text("Colonne", "Column"),
    "cell": Text("Cellule", "Cell"),
    "value": Text("Valeur", "Value"),
    "record": Text("Fiche", "Record"),
    "shape": Text("Règle", "Rule"),
    "examples": Text("Exemples", "Examples"),
    "values": Text("Valeurs les plus fréquentes :", "Most frequent values:"),
    "empty": Text("(vide)", "(empty)"),
    "more": Text("et {} autres, dans le tableur", "and {} more, in the spreadsheet"),
    "files": Text("Fichiers lus", "Files read"),
    "source": Text("Source", "Source"),
    "sources": Text("Sources", "Sources"),
    "score": Text("Qualité", "Quality"),
    "score_of": Text("Qualité : {} sur 100", "Quality: {} out of 100"),
    "score_how": Text(
        "La moyenne des parts ci-dessous, qui sont toutes à recompter.",
        "The mean of the shares below, each of which can be counted again.",
    ),
    "measure": Text("Part", "Share"),
    "history": Text("D'une version à l'autre", "From release to release"),
    "release": Text("Version", "Release"),
    "date": Text("Date", "Date"),
    "corrections": Text("Corrections appliquées", "Corrections applied"),
    "forms": Text("Le même rapport :", "The same report:"),
    "csv": Text(
        "tableur (CSV), avec chaque ligne d'origine", "spreadsheet (CSV), with each original row"
    ),
    "json": Text("JSON", "JSON"),
    "shacl": Text("rapport SHACL (Turtle)", "SHACL report (Turtle)"),
    "check_another": Text("Vérifier un autre fichier", "Check another file"),
    "all_sources": Text("toutes les sources", "all sources"),
    "other": Text("English", "Français"),
    "languages": Text("Langues", "Languages"),
    "rules": Text("Règles, version", "Rules, version"),
    "all": Text("Ensemble", "All"),
    "too_many": Text(
        "{} autres problèmes moins fréquents sont dans le JSON et le tableur.",
        "{} other, less frequent problems are in the JSON and the spreadsheet.",
    ),
    "lines": Text("lignes", "lines"),
    "whole_files": Text("fichiers", "files"),
    "whole_file": Text("fichier", "file"),
    "line": Text("ligne", "line"),
    "one_result": Text(
        "Un seul résultat est donné pour les {rows} lignes de {file}.",
        "One result is given for the {rows} lines of {file}.",
    ),
    "all_lines": Text("toutes les lignes ({})", "all lines ({})"),
    "times": Text("{} fois", "{} times"),
    "and_more": Text("et {} autres", "and {} more"),
}
SINGULAR_TEXTS: Final = {
    "read": Text("lue", "read"),
    "accepted": Text("acceptée", "accepted"),
    "refused": Text("refusée", "refused"),
    "warned": Text("dont avertie", "of which warned"),
    "unjudged": Text("non jugée", "not judged"),
    "duplicates": Text("doublon possible", "likely duplicate"),
}
"""Words for one row or none: French has no plural then."""
OPTIONAL_COUNTS: Final = ("unjudged", "discrepancies", "duplicates")
"""Counts that are left out where they are zero."""
SEVERITY_NAMES: Final = {
    Severity.VIOLATION: Text("Refusé", "Refused"),
    Severity.WARNING: Text("Avertissement", "Warning"),
    Severity.INFO: Text("Conseil", "Suggestion"),
}
OMITTED_NAME: Final = Text("Cellule laissée de côté", "Cell left out")
"""Of a problem that costs the cell, and not the record."""
DISCREPANCY_NAMES: Final = {
    shorten(DISCREPANCY_COMPONENT): Text("Désaccord", "Discrepancy"),
    shorten(DUPLICATE_COMPONENT): Text("Doublon possible", "Likely duplicate"),
}


def format_severity(problem: ProblemGroup, language: str) -> str:
    """The severity of a problem, in one or two words."""
    if problem.omitted:
        return OMITTED_NAME[language]
    return DISCREPANCY_NAMES.get(problem.component, SEVERITY_NAMES[problem.severity])[language]


def format_number(count: float, language: str) -> str:
    """A number as the language writes it."""
    text = f"{count:,}"
    if language == "en":
        return text
    return text.replace(",", "\u202f").replace(".", ",")


def get_count_label(name: str, count: int, language: str) -> str:
    """The word after a number of rows: read, accepted, refused, warned or not judged."""
    return (SINGULAR_TEXTS if count < 2 and name in SINGULAR_TEXTS else TEXTS)[name][language]


def format_others(finding: Finding, language: str) -> str:
    """The values of other sources for a finding, and the rows of other records."""
    rows = [
        f"{'' if file == finding.file else f'{file}, '}{TEXTS['other_row'][language].format(row)}"
        for file, row in finding.other_rows
    ]
    return ", ".join(filter(None, (finding.other_values, *rows)))


def get_relation_sign(finding: Finding) -> str:
    """The sign before other values (≠) or before another record with the same value (cf.)."""
    return "≠" if finding.is_discrepancy else "cf."


def format_extent(problem: ProblemGroup, language: str) -> str:
    """The number of rows, or of files, with a problem."""
    if problem.is_of_all_rows:
        return TEXTS["all_lines"][language].format(format_number(problem.records, language))
    names = ("whole_file", "whole_files") if problem.is_whole_file else ("line", "lines")
    word = TEXTS[names[problem.records != 1]][language]
    return f"{format_number(problem.records, language)} {word}"

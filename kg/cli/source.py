"""`ess-kg source`: a new source out of a file, the sources there are, and the recipes."""

import os
import re
import shutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from kg import reports, settings
from kg.cli.check_report import print_check_report
from kg.cli.fetch import STATUS_TEXTS
from kg.cli.source_folders import find_paths, list_recipes
from kg.cli.terminal import console, create_table, detect_language, show_progress
from kg.csvw_tables import Table, load_tables
from kg.dry_run import Model, check_files
from kg.errors import EssKgError, SourceError
from kg.fetching import fetch_source
from kg.installation import InstallationPaths
from kg.kinds import Text
from kg.licences import find_licence, name_licence
from kg.proposals import (
    ColumnProposal,
    FileFeatures,
    SourceFacts,
    TableProposal,
    copy_recipe,
    find_recipe,
    propose_sheets,
    propose_table,
    read_file_features,
    read_first_rows,
    write_draft,
)
from kg.release_layout import CURRENT, find_current_release
from kg.reports.sanitize import sanitize
from kg.sources import Source, read_source_description
from kg.sources.fetch_plan import FetchPlan, FileOrigin, name_file_after
from kg.sources.file_opener import strip_extensions
from kg.sources.source_description import DESCRIPTION_FILE
from kg.sources.toml_entries import IRI_PATTERN
from kg.sources.unsupported_formats import describe_unsupported
from kg.sources.unused_files import UNKNOWN_FORMAT
from kg.suppression_list import read_suppressions
from kg.validation.batch_run import BatchOptions

app: Final = typer.Typer(help="Sources, and what new ones are made of.", no_args_is_help=True)
NAME_PATTERN: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
SHOWN_ROWS: Final = 5
MAX_CELL: Final = 60
USAGE_EXIT_CODE: Final = 2
CHECK_TITLE: Final = Text("Contrôle à blanc", "Dry run")
RECOGNISED: Final = Text(
    "Format reconnu : {name}, {title} ({count} traits)",
    "Recognised: {name}, {title} ({count} features)",
)
NOT_RECOGNISED: Final = Text(
    "Aucune recette ne reconnaît ce format ; les colonnes sont rapprochées une à une.",
    "No recipe recognises this format; its columns are matched one by one.",
)
PROPOSED: Final = Text(
    "{file} : {rows} lignes de la table {table} ({others})",
    "{file}: {rows} rows of the table {table} ({others})",
)
INSTEAD: Final = Text("sinon --table {}", "else --table {}")
COLUMN_TITLES: Final = (
    Text("colonne", "column"),
    Text("du fichier", "of the file"),
    Text("note", "score"),
    Text("pourquoi", "why"),
)
UNUSED: Final = Text("Colonnes dont rien n'est fait : {}", "Columns that are not used: {}")
UNMAPPED: Final = Text(
    "{column} : pas de code pour {values} ; écrivez-les dans values",
    "{column}: no code for {values}; write them in values",
)
MISSING: Final = Text(
    "Il manque {} : complétez source.toml avant de construire.",
    "Missing: {}: write them in source.toml before a build.",
)
ROWS_TITLE: Final = Text(
    "Les premières lignes, telles qu'elles seraient : {}", "The first rows as mapped: {}"
)
QUESTIONS: Final[Mapping[str, Text]] = {
    "title": Text("Titre de la source", "Title of the source"),
    "publisher": Text("Qui la publie", "Who publishes it"),
    "licence": Text(
        "Sa licence (une adresse, ou CC BY, CC0, Licence Ouverte, ODbL)",
        "Its licence (an address, or CC BY, CC0, Licence Ouverte, ODbL)",
    ),
}
OPTIONS_NEEDED: Final = Text(
    "il manque {} : sans terminal, donnez ces options", "missing: {}: without a terminal, give them"
)
WRITTEN: Final = Text("La source est dans {}.", "The source is in {}.")
NEXT: Final = Text(
    "Ensuite : relisez {0}/source.toml, puis ess-kg diff {1}, puis ess-kg build.",
    "Next: read {0}/source.toml, then ess-kg diff {1}, then ess-kg build.",
)
COMPLETE: Final = Text(
    "Écrivez {1} dans {0}/source.toml, puis ess-kg check --source {0}.",
    "Write {1} in {0}/source.toml, then ess-kg check --source {0}.",
)
NO_SOURCE: Final = Text("Aucune source dans {}.", "No source in {}.")
NO_RECIPE: Final = Text("Aucune recette dans {}.", "No recipe in {}.")


@dataclass(frozen=True)
class _Answers:
    """What the person has said of the source."""

    title: str
    publisher: str
    licence: str
    url: str
    description: str


@app.command("new")
def new(
    name: Annotated[str, typer.Argument(help="Name of the source: a-z, 0-9 and -.")],
    origin: Annotated[str, typer.Option("--from", metavar="FILE|URL", help="Its file.")],
    table: Annotated[str | None, typer.Option(help="The table whose rows the file has.")] = None,
    recipe: Annotated[
        str | None, typer.Option(help="The recipe to take; `none` to match columns instead.")
    ] = None,
    records: Annotated[
        str, typer.Option(help="The path to the records in a JSON or XML file: response.docs.")
    ] = "",
    title: Annotated[str, typer.Option(help="Title of the source.")] = "",
    licence: Annotated[str, typer.Option(help="Its licence, an address or a short name.")] = "",
    publisher: Annotated[str, typer.Option(help="Who publishes it.")] = "",
    url: Annotated[str, typer.Option(help="The page that presents it.")] = "",
    description: Annotated[str, typer.Option(help="What it holds.")] = "",
) -> None:
    """Propose a source out of a file: recognise its format, or match its columns with reasons.

    Shows the first rows as they would be mapped, writes source.toml, puts the file into raw/ and
    checks it. Exit code: that of the check.
    """
    paths = find_paths(settings.read_settings())
    language = detect_language(os.environ)
    _require_free_name(paths, name)
    answers = _Answers(title, publisher, licence, url, description)
    with _draft_folder(paths, name) as draft:
        file, fetched = _bring_file(paths, draft, name, origin)
        missing = _propose(paths, draft, file, fetched, table, recipe, records, answers, language)
        folder = paths.sources / name
        folder.parent.mkdir(parents=True, exist_ok=True)
        draft.rename(folder)
    console.print()
    if missing:
        console.print(WRITTEN[language].format(folder), markup=False, soft_wrap=True)
        text = COMPLETE[language].format(folder, ", ".join(missing))
        console.print(text, markup=False, style="bold red", soft_wrap=True)
        raise typer.Exit(1)
    code = _check(paths, folder, language)
    console.print(WRITTEN[language].format(folder), markup=False, soft_wrap=True)
    console.print(NEXT[language].format(folder, name), markup=False, soft_wrap=True)
    raise typer.Exit(code)


@app.command("list")
def list_sources() -> None:
    """The sources, their licence, when they were retrieved and how often they are fetched."""
    paths = find_paths(settings.read_settings())
    language = detect_language(os.environ)
    folders = sorted(path.parent for path in paths.sources.glob(f"*/{DESCRIPTION_FILE}"))
    if not folders:
        console.print(NO_SOURCE[language].format(paths.sources), markup=False)
        return
    drawn = create_table(str(paths.sources), "source", "title", "licence", "retrieved", "every")
    for folder in folders:
        try:
            source = read_source_description(folder)
        except EssKgError as error:
            drawn.add_row(folder.name, sanitize(error.message_in(language), 200), "", "", "")
            continue
        drawn.add_row(
            source.name,
            source.title[language],
            source.licence,
            source.retrieved or "-",
            _describe_plan(source.fetch),
        )
    console.print(drawn)


@app.command("recipes")
def show_recipes() -> None:
    """The recipes: formats that are recognised, and registers that are ready to be fetched."""
    paths = find_paths(settings.read_settings())
    language = detect_language(os.environ)
    recipes = list_recipes(paths)
    if not recipes:
        console.print(NO_RECIPE[language].format(paths.recipes), markup=False)
        return
    drawn = create_table(str(paths.recipes), "recipe", "title", "licence", "fetch")
    drawn.columns[0].no_wrap = True  # a name is there to be typed
    for recipe in recipes:
        licence = name_licence(recipe.licence)
        drawn.add_row(recipe.name, recipe.title[language], licence, _describe_plan(recipe.fetch))
    console.print(drawn)


def _describe_plan(plan: FetchPlan | None) -> str:
    if plan is None:
        return ""
    every = f"{plan.every.number} {plan.every.unit}" if plan.every else "-"
    return f"{every}: {', '.join(origin.file for origin in plan.files)}"


def _require_free_name(paths: InstallationPaths, name: str) -> None:
    if not NAME_PATTERN.fullmatch(name):
        raise typer.BadParameter(f"{name!r} is no name of a source: a-z, 0-9 and - alone")
    if (paths.sources / name).exists():
        raise SourceError(
            f"there is a source {name} in {paths.sources}: choose another name, or remove it; "
            f"a new file of it is brought by ess-kg fetch {name} --from FILE",
            f"il y a déjà une source {name} dans {paths.sources} : choisissez un autre nom, ou "
            f"supprimez-la ; un nouveau fichier s'apporte par ess-kg fetch {name} --from FICHIER",
        )


@contextmanager
def _draft_folder(paths: InstallationPaths, name: str) -> Iterator[Path]:
    """The folder in which the source is made, that goes unless it becomes one."""
    around = paths.fetches / name / "draft"
    shutil.rmtree(around, ignore_errors=True)
    folder = around / name
    (folder / "raw").mkdir(parents=True)
    try:
        yield folder
    finally:
        shutil.rmtree(around, ignore_errors=True)


def _bring_file(
    paths: InstallationPaths, draft: Path, name: str, origin: str
) -> tuple[Path, FileOrigin | None]:
    """The file in the draft, and where it is to be fetched if it came from the web."""
    if not re.match(r"https?://", origin):
        local = Path(origin)
        if not local.is_file():
            raise SourceError(f"{origin} is no file", f"{origin} n'est pas un fichier")
        place = draft / "raw" / _clean_file_name(local.name)
        shutil.copyfile(local, place)
        return place, None
    file = name_file_after(origin) or f"{name}.csv"
    member = "*" if file.lower().endswith(".zip") else ""
    file = re.sub(r"(?i)\.zip$", ".csv", file) if member else file
    fetched = FileOrigin(file, url=origin, member=member)
    nothing = Text("", "")
    source = Source(
        name=name, folder=draft, title=nothing, description=nothing, publisher=nothing,
        kind="register", language="fr", licence="", licence_note=nothing, retrieved="",
        fetch=FetchPlan((fetched,)),
    )  # fmt: skip
    with show_progress() as track:
        for _ in track([origin], "Fetching"):
            brought = fetch_source(source, paths.fetches / name)
    status = STATUS_TEXTS[brought.files[0].status].en
    console.print(f"{origin}: {status}", markup=False, soft_wrap=True)
    return draft / "raw" / file, fetched


def _clean_file_name(name: str) -> str:
    return re.sub(r"[^\w.@-]+", "-", name).strip("-")


def _propose(
    paths: InstallationPaths,
    draft: Path,
    file: Path,
    fetched: FileOrigin | None,
    table: str | None,
    recipe: str | None,
    records: str,
    answers: _Answers,
    language: str,
) -> tuple[str, ...]:
    """Writes the `source.toml` of the draft and shows what comes of it.

    Returns the columns that are required and that nothing gives.
    """
    tables = load_tables(paths.ontology / "tables")
    features = read_file_features(file, records)
    if features.kind == "table" and file.suffix.lower() == ".txt":  # a text beside the data is not
        file = file.rename(file.with_suffix(".csv"))
        features = replace(features, path=file)
    chosen, count = _choose_recipe(paths, features, recipe, table)
    facts = SourceFacts(
        name=draft.name, title=answers.title, description=answers.description,
        publisher=answers.publisher, licence=find_licence(answers.licence), url=answers.url,
        retrieved=datetime.now(UTC).date().isoformat(), records=records,
    )  # fmt: skip
    if chosen:
        text = RECOGNISED[language].format(
            name=chosen.name, title=chosen.title[language], count=count
        )
        console.print(text, markup=False, style="bold", soft_wrap=True)
        if chosen.licence_note[language] and not answers.licence:
            console.print(chosen.licence_note[language], markup=False, soft_wrap=True)
        copy_recipe(chosen, draft, facts)
        _rename_file(chosen, file)
    else:
        _require_known_format(features)
        console.print(NOT_RECOGNISED[language])
        proposals: tuple[TableProposal, ...] = ()
        if features.kind != "rdf":
            proposals = _propose_tables(
                features, tables, paths.ontology / "schemes", draft.name, file.name, table
            )
        for proposal in proposals:
            _print_proposal(proposal, language)
        if fetched:
            facts = replace(facts, fetch_url=fetched.url, fetch_member=fetched.member)
        missing = proposals[0].missing if proposals else ()
        if not missing:
            write_draft(draft, _complete(facts, ask=False, language=language), proposals)
            _print_rows(draft, tables, language)
        write_draft(draft, _complete(facts, ask=True, language=language), proposals)
        return missing
    _print_rows(draft, tables, language)
    return ()


def _propose_tables(
    features: FileFeatures,
    tables: Mapping[str, Table],
    schemes: Path,
    name: str,
    file: str,
    table: str | None,
) -> tuple[TableProposal, ...]:
    """The mapping of each sheet, or of the one that fits the table that was asked for."""
    if table:
        return (propose_table(features.tables, tables, schemes, name, file, table),)
    return propose_sheets(features.tables, tables, schemes, name, file)


def _require_known_format(features: FileFeatures) -> None:
    if not features.kind:
        name = features.path.name
        why = describe_unsupported(features.path) or UNKNOWN_FORMAT
        raise SourceError(f"{name}: {why.en}", f"{name} : {why.fr}")


def _choose_recipe(
    paths: InstallationPaths, features: FileFeatures, wanted: str | None, table: str | None
) -> tuple[Source | None, int]:
    """The recipe that was asked for, else the one that the file is recognised by."""
    if wanted == "none" or (table and not wanted):
        return None, 0
    recipes = list_recipes(paths)
    if wanted:
        found = [each for each in recipes if each.name == wanted]
        if not found:
            names = ", ".join(each.name for each in recipes) or "-"
            raise SourceError(
                f"there is no recipe {wanted!r}; there are {names}",
                f"il n'y a pas de recette « {wanted} » ; il y a {names}",
            )
        return found[0], 0
    return find_recipe(features, recipes)


def _rename_file(recipe: Source, file: Path) -> None:
    """Gives the file the name that the recipe reads it by."""
    planned = recipe.fetch.files[0].file if recipe.fetch and len(recipe.fetch.files) == 1 else ""
    wanted = (recipe.recognition.file if recipe.recognition else "") or planned
    if wanted:
        # its own extension stays: it says what it is read as
        name = strip_extensions(Path(wanted)) + file.name.removeprefix(strip_extensions(file))
        file.rename(file.with_name(name))


def _complete(facts: SourceFacts, *, ask: bool, language: str) -> SourceFacts:
    """The facts with what is required: asked for on a terminal, else told what is missing.

    While `ask` is not set, something stands in its place: the draft is read and not kept.
    """
    missing = [name for name in QUESTIONS if not getattr(facts, name)]
    values: dict[str, Any] = {}
    if not ask:
        values = dict.fromkeys(missing, "https://example.org/")
        return replace(facts, **values)
    if missing and not sys.stdin.isatty():
        options = ", ".join(f"--{name}" for name in missing)
        console.print(OPTIONS_NEEDED[language].format(options), markup=False, soft_wrap=True)
        raise typer.Exit(USAGE_EXIT_CODE)
    for name in missing:
        values[name] = typer.prompt(QUESTIONS[name][language]).strip()
    licence = find_licence(values.get("licence", facts.licence))
    while not IRI_PATTERN.fullmatch(licence):
        if not sys.stdin.isatty():
            raise typer.BadParameter(f"--licence {licence!r} is no address and no known short name")
        licence = find_licence(typer.prompt(QUESTIONS["licence"][language]).strip())
    return replace(facts, **{**values, "licence": licence})


def _print_proposal(proposal: TableProposal, language: str) -> None:
    others = " ".join(
        INSTEAD[language].format(table) for table, score in proposal.others[:2] if score > 0
    )
    opened = proposal.features.opened
    sheets = ", ".join(each.opened.sheet for each in proposal.sheets)
    file = opened.file.removesuffix(f"/{opened.sheet}") + (f" ({sheets})" if sheets else "")
    text = PROPOSED[language].format(
        file=file, rows=f"{proposal.rows:,}", table=proposal.table.name, others=others or "-"
    )
    console.print(text.replace(" (-)", ""), markup=False, style="bold", soft_wrap=True)
    for note in opened.notes:
        console.print(note[language], markup=False, style="yellow", soft_wrap=True)
    drawn = create_table("", *(title[language] for title in COLUMN_TITLES))
    between = " ; " if language == "fr" else "; "
    for column in proposal.columns:
        drawn.add_row(
            column.column,
            sanitize(", ".join(column.headings), MAX_CELL) or "-",
            f"{column.score:.2f}",
            sanitize(between.join(reason[language] for reason in column.reasons), 200),
        )
    console.print(drawn)
    for column in proposal.columns:
        _print_unmapped(column, language)
    if proposal.unused:
        listed = sanitize(", ".join(proposal.unused), 1000)
        console.print(UNUSED[language].format(listed), markup=False, style="dim", soft_wrap=True)
    missing = [*proposal.missing]
    if missing:
        text = MISSING[language].format(", ".join(missing))
        console.print(text, markup=False, style="bold red", soft_wrap=True)


def _print_unmapped(column: ColumnProposal, language: str) -> None:
    if column.unmapped:
        values = ", ".join(f"“{value}”" for value in column.unmapped[:8])
        values += " …" if len(column.unmapped) > 8 else ""
        text = UNMAPPED[language].format(column=column.column, values=sanitize(values, 300))
        console.print(text, markup=False, style="yellow", soft_wrap=True)


def _print_rows(draft: Path, tables: Mapping[str, Table], language: str) -> None:
    """The first rows of each table, as the mapping of the draft gives them."""
    for rows in read_first_rows(read_source_description(draft), tables, SHOWN_ROWS):
        count = max(map(len, rows.columns.values()), default=0)
        title = ROWS_TITLE[language].format(rows.table)
        if not count:
            console.print(f"{title} -", markup=False, style="italic", soft_wrap=True)
            continue
        console.print(title, markup=False, style="italic", soft_wrap=True)
        drawn = create_table("", "", *map(str, range(1, count + 1)))
        for name, cells in rows.columns.items():
            drawn.add_row(name, *(sanitize(cell, MAX_CELL) for cell in cells))
        console.print(drawn)


def _check(paths: InstallationPaths, folder: Path, language: str) -> int:
    """Checks the source as a build would read it, and prints the report."""
    model = Model(paths.ontology, paths.model / "shapes")
    release = (
        find_current_release(paths.releases).folder
        if (paths.releases / CURRENT).is_file()
        else None
    )
    with (
        show_progress() as track,
        check_files(
            [],
            model,
            release=release,
            source=folder,
            work=BatchOptions(),
            track=track,
            suppressions=read_suppressions(paths.data),
        ) as checked,
    ):
        report = reports.build_report(checked.db, checked.inspection, CHECK_TITLE)
        print_check_report(console, checked, report, language)
        return checked.exit_code

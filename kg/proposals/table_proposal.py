"""Table proposal: the table whose rows a file has, and the rule of each column, with reasons."""

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from kg import sql
from kg.countries import HOME_COUNTRIES, read_country_names
from kg.csvw_tables import Column, Table
from kg.errors import TableError
from kg.kinds import KINDS, Text
from kg.proposals.code_labels import read_code_labels
from kg.proposals.column_evidence import Evidence, describe_pattern, weigh
from kg.proposals.file_features import TableFeatures
from kg.proposals.key_proposal import KeyProposal, find_register_columns, propose_key
from kg.proposals.known_headings import (
    COMMUNE_NAME_HEADINGS,
    FAMILY_NAME_HEADINGS,
    KIND_WORDS,
    KNOWN_HEADINGS,
    LOCAL_KEY_HEADINGS,
    PAIR_HEADINGS,
    TABLE_WORDS,
)
from kg.proposals.lambert_columns import find_lambert_pair
from kg.sources.header_row import fold_heading
from kg.sources.opened_table import no_rows

MIN_SCORE: Final = 0.55
"""Evidence from which a column is proposed."""
MIN_PATTERN_SHARE: Final = 0.8
MAX_CODES: Final = 200
MAX_LISTED_CODES: Final = 40
"""Values that a column has at most, to be taken for one of codes whatever it is called."""
TABLE_WORD_WEIGHT: Final = 1.5
REGISTER_WEIGHT: Final = 0.8
CLEANERS: Final[Mapping[str, tuple[str, ...]]] = {
    "homepage": ("placeholder", "url"),
    "url": ("placeholder", "url"),
    "latitude": ("placeholder", "number"),
    "longitude": ("placeholder", "number"),
    "post_code": ("placeholder", "pad:5"),
    "country": ("placeholder", "country"),
    "founded_on": ("placeholder", "date"),
    "dissolved_on": ("placeholder", "date"),
    "issued": ("placeholder", "date"),
    "start": ("placeholder", "zoned"),
    "end": ("placeholder", "zoned"),
    "legal_form": ("placeholder", "number"),
    "population": ("placeholder", "number"),
    "capacity": ("placeholder", "number"),
    "description_fr": ("placeholder", "html"),
    "description_en": ("placeholder", "html"),
}
USUAL_CLEANERS: Final = ("trim", "placeholder")
COMMUNE_CODE: Final = Text("code INSEE de commune", "INSEE code of a commune")
COMMUNE_BY_NAME: Final = Text("commune d'après « {} » et « {} »", "commune by “{}” and “{}”")
CONSTANT_KIND: Final = Text(
    "le nom du fichier le laisse penser : à vérifier", "the name of the file suggests it: check it"
)
TIME_WITHOUT_ZONE: Final = re.compile(r"[ T]\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?$")
WITHOUT_ZONE: Final = Text(
    "des heures sans fuseau : le jour est repris, l'heure reste un texte",
    "times without a zone: the day is taken, the time stays a text",
)
LAMBERT: Final = Text(
    "des coordonnées en Lambert-93, d'après leurs valeurs",
    "coordinates in Lambert-93, by their values",
)
BESIDE_GIVEN_NAME: Final = Text("à côté du prénom", "beside the given name")
WHOLE_NAME: Final = Text("prénom et nom de famille", "given name and family name")
IMPLIED: Final = Text("ce qu'implique la catégorie juridique", "what the legal category implies")
STATED: Final = Text("ce que la source affirme", "what the source states")
CODES_FOUND: Final = Text("{} valeurs sur {} reconnues", "{} of {} values recognised")
IN_CODE_LIST: Final = Text(
    "ses valeurs sont dans la liste de codes", "its values are in the code list"
)
SEVERAL_VALUES: Final = Text("plusieurs valeurs par cellule", "several values in a cell")


@dataclass(frozen=True)
class ColumnProposal:
    """One column of the table: its rule as `source.toml` has it, and why."""

    column: str
    headings: tuple[str, ...]
    """The columns of the file that it is made of; none for a constant."""
    rule: str
    score: float
    reasons: tuple[Text, ...]
    unmapped: tuple[str, ...] = ()
    """Values of the file for which no code is known."""


@dataclass(frozen=True)
class TableProposal:
    """The mapping of one table of a file."""

    table: Table
    features: TableFeatures
    columns: tuple[ColumnProposal, ...]
    key: KeyProposal | None
    unused: tuple[str, ...]
    """Headings of which nothing is made."""
    missing: tuple[str, ...]
    """Columns that are required and that nothing gives."""
    others: tuple[tuple[str, float], ...]
    """The other tables that it might be, with their scores."""
    sheets: tuple[TableFeatures, ...] = ()
    """The sheets of a workbook that have the same columns, the one above among them."""
    score: float = 0.0
    """How well the file fits the table."""

    @property
    def rows(self) -> int:
        return sum(each.opened.rows for each in self.sheets or (self.features,))


def propose_table(
    features: Sequence[TableFeatures],
    tables: Mapping[str, Table],
    schemes: Path,
    name: str,
    file: str,
    requested: str | None = None,
) -> TableProposal:
    """The mapping of the table of a file that fits best. Raises TableError where none does,
    SourceError where there is no row.

    `name` is that of the source, `file` that of the file, `requested` the table it is to be.
    """
    allowed = [kind.table for kind in KINDS]
    if requested and requested not in allowed:
        listed = ", ".join(allowed)
        raise TableError(
            f"no mapping is proposed for {requested!r}; tables of records are {listed}",
            f"aucune correspondance n'est proposée pour « {requested} » ; les tables de fiches "
            f"sont {listed}",
        )
    if features and not any(one.opened.rows for one in features):
        raise no_rows(file, features[0].opened.columns)
    ranked: list[tuple[float, TableFeatures, str]] = []
    for one in features:
        scores = _score_tables(one, tables, file, allowed)
        ranked += [(score, one, table) for table, score in scores.items()]
    ranked.sort(key=lambda each: -each[0])
    chosen = [each for each in ranked if not requested or each[2] == requested]
    if not chosen or (chosen[0][0] <= 0 and not requested):
        headings = ", ".join(features[0].opened.columns[:12]) if features else "-"
        notes = features[0].opened.notes if features else ()
        raise TableError(
            f"{file}: no column is recognised ({headings}): say what its rows are with --table "
            f"({', '.join(allowed)}){''.join(f'. {note.en}' for note in notes)}",
            f"{file} : aucune colonne n'est reconnue ({headings}) : dites ce que sont ses lignes "
            f"avec --table ({', '.join(allowed)}){''.join(f'. {note.fr}' for note in notes)}",
        )
    score, one, table = chosen[0]
    others = tuple(
        (other, score) for score, each, other in ranked if each is one and other != table
    )
    proposal = _propose(one, tables[table], schemes, name, file, others)
    return replace(proposal, sheets=tuple(_find_like_sheets(one, features)), score=score)


def _find_like_sheets(
    chosen: TableFeatures, features: Sequence[TableFeatures]
) -> Iterator[TableFeatures]:
    """Yield the sheets of a workbook with the columns of one, whatever their order."""
    columns = set(chosen.opened.columns)
    for each in features:
        if each.opened.sheet and set(each.opened.columns) == columns:
            yield each


def _score_tables(
    features: TableFeatures, tables: Mapping[str, Table], file: str, allowed: Sequence[str]
) -> dict[str, float]:
    """How well a file fits each table: by columns that few tables have, words and registers."""
    assigned = {table: _assign(features, tables[table]) for table in allowed}
    evidence = {
        table: {each.column: each.score for each in found} for table, found in assigned.items()
    }
    shared = Counter(column for table in evidence.values() for column in table)
    stem = re.sub(r"[\W_]+", "", fold_heading(f"{file} {features.opened.sheet}"))
    label_headings = " ".join(
        fold_heading(each.heading)
        for found in assigned.values()
        for each in found
        if each.column == "label_fr"
    )
    scores = {}
    for table in allowed:
        score = sum(weight / shared[column] for column, weight in evidence[table].items())
        words = [re.sub(r"\W", "", word) for word in TABLE_WORDS.get(table, ())]
        if any(word in stem for word in words) and "label_fr" in evidence[table]:
            score += TABLE_WORD_WEIGHT
        if any(word in label_headings for word in words):
            score += TABLE_WORD_WEIGHT / 2
        score += REGISTER_WEIGHT * sum(
            features.distinct[heading] >= 0.98 * features.filled[heading]
            and features.filled[heading] >= 0.5 * features.opened.rows
            for heading, _ in find_register_columns(features, table).values()
        )
        scores[table] = score
    if "label_fr" not in evidence.get("territories", {}) or not _has_territory_codes(features):
        scores.pop("territories", None)
    return scores


def _has_territory_codes(features: TableFeatures) -> bool:
    """Whether a column of INSEE codes tells the rows apart: then they are communes.

    What has a point beside it is something that stands there.
    """
    return (
        any(
            shares.get("insee", 0) >= MIN_PATTERN_SHARE
            and _is_insee_heading(heading)
            and features.is_unique(heading)
            for heading, shares in features.shares.items()
        )
        and not any(
            shares.get("siret", 0) >= 0.5
            or shares.get("url", 0) >= 0.5
            or fold_heading(heading) in ("longitude", "lon", "lng")
            for heading, shares in features.shares.items()
        )
        and not find_lambert_pair(features)
    )


def _assign(features: TableFeatures, table: Table) -> list[Evidence]:
    """The best heading for each column, each heading once."""
    candidates = [
        evidence
        for column in table.real
        for heading in features.opened.columns
        if (evidence := weigh(column, heading, features)) and evidence.score >= MIN_SCORE
    ]
    candidates.sort(key=lambda each: (-each.score, features.opened.columns.index(each.heading)))
    columns, headings, chosen = set[str](), set[str](), []
    for each in candidates:
        if each.column not in columns and each.heading not in headings:
            columns.add(each.column)
            headings.add(each.heading)
            chosen.append(each)
    return chosen


def _propose(
    features: TableFeatures,
    table: Table,
    schemes: Path,
    name: str,
    file: str,
    others: tuple[tuple[str, float], ...],
) -> TableProposal:
    proposals = {
        proposal.column: proposal
        for each in _assign(features, table)
        if (proposal := _make_rule(features, table.get_column(each.column), each, schemes)).score
        >= MIN_SCORE
    }
    for found in _propose_codes(features, table, proposals, schemes):
        proposals[found.column] = found
    for text in _propose_date_text(features, table, proposals):
        proposals[text.column] = text
    for extra in _propose_points(features, table, proposals):
        proposals[extra.column] = extra
    if territory := _propose_territory(features, table):
        proposals["territory"] = territory
    if "kind" not in proposals and (kind := _guess_kind(table.name, file)):
        proposals["kind"] = ColumnProposal(
            "kind", (), f'{{ value = "{kind}" }}', 0.5, (CONSTANT_KIND,)
        )
    for name_part in _propose_names(features, table, proposals):
        proposals[name_part.column] = name_part
    for implied in _propose_implied(table, proposals):
        proposals[implied.column] = implied
    if "assertion" in table.names:
        proposals["assertion"] = ColumnProposal(
            "assertion", (), '{ value = "stated" }', 1.0, (STATED,)
        )
    label = next(iter(proposals["label_fr"].headings), "") if "label_fr" in proposals else ""
    place = proposals["territory"].headings[:1] if "territory" in proposals else ()
    key = propose_key(features, table.name, name, label, place)
    if key:
        proposals["id"] = ColumnProposal("id", key.headings, key.rule, key.score, key.reasons)
    order = list(table.names)
    columns = tuple(sorted(proposals.values(), key=lambda each: order.index(each.column)))
    used = {heading for each in columns for heading in each.headings}
    used |= {heading for _, heading in key.identifiers} if key else set()
    return TableProposal(
        table, features, columns, key,
        tuple(h for h in features.opened.columns if h not in used and features.filled.get(h)),
        tuple(table.find_missing(proposals)),
        others,
    )  # fmt: skip


def _make_rule(
    features: TableFeatures, column: Column, evidence: Evidence, schemes: Path
) -> ColumnProposal:
    heading = evidence.heading
    parts = [f"from = {quote(heading)}"]
    reasons, unmapped = list(evidence.reasons), tuple[str, ...]()
    cleaners = CLEANERS.get(column.name, USUAL_CLEANERS)
    if column.name == "post_code" and (
        _is_foreign(features.values[heading]) or _names_other_countries(features)
    ):
        cleaners = USUAL_CLEANERS
    parts.append("clean = [" + ", ".join(f'"{each}"' for each in cleaners) + "]")
    if column.separator and (found := _find_separator(features.values[heading])):
        parts.append(f"split = {quote(found)}")
        reasons.append(SEVERAL_VALUES)
    score = evidence.score
    if column.scheme and (schemes / f"{column.scheme}.ttl").is_file():
        codes = _find_codes(features, column, heading, schemes)
        if codes.pairs:
            listed = ", ".join(f"{quote(value)} = {quote(code)}" for value, code in codes.pairs)
            parts.append(f"values = {{ {listed} }}")
        unmapped = codes.unknown
        reasons.append(_fill(CODES_FOUND, codes.known, codes.known + len(unmapped)))
        score *= 0.4 + 0.6 * codes.share
    return ColumnProposal(
        column.name, (heading,), f"{{ {', '.join(parts)} }}", score, tuple(reasons), unmapped
    )


@dataclass(frozen=True)
class _Codes:
    pairs: tuple[tuple[str, str], ...]
    """Values of the file with the code of each, where they differ."""
    unknown: tuple[str, ...]
    known: int
    share: float


def _find_codes(features: TableFeatures, column: Column, heading: str, schemes: Path) -> _Codes:
    labels = read_code_labels(schemes / f"{column.scheme}.ttl")
    counts = Counter(value.strip() for value in features.values[heading])
    pairs, unknown, known = [], [], 0
    for value, _ in counts.most_common(MAX_CODES):
        plain = re.sub(r"\.0$", "", value)
        code = labels.get(fold_heading(plain)) or labels.get(fold_heading(plain).rstrip("s"))
        if code is None:
            unknown.append(value)
            continue
        known += counts[value]
        if code != plain:
            pairs.append((value, code))
    total = sum(counts.values())
    known_values = len(counts) - len(unknown)
    return _Codes(tuple(pairs), tuple(unknown), known_values, known / total if total else 0)


def _propose_codes(
    features: TableFeatures,
    table: Table,
    proposals: Mapping[str, ColumnProposal],
    schemes: Path,
) -> Iterator[ColumnProposal]:
    """Columns of codes out of those of the file whose values a code list has, whatever they are
    called."""
    used = {heading for each in proposals.values() for heading in each.headings}
    for column in table.real:
        if (
            column.name in proposals
            or not column.scheme
            or column.name in ("assertion", "activity")
        ):
            continue
        if not (schemes / f"{column.scheme}.ttl").is_file():
            continue
        for heading in features.opened.columns:
            if heading in used or not 0 < features.distinct.get(heading, 0) <= MAX_LISTED_CODES:
                continue
            if _is_local_key(heading) or _holds_small_numbers(features.values[heading]):
                continue
            if _find_codes(features, column, heading, schemes).share >= MIN_PATTERN_SHARE:
                used.add(heading)
                yield _make_rule(
                    features, column,
                    Evidence(column.name, heading, 0.7, (IN_CODE_LIST,)), schemes,
                )  # fmt: skip
                break


def _is_local_key(heading: str) -> bool:
    return fold_heading(heading.rpartition(".")[2]) in LOCAL_KEY_HEADINGS


def _holds_small_numbers(values: Sequence[str]) -> bool:
    """Whether values are numbers of one or two digits, which some code list always has."""
    return all(re.fullmatch(r"\d{1,2}(\.0)?", value.strip()) for value in values)


def _guess_kind(table: str, file: str) -> str:
    folded = re.sub(r"[\W_]+", "", fold_heading(file))
    words = KIND_WORDS.get(table, {})
    return next((kind for word, kind in words.items() if re.sub(r"[\W_]", "", word) in folded), "")


def _propose_names(
    features: TableFeatures, table: Table, proposals: Mapping[str, ColumnProposal]
) -> Iterator[ColumnProposal]:
    """The name of a person out of given name and family name, where no column has it whole."""
    if "given_name" not in proposals:
        return
    given = proposals["given_name"].headings[0]
    if "family_name" in proposals:
        family = proposals["family_name"].headings[0]
    elif label := proposals.get("label_fr"):
        family = label.headings[0]
        if fold_heading(family.rpartition(".")[2]) not in FAMILY_NAME_HEADINGS:
            return
        yield _make_rule(
            features, table.get_column("family_name"),
            Evidence("family_name", family, label.score, (BESIDE_GIVEN_NAME,)), Path(),
        )  # fmt: skip
    else:
        return
    if "label_fr" not in proposals or proposals["label_fr"].headings == (family,):
        rule = quote(f"{{{given}|trim}} {{{family}|trim}}")
        yield ColumnProposal("label_fr", (given, family), rule, 0.9, (WHOLE_NAME,))


def _propose_implied(
    table: Table, proposals: Mapping[str, ColumnProposal]
) -> Iterator[ColumnProposal]:
    """What the legal category of an organisation implies and no column says."""
    if table.name != "organisations" or "legal_form" not in proposals:
        return
    headings = proposals["legal_form"].headings
    cell = f"clean_number({sql.identifier(headings[0])})"
    for column in ("kind", "ess_form"):
        if column not in proposals:
            rule = f"{{ sql = {quote(f'legal_form_{column}({cell})')} }}"
            yield ColumnProposal(column, headings, rule, 0.8, (IMPLIED,))


def _propose_date_text(
    features: TableFeatures, table: Table, proposals: Mapping[str, ColumnProposal]
) -> Iterator[ColumnProposal]:
    """The time of an event as it is written, where it says no zone: the day alone stays."""
    if "date_text" not in table.names or "date_text" in proposals or "start" not in proposals:
        return
    headings = proposals["start"].headings
    if any(TIME_WITHOUT_ZONE.search(value.strip()) for value in features.values[headings[0]]):
        rule = f"{{ from = {quote(headings[0])} }}"
        yield ColumnProposal("date_text", headings, rule, 0.8, (WITHOUT_ZONE,))


def _propose_points(
    features: TableFeatures, table: Table, proposals: Mapping[str, ColumnProposal]
) -> Iterator[ColumnProposal]:
    """Latitude and longitude out of one column that has both, or out of two in Lambert-93."""
    if "latitude" not in table.names or {"latitude", "longitude"} & proposals.keys():
        return
    if lambert := find_lambert_pair(features):
        for column in ("latitude", "longitude"):
            template = quote(f"{{{lambert[0]}|number}}, {{{lambert[1]}|number}}")
            rule = f'{{ from = {template}, clean = ["lambert_{column}"] }}'
            yield ColumnProposal(column, lambert, rule, 0.85, (LAMBERT,))
        return
    for heading, shares in features.shares.items():
        share = shares.get("coordinates", 0)
        if share >= MIN_PATTERN_SHARE and fold_heading(heading) in PAIR_HEADINGS:
            for column, place in (("latitude", 1), ("longitude", 2)):
                pair = "(-?[0-9.]+)[,; ]+(-?[0-9.]+)"
                cell = f"regexp_extract({sql.identifier(heading)}, '{pair}', {place})"
                yield ColumnProposal(
                    column, (heading,), f"{{ sql = {quote(cell)} }}", 0.85,
                    (describe_pattern("coordinates", share),),
                )  # fmt: skip
            return


def _propose_territory(features: TableFeatures, table: Table) -> ColumnProposal | None:
    if "territory" not in table.names:
        return None
    coded = [
        (shares["insee"], heading)
        for heading, shares in features.shares.items()
        if shares.get("insee", 0) >= MIN_PATTERN_SHARE and _is_insee_heading(heading)
    ]
    if coded:
        share, heading = max(coded)
        rule = f'{{ from = {quote(heading)}, clean = ["placeholder", "pad:5"], as = "commune" }}'
        reasons = (COMMUNE_CODE, describe_pattern("insee", share))
        return ColumnProposal("territory", (heading,), rule, 0.9, reasons)
    name = _find_heading(features, COMMUNE_NAME_HEADINGS)
    post_code = (
        next(
            (
                heading
                for heading in features.opened.columns
                if (evidence := weigh(table.get_column("post_code"), heading, features))
                and evidence.score >= 0.9
            ),
            "",
        )
        if "post_code" in table.names
        else ""
    )
    if name and post_code:
        rule = f'{{ as = "commune", post_code = {quote(post_code)}, name = {quote(name)} }}'
        return ColumnProposal(
            "territory", (post_code, name), rule, 0.8, (_fill(COMMUNE_BY_NAME, post_code, name),)
        )
    return None


def _find_heading(features: TableFeatures, names: Sequence[str]) -> str:
    for heading in features.opened.columns:
        inner = fold_heading(heading.rpartition(".")[2])
        if (fold_heading(heading) in names or inner in names) and features.filled.get(heading):
            return heading
    return ""


def _is_insee_heading(heading: str) -> bool:
    folded = fold_heading(heading)
    return (
        any(word in folded for word in ("insee", "codegeo", "idgeo", "depcom", "cog"))
        or ("commune" in folded and "cod" in folded)
        or folded in ("com", "codecommune")
    )


def _is_foreign(values: Sequence[str]) -> bool:
    """Whether post codes are not French: pad would spoil them."""
    french = sum(bool(re.fullmatch(r"\d{4,5}(\.0)?", value.strip())) for value in values)
    return french < 0.9 * len(values)


def _names_other_countries(features: TableFeatures) -> bool:
    """Whether a column says of some rows that they are of another country than France."""
    names = read_country_names()
    return any(
        names.get(value.strip().lower(), value.strip().upper()) not in HOME_COUNTRIES
        for heading, values in features.values.items()
        if fold_heading(heading) in KNOWN_HEADINGS["country"]
        for value in values
    )


def _find_separator(values: Sequence[str]) -> str:
    for separator in ("|", ";", ","):
        if sum(separator in value for value in values) >= max(1, 0.05 * len(values)):
            return separator
    return ""


def quote(text: str) -> str:
    """A text between the quotes of TOML."""
    return json.dumps(text, ensure_ascii=False)


def _fill(text: Text, *values: object) -> Text:
    return Text(text.fr.format(*values), text.en.format(*values))

r"""Cell cleaners: SQL macros that normalize cells to the form of their column.

A cell that a cleaner does not recognise is left as it is, for the shapes to report. The macros are
also available to the SELECTs of sources (`clean_url(site)`).
"""

import html.entities
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import duckdb

from kg import sql
from kg.sources.country_codes import define_country_macro
from kg.sources.projection_macros import define_projection_macros

PLACEHOLDERS: Final = (
    *("", "-", "--", "---", "–", "—", "_", ".", "..", "...", "/", "?", "??", "x", "xx", "xxx"),
    *("[nd]", "nd", "n.d.", "n/d", "#n/d", "#n/a", "n/a", "na", "n.a.", "nc", "n.c.", "n/c"),
    *("nr", "n.r.", "null", "none", "nan", "nil", "undefined", "unknown", "inconnu", "inconnue"),
    *("néant", "neant", "aucun", "aucune", "vide", "non renseigné", "non renseigne", "(vide)"),
    *("non communiqué", "non disponible", "sans objet", "not available", "not applicable"),
    *("#ref!", "#value!", "#valeur!", "#nom?", "#name?", "#div/0!", "tbd", "à compléter"),
)
"""Placeholders for missing values, case-folded."""
KEPT_CAPITALS: Final = (
    *("SA", "SAS", "SASU", "SARL", "EURL", "SCI", "SCIC", "SCOP", "SNC", "GIE", "GIP", "CAE", "EI"),
    *(
        "ESS",
        "ESAT",
        "EA",
        "EHPAD",
        "MJC",
        "CIAS",
        "CCAS",
        "UDAF",
        "ADMR",
        "ADAPEI",
        "CNRS",
        "INSA",
    ),
    *("INSA", "INRAE", "INSERM", "UMR", "CHU", "CPIE", "PTCE", "GEIQ", "AMAP", "CUMA", "II", "III"),
)
"""Words that stay in capitals."""
SMALL_WORDS: Final = (
    *("de", "du", "des", "d", "le", "la", "les", "l", "et", "en", "au", "aux", "à", "a", "sur"),
    *("sous", "pour", "par", "dans", "un", "une", "ou", "of", "the", "and", "for", "in"),
)
"""Words in lower case inside names."""
NAMED_ENTITIES: Final = {
    f"&{name}": sign
    for name, sign in sorted(html.entities.html5.items())
    if name.endswith(";")
    and len(sign) == 1
    and (" " < sign <= "ÿ" or sign in "œŒ€…–—‘’“”•")
    and sign.isprintable()
} | {"&nbsp;": " "}
ENTITIES_VARIABLE: Final = "html_entities"
"""Variable of the database with the entities: an expression that holds them all is slow to plan."""
ENTITY: Final = "&#?[0-9A-Za-z]{1,10};"
LETTERS: Final = (
    r"A-Za-z\x{C0}-\x{D6}\x{D8}-\x{F6}\x{F8}-\x{2FF}\x{370}-\x{1FFF}\x{2C00}-\x{2FEF}"
    r"\x{3005}-\x{3007}\x{3021}-\x{D7FF}\x{F900}-\x{FDCF}\x{10000}-\x{EFFFF}"
)
"""The inside of a class of letters: about those that names begin with in XML. `\\p{L}` has so many
ranges that a pattern with it takes milliseconds to compile, in each query."""
INVISIBLE_SIGNS: Final = r"[\x{00AD}\x{200B}-\x{200F}\x{202A}-\x{202E}\x{2060}\x{FEFF}]"
BLANKS: Final = r"[\s\x{00A0}\x{2007}\x{2009}\x{202F}\x{3000}]+"


def _list_literal(words: tuple[str, ...]) -> str:
    return f"[{', '.join(map(sql.literal, words))}]"


def _map_literal(pairs: Mapping[str, str]) -> str:
    return f"MAP {{{', '.join(f'{sql.literal(key)}: {sql.literal(pairs[key])}' for key in pairs)}}}"


def bind_once(cell: str, name: str, value: str) -> str:
    """Return the SQL of a value in which a cell is bound to a name.

    Macros repeat their argument at each use, so that nested ones would grow exponentially.
    """
    return f"list_transform([{cell}], lambda {name}: {value})[1]"


def _bind(cell: str, value: str) -> str:
    return bind_once(cell, "v", value)


MONTHS: Final[Mapping[str, str]] = {
    "janvier january janv jan": "01",
    "fevrier february fevr fev feb": "02",
    "mars march mar": "03",
    "avril april avr apr": "04",
    "mai may": "05",
    "juin june jun": "06",
    "juillet july juil jul": "07",
    "aout august aug": "08",
    "septembre september sept sep": "09",
    "octobre october oct": "10",
    "novembre november nov": "11",
    "decembre december dec": "12",
}
"""Numbers of months by their names in French and English, without accents."""
_MONTH_NUMBERS: Final = {name: MONTHS[names] for names in MONTHS for name in names.split()}
_MONTH: Final = rf"({'|'.join(sorted(_MONTH_NUMBERS, key=len, reverse=True))})\.?"
_WEEKDAY: Final = (
    r"(?:(?:lun|mar|mercre|jeu|vendre|same)di|dimanche|(?:mon|tues|wednes|thurs|fri|satur|sun)day)"
)
_DAY_MONTH_YEAR: Final = (
    rf"(?:(?:le )?(?:{_WEEKDAY},? )?(\d{{1,2}})(?:er|st|nd|rd|th)?[ -])?{_MONTH},?[ -](\d{{4}})"
)
"""`3 mai 2011`, `mardi 1er mars 2011`, `mai 2011`, without accents and in small letters."""
_MONTH_DAY_YEAR: Final = rf"{_MONTH} (\d{{1,2}})(?:st|nd|rd|th)?,? (\d{{4}})"
TRIMMED: Final = "clean_trim(x)"
_INITIAL_AFTER: Final = "parts[place + 1] = ' ' AND regexp_full_match(parts[place + 2], '[a-z]')"
_INITIAL_BEFORE: Final = "parts[place - 1] = ' ' AND regexp_full_match(parts[place - 2], '[a-z]')"
MACROS: Final = (
    rf"""clean_trim(x) AS nullif(trim(regexp_replace(regexp_replace(x,
        '{INVISIBLE_SIGNS}', '', 'g'), '{BLANKS}', ' ', 'g')), '')""",
    # blanks separate thousands; a point or a comma precedes decimals
    "clean_number(x) AS "
    + _bind(
        TRIMMED,
        r"""regexp_replace(CASE
        WHEN regexp_full_match(v, '[+-]?\d{1,3}( \d{3})*([.,]\d+)?|[+-]?\d*[.,]\d+|\d+')
        THEN replace(replace(v, ' ', ''), ',', '.') ELSE v END, '^([+-]?\d+)\.0+$', '\1')""",
    ),
    "clean_pad(x, width) AS "
    + _bind(
        "clean_number(x)",
        r"""CASE WHEN regexp_full_match(v, '[0-9A-Za-z]+') AND length(v) < width
        THEN lpad(v, width, '0') ELSE v END""",
    ),
    "clean_url(x) AS "
    + _bind(
        TRIMMED,
        rf"""CASE WHEN regexp_matches(v, '(?i)^https?:?/+[^/\s]')
        THEN replace(lower(regexp_extract(v, '(?i)^https?')) || '://'
            || regexp_replace(v, '(?i)^https?:?/+', ''), ' ', '%20')
        WHEN regexp_full_match(v,
            '/*([{LETTERS}0-9_-]+\.)+[{LETTERS}]{{2,}}(:\d+)?([/?#][^@\s]*)?')
        THEN 'https://' || ltrim(v, '/') ELSE v END""",
    ),
    "clean_placeholder(x) AS "
    + _bind("x", f"CASE WHEN lower(clean_trim(v)) NOT IN {_list_literal(PLACEHOLDERS)} THEN v END"),
    "clean_upper(x) AS upper(clean_trim(x))",
    "clean_lower(x) AS lower(clean_trim(x))",
    r"clean_digits(x) AS nullif(regexp_replace(x, '\D', '', 'g'), '')",
    rf"""clean_compact(x) AS nullif(regexp_replace(regexp_replace(x,
        '{INVISIBLE_SIGNS}', '', 'g'), '{BLANKS}', '', 'g'), '')""",
    r"""clean_slug(x) AS nullif(trim(regexp_replace(lower(strip_accents(replace(replace(replace(
        replace(x, 'œ', 'oe'), 'Œ', 'oe'), 'æ', 'ae'), 'Æ', 'ae'))), '[^a-z0-9]+', '-', 'g'),
        '-'), '')""",
    # a day or a month written with its name; other texts are NULL
    "clean_month_name(x) AS "
    + _bind(
        "x",
        f"""CASE WHEN regexp_full_match(v, '{_DAY_MONTH_YEAR}')
        THEN concat_ws('-', regexp_extract(v, '{_DAY_MONTH_YEAR}', 3),
            {_map_literal(_MONTH_NUMBERS)}[regexp_extract(v, '{_DAY_MONTH_YEAR}', 2)],
            lpad(nullif(regexp_extract(v, '{_DAY_MONTH_YEAR}', 1), ''), 2, '0'))
        WHEN regexp_full_match(v, '{_MONTH_DAY_YEAR}')
        THEN concat_ws('-', regexp_extract(v, '{_MONTH_DAY_YEAR}', 3),
            {_map_literal(_MONTH_NUMBERS)}[regexp_extract(v, '{_MONTH_DAY_YEAR}', 1)],
            lpad(regexp_extract(v, '{_MONTH_DAY_YEAR}', 2), 2, '0')) END""",
    ),
    # a day in one of the usual notations; other texts are unchanged
    "clean_date(x) AS "
    + _bind(
        TRIMMED,
        r"""CASE WHEN regexp_full_match(v, '\d{1,2}[/.-]\d{1,2}[/.-]\d{4}([ T].*)?')
        THEN regexp_replace(regexp_replace(v,
            '^(\d{1,2})[/.-](\d{1,2})[/.-](\d{4}).*$', '\3-0\2-0\1'), '-0(\d{2})', '-\1', 'g')
        WHEN regexp_full_match(v, '\d{4}[/.-]\d{2}[/.-]\d{2}([ T].*)?')
        THEN regexp_replace(v, '^(\d{4})[/.-](\d{2})[/.-](\d{2}).*$', '\1-\2-\3')
        WHEN regexp_full_match(v, '(19|20)\d{2}(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])')
        THEN v[1:4] || '-' || v[5:6] || '-' || v[7:8]
        WHEN regexp_full_match(v, '\d{1,2}/\d{4}')
        THEN regexp_replace(regexp_replace(v, '^(\d{1,2})/(\d{4})$', '\2-0\1'),
            '-0(\d{2})', '-\1')
        WHEN regexp_matches(v, '\d{4}$') AND regexp_matches(v, '[A-Za-z\x{C0}-\x{17F}]{3}')
        THEN coalesce(clean_month_name(lower(strip_accents(v))), v)
        ELSE regexp_replace(v, '^(\d{4})\.0+$', '\1') END""",
    ),
    # a day, with its time unless that is midnight
    "clean_moment(x) AS "
    + _bind(
        TRIMMED,
        r"""clean_date(v) || CASE WHEN regexp_matches(v, '[ T]\d{1,2}:\d{2}')
        AND NOT regexp_matches(v, '[ T]0?0:00(:00(\.0+)?)?$')
        THEN 'T' || regexp_replace(regexp_replace(regexp_replace(
            regexp_extract(v, '[ T](\d{1,2}:\d{2}.*)$', 1), '^(\d):', '0\1:'),
            '\.\d+', ''), ' ?([+-]\d{2}):?(\d{2})$', '\1:\2')
        ELSE '' END""",
    ),
    # a time that says nothing of its zone is no moment: the day alone stays
    "clean_zoned(x) AS "
    + _bind(
        "clean_moment(x)",
        r"""CASE WHEN contains(v, 'T') AND NOT regexp_matches(v, '(Z|[+-]\d{2}:\d{2})$')
        THEN regexp_extract(v, '^[^T]*') ELSE v END""",
    ),
    "clean_country(x) AS country_code(clean_trim(x))",
    # what follows the last / or # of an address, without a query
    r"""clean_tail(x) AS nullif(regexp_extract(clean_trim(x), '([^/#?]*)[/#]?(\?.*)?$', 1), '')""",
    # e-mail addresses and telephone numbers in a text
    rf"""clean_nocontact(x) AS nullif(trim(regexp_replace(regexp_replace(x,
        '(?:(?i)mailto:)?[{LETTERS}0-9._%+-]+@[{LETTERS}0-9.-]+\.[{LETTERS}]{{2,}}', '[…]', 'g'),
        '(\+\d{{2}}[ .-]?(\(0\))?|\b0)[1-9]([ .-]?\d{{2}}){{4}}\b', '[…]', 'g')), '')""",
    # one letter is an initial at the end of a name, beside a point or another sign that joins
    # initials, and beside another initial; a D or L after a word is an article whose apostrophe
    # was left out
    rf"""is_initial(parts, place) AS length(parts[place]) = 1 AND (
        place = length(parts)
        OR regexp_full_match(parts[place + 1], '[.&+/].*')
        OR regexp_full_match(parts[place - 1], '.*[.&+/]')
        OR {_INITIAL_AFTER} AND {_INITIAL_BEFORE}
        OR parts[place] NOT IN ('d', 'l') AND ({_INITIAL_BEFORE}
            OR {_INITIAL_AFTER} AND parts[place + 2] NOT IN ('d', 'l')))""",
    rf"""title_word(parts, place) AS CASE
        WHEN list_contains({_list_literal(KEPT_CAPITALS)}, upper(parts[place]))
        THEN upper(parts[place])
        WHEN place > 1 AND list_contains({_list_literal(SMALL_WORDS)}, parts[place])
            AND NOT coalesce(is_initial(parts, place), FALSE) THEN parts[place]
        ELSE upper(parts[place][1]) || parts[place][2:] END""",
    # only names wholly in capitals: others have their proper case
    "clean_title(x) AS "
    + _bind(
        TRIMMED,
        rf"""CASE WHEN v = upper(v) AND v <> lower(v)
        AND length(regexp_replace(v, '[^{LETTERS}]', '', 'g')) > 3
        THEN list_transform(
            [regexp_extract_all(lower(v), '[{LETTERS}0-9]+|[^{LETTERS}0-9]+')],
            lambda parts: list_aggregate(list_transform(
                parts, lambda word, place: title_word(parts, place)), 'string_agg', ''))[1]
        ELSE v END""",
    ),
    r"""without_tags(x) AS regexp_replace(regexp_replace(regexp_replace(x,
        '(?is)<(script|style)[^>]*>.*?</(script|style)>', ' ', 'g'),
        '(?i)<br */?>|</(p|div|li|h[1-6]|tr)>', chr(10), 'g'), '<[^>]*>', '', 'g')""",
    # one pass, so that `&amp;eacute;` is `&eacute;`
    rf"""entity_text(part) AS CASE
        WHEN regexp_full_match(part, '&#[0-9]{{1,5}};')
            AND CAST(part[3:-2] AS INTEGER) NOT BETWEEN 55296 AND 57343
            AND CAST(part[3:-2] AS INTEGER) > 31
        THEN chr(CAST(part[3:-2] AS INTEGER))
        ELSE coalesce(getvariable('{ENTITIES_VARIABLE}')[part], part) END""",
    "without_entities(x) AS "
    + _bind(
        "x",
        rf"""CASE WHEN contains(v, '&')
        THEN list_aggregate(list_transform(regexp_extract_all(v, '{ENTITY}|[^&]+|&'),
            lambda part: entity_text(part)), 'string_agg', '')
        ELSE v END""",
    ),
    # nullif repeats its argument, which here is long
    "clean_html(x) AS "
    + _bind(
        r"""trim(regexp_replace(regexp_replace(without_entities(without_tags(x)),
        '[ \t\x{00A0}]+', ' ', 'g'), ' ?\n\s*', chr(10), 'g'), ' ' || chr(10))""",
        "nullif(v, '')",
    ),
)
LIST_MACROS: Final = (
    "list_parts(x, separators) AS "
    + _bind(
        "x",
        r"""list_filter(list_transform(
        CASE WHEN v IS NULL THEN NULL
        WHEN starts_with(ltrim(v), '[') AND json_valid(v) THEN from_json(v, '["VARCHAR"]')
        ELSE regexp_split_to_array(v, separators) END,
        lambda part: nullif(trim(part), '')), lambda part: part IS NOT NULL)""",
    ),
    "list_distinct_in_order(items) AS "
    + _bind("items", "list_filter(v, lambda item, place: list_position(v, item) = place)"),
)
CLEANERS: Final = (
    *("trim", "number", "pad", "url", "placeholder", "upper", "lower", "date", "moment", "digits"),
    *(
        "title",
        "html",
        "slug",
        "compact",
        "lambert_latitude",
        "lambert_longitude",
        "zoned",
        "tail",
        "nocontact",
        "country",
    ),
)
CLEANER_WITH_WIDTH: Final = "pad"


@dataclass(frozen=True)
class Cleaner:
    """Cleaner of a column, with the width of `pad:5`."""

    name: str
    width: int | None = None

    def build_sql(self, cell: str) -> str:
        """Return the SQL of a cleaned cell."""
        width = f", {self.width}" if self.width is not None else ""
        return f"clean_{self.name}({cell}{width})"


def parse_cleaner(text: str) -> Cleaner | None:
    """Parse the name of a cleaner; None where it is unknown."""
    match = re.fullmatch(r"([a-z_]+)(?::(\d{1,3}))?", text.strip())
    if not match or match[1] not in CLEANERS:
        return None
    if (match[1] == CLEANER_WITH_WIDTH) != bool(match[2]):
        return None
    return Cleaner(match[1], int(match[2]) if match[2] else None)


def define_cleaners(db: duckdb.DuckDBPyConnection) -> None:
    """Define the macros in a connection."""
    db.execute(f"SET VARIABLE {ENTITIES_VARIABLE} = {_map_literal(NAMED_ENTITIES)}")
    define_country_macro(db)
    for macro in (*MACROS, *LIST_MACROS):
        db.execute(f"CREATE OR REPLACE TEMP MACRO {macro}")
    define_projection_macros(db)

"""Interface texts: each one used, none missing, the same placeholders in both languages."""

import re
from collections.abc import Iterable, Mapping
from string import Formatter

import pytest

from api.i18n.texts import LOCALE_FOLDER, PLURAL_TEXTS, read_messages, read_plural_messages
from api.serving.code_version import PROJECT_ROOT
from api.views.embed_builder import THEMES
from api.views.fault_texts import LABELS
from api.views.labels import AMBIGUOUS_LEVELS
from api.views.list_view_names import VIEW_OPTIONS
from api.views.page_context import FOOTER, FORMAT_TEXTS, PageContext
from api.views.same_things import REASON_KEYS
from api.views.site_pages import CHANGES, WAYS
from api.views.source_page import SUMMARY_KEYS
from api.views.timeline_view import STEPS
from kg.errors import ParameterFault

LOOKUPS = re.compile(r"""\bt\(([^()]*)\)|\bngettext\(([^(),]*)|\bTEXTS\[([^\]]*)\]""")
QUOTED = re.compile(r"""(?<!~ )(?<!f)["']([\w-]+)["'](?! ~)""")
SCOPES = (
    "whole",
    "kind",
    "source",
    "scheme",
    "licence",
    "table",
    "relation",
    "added",
    "removed",
)
FAULTY = [(what, number) for what in ("filter", "setting") for number in ("one", "many")]
COMPUTED_KEYS = {
    *SUMMARY_KEYS,
    *REASON_KEYS.values(),
    *(key for heading, shown in FOOTER for key in (heading, *(name for name, _ in shown))),
    *(key for who, shown in WAYS for key in (who, *(way[0] for way in shown))),
    *FORMAT_TEXTS.values(),
    *(f"news_{change}_counted" for change in CHANGES),
    *(f"compare_{side}" for side in ("one", "other")),
    *(f"version_{change}" for change in ("first", *CHANGES)),
    *(f"view_{view}" for view in VIEW_OPTIONS),
    *AMBIGUOUS_LEVELS,
    *("created", "updated", "deleted"),  # RecordChange.change
    *("definitions", "definitions_given"),  # chosen by what a record defines
    *("class_codes", "class_rest"),  # chosen by the class
    *("territory", "source", "assertion"),  # facets without a column
    *("from", "to", "begun", "bbox"),  # filters without a column
    *("source_document", "source_register"),  # ess:sourceKind
    *("inferred", "inferred_hint", "external", "external_hint"),  # scheme assertion
    *(f"scope_{scope}" for scope in SCOPES),  # Dump.scope
    *(f"season_{month}" for month in range(21, 25)),
    *(f"theme_{theme}" for theme in THEMES),
    *(f"by_{step}" for step in STEPS),
    *(f"embed_shown_{shape}" for shape in ("list", "map", "calendar")),
    *(f"severity_{one}{end}" for one in ("violation", "warning", "info") for end in ("", "_hint")),
    *(f"fault_{fault}" for fault in ParameterFault),
    *LABELS.values(),
    *(f"language_{language}" for language in ("fr", "en")),
    *(f"{start}_{what}_{number}" for start in ("faults", "without") for what, number in FAULTY),
    *(f"sort_{sort}" for sort in ("label", "date", "-date", "-population", "relevance")),
}
"""Keys that the code puts together or takes from a variable."""
ALWAYS_SEVERAL = {
    "first_results",  # twenty of more
    "releases_read",  # 200,000 of more
    "values_many",  # beside values_one, which a script chooses
    "suggestions_many",
}


def test_no_text_is_missing_dead_or_different_between_languages() -> None:
    catalogues = {language: _read_all(language) for language in ("fr", "en")}
    assert not list(_find_faults(catalogues, _find_used_keys()))


@pytest.mark.parametrize(
    ("french", "english", "used", "fault"),
    [
        ({"invented": "x"}, {"invented": "x"}, set(), "invented: dead"),
        ({}, {}, {"invented"}, "invented: missing in fr"),
        ({"one": "x"}, {}, {"one"}, "one: missing in en"),
        ({"one": "x"}, {"one": ""}, {"one"}, "one: missing in en"),
        ({"one": "{a}"}, {"one": "{b}"}, {"one"}, "one: placeholders differ"),
    ],
)
def test_each_fault_of_a_catalogue_is_detected(
    french: dict[str, str], english: dict[str, str], used: set[str], fault: str
) -> None:
    assert fault in list(_find_faults({"fr": french, "en": english}, used))


def test_an_invented_key_among_the_real_ones_is_detected() -> None:
    catalogues = {language: _read_all(language) for language in ("fr", "en")}
    catalogues["fr"]["invented_hint"] = catalogues["en"]["invented_hint"] = "x"
    assert list(_find_faults(catalogues, _find_used_keys())) == ["invented_hint: dead"]


def test_no_french_line_breaks_before_its_punctuation() -> None:
    folder = LOCALE_FOLDER.parents[1] / "templates" / "about"
    pages = {
        path.name: re.sub(r"<[^>]*>|{{.*?}}|{%.*?%}", "", path.read_text("utf-8"))
        for path in folder.glob("*.fr.html")
    }
    assert len(pages) >= 5
    texts = {**_read_all("fr"), **pages}
    broken = [key for key, text in texts.items() if re.search(r"\S [:;?!»](?!\S)|« ", text)]
    assert not broken


def test_keys_are_unique_in_each_catalogue() -> None:
    for language in ("fr", "en"):
        text = (LOCALE_FOLDER / language / "LC_MESSAGES" / "interface.po").read_text("utf-8")
        keys = re.findall(r'^msgid "(.+)"$', text, re.MULTILINE)
        assert len(keys) == len(set(keys))


def test_each_plural_has_a_form_for_one_and_one_for_several() -> None:
    for messages in PLURAL_TEXTS.values():
        assert all(len(each.forms) == 2 and all(each.forms) for each in messages.values())
        # what tells no number is said of one alone
        assert [
            key for key, each in messages.items() if not _list_placeholders(each.forms[1])
        ] == []


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("fr", {0: "0 fiche", 1: "1 fiche", 2: "2 fiches", 1_000: "1\u202f000 fiches"}),
        ("en", {0: "0 records", 1: "1 record", 2: "2 records", 1_000: "1,000 records"}),
    ],
)
def test_words_follow_from_the_number(language: str, told: dict[int, str]) -> None:
    site = PageContext(language)
    assert {n: site.ngettext("records_counted", n) for n in told} == told


def test_the_share_that_is_known_agrees_with_its_total() -> None:
    for language, told in (("fr", "1 sur 1 fiche"), ("en", "1 of 1 record")):
        assert PageContext(language).ngettext("known_of", 1, known="1", total="1") == told


def test_nothing_that_is_counted_has_one_form() -> None:
    """A number before a noun in the plural would be wrong of one."""
    for language in ("fr", "en"):
        number = r"\{(?:count|shown|known|total|records|rows|communes|counted)\}"
        wrong = {
            key: text
            for key, text in read_messages(language).items()
            if re.search(number + r" (?!of\b|sur\b|for\b|de plus\b|more\b)[^\W\d]+s\b", text)
        }
        assert set(wrong) <= ALWAYS_SEVERAL, wrong


def _read_all(language: str) -> dict[str, str]:
    """The messages by key, of those with a plural all forms."""
    plurals = read_plural_messages(language)
    singles = read_messages(language)
    assert not plurals.keys() & singles.keys()
    return {**singles, **{key: " ".join(each.forms) for key, each in plurals.items()}}


def _find_used_keys() -> set[str]:
    files = (p for p in (PROJECT_ROOT / "api").rglob("*") if p.suffix in (".py", ".html"))
    code = "\n".join(file.read_text("utf-8") for file in files)
    arguments = ("".join(groups) for groups in LOOKUPS.findall(code))
    return {key for text in arguments for key in QUOTED.findall(text)} | COMPUTED_KEYS


def _find_faults(catalogues: Mapping[str, Mapping[str, str]], used: set[str]) -> Iterable[str]:
    texts = set().union(*catalogues.values())
    yield from sorted(f"{key}: dead" for key in texts - used)
    for key in sorted(texts | used):
        absent = [language for language, texts in catalogues.items() if not texts.get(key)]
        yield from (f"{key}: missing in {language}" for language in absent)
        if not absent and len({_list_placeholders(c[key]) for c in catalogues.values()}) > 1:
            yield f"{key}: placeholders differ"


def _list_placeholders(text: str) -> frozenset[str | None]:
    return frozenset(name for _, name, _, _ in Formatter().parse(text) if name)

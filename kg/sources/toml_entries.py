"""Typed access to the entries of a TOML table; errors are ValueErrors for its author."""

import difflib
import math
import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

IRI_PATTERN: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\x00-\x20<>\"{}|\\^`]+")

LANGUAGE_PATTERN: Final = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{1,8})*")


def require_known_entries(data: Mapping[str, Any], known: Sequence[str], where: str) -> None:
    """Raise ValueError for unknown entries, which would otherwise be ignored silently."""
    for name in data:
        if name not in known:
            near = difflib.get_close_matches(name, known, 1, 0.6)
            hint = f"; did you mean {near[0]}?" if near else f" (there are {', '.join(known)})"
            raise ValueError(f"unknown entry {where}{name}{hint}")


def get_table(data: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """Return a table; empty where it is absent."""
    entries = data.get(name, {})
    if not isinstance(entries, dict):
        raise ValueError(f"{name} = {entries!r} is no table: write [{name}] and its entries below")
    return entries


def get_text(data: Mapping[str, Any], name: str, where: str = "", *, needed: bool = False) -> str:
    """Return a text; empty where it is optional and absent."""
    value = data[name] if needed else data.get(name, "")
    if not isinstance(value, str):
        raise ValueError(f"{where}{name} = {value!r} is no text: write it between quotes")
    return value


def get_language(data: Mapping[str, Any], name: str, usual: str) -> str:
    """Return the tag of a language (BCP 47)."""
    value = get_text(data, name) or usual
    if not LANGUAGE_PATTERN.fullmatch(value):
        raise ValueError(f"{name} = {value!r} is no code of a language (fr, en, br, pt-BR)")
    return value


def get_iri(data: Mapping[str, Any], name: str, *, needed: bool = False) -> str:
    """Return an absolute IRI; empty where it is optional and absent."""
    value = get_text(data, name, needed=needed)
    if (value or needed) and not IRI_PATTERN.fullmatch(value):
        raise ValueError(f"{name} = {value!r} is no address (https://…, without a blank)")
    return value


def get_day(data: Mapping[str, Any], name: str) -> str:
    """Return a day as YYYY-MM-DD."""
    value = data[name]
    try:
        return date.fromisoformat(str(value)).isoformat()
    except ValueError:
        raise ValueError(f"{name} = {str(value)!r} is no day (2026-11-29)") from None


def get_whole_number(
    data: Mapping[str, Any], name: str, where: str, usual: int | None = None
) -> int:
    """Return an integer of at least 0."""
    value = data[name] if usual is None else data.get(name, usual)
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ValueError(f"{where}{name} = {value!r} is no whole number from 0 on")
    return value


def get_share(data: Mapping[str, Any], name: str, where: str, usual: float) -> float:
    """Return a number from 0 to 1."""
    value = data.get(name, usual)
    good = isinstance(value, int | float) and not isinstance(value, bool)
    if not good or math.isnan(value) or not 0 <= value <= 1:
        raise ValueError(f"{where}{name} = {value!r} is no share: a number from 0 to 1")
    return float(value)


def get_texts(data: Mapping[str, Any], name: str, where: str = "") -> tuple[str, ...]:
    """Return a text or a list of texts as a tuple; empty where absent."""
    value = data.get(name, [])
    texts = [value] if isinstance(value, str) else value
    if not isinstance(texts, list) or not all(isinstance(text, str) and text for text in texts):
        raise ValueError(f"{where}{name} = {value!r} is neither a text nor a list of texts")
    return tuple(texts)


def get_switch(data: Mapping[str, Any], name: str, where: str = "") -> bool:
    """Return a boolean; false where absent."""
    value = data.get(name, False)
    if not isinstance(value, bool):
        raise ValueError(f"{where}{name} = {value!r} is neither true nor false")
    return value


def find_nearest(name: str, known: Sequence[str]) -> str:
    """Suggest a known name for an unknown one; empty where none is similar."""
    folded = {each.casefold(): each for each in known}
    near = difflib.get_close_matches(name.casefold(), list(folded), 1, 0.6)
    return folded[near[0]] if near else ""

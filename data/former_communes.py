"""Derives the former codes of communes from their movements, as INSEE publishes them.

    python data/former_communes.py v_mvt_commune.csv v_commune.csv |
        gzip -n9 >data/sources/territoires/raw/former_communes.csv.gz

One line for each time that what a code named as a commune went, whole or in part, under another
code or another name (accents aside), or became a part of the commune that has the code since: the
code, the name it had, the first day on which the code did not name that any more, or not so, and
the keys of the territories of today in which it lies. Where the commune went on as a delegated or
associated one of the same code and name that is there today, that is what it became.
Saint-Barthélemy and Saint-Martin ended with no successor in the file: their codes of today are
added.
"""

import csv
import sys
from collections import defaultdict
from pathlib import Path

PARTS = {"COMD": "commune-deleguee", "COMA": "commune-associee"}
OVERSEAS = {"97123": ["commune-97701"], "97127": ["commune-97801"]}


class Movements:
    """What became of each code, by the day."""

    def __init__(self, movements: Path, communes: Path) -> None:
        self.names: dict[tuple[str, str], str] = {}
        self.after: dict[str, dict[str, set[str]]] = defaultdict(dict)
        """Code, then day, to the codes under which what it named as a commune is a commune."""
        self.kept: set[tuple[str, str]] = set()
        """(code, day) where it became a delegated or associated commune of that code and name."""
        self.renamed: set[tuple[str, str]] = set()
        """(code, day) where the commune that goes on under the code has another name."""
        for row in rows(movements):
            if row["TYPECOM_AV"] != "COM":
                continue
            code, day = row["COM_AV"], row["DATE_EFF"]
            self.names.setdefault((code, day), row["LIBELLE_AV"])
            found = self.after[code].setdefault(day, set())
            if row["TYPECOM_AP"] == "COM":
                found.add(row["COM_AP"])
                if row["COM_AP"] == code and name(row, "AV") != name(row, "AP"):
                    self.renamed.add((code, day))
            elif row["TYPECOM_AP"] in PARTS and (code, *name(row, "AV")) == (
                row["COM_AP"],
                *name(row, "AP"),
            ):  # of another name, it is only a part of what it was
                self.kept.add((code, day))
        listed = rows(communes)
        self.today = {row["COM"] for row in listed if row["TYPECOM"] == "COM"}
        self.parts = {
            row["COM"]: (PARTS[row["TYPECOM"]], row["COMPARENT"])
            for row in listed
            if row["TYPECOM"] in PARTS
        }

    def ends(self, code: str, day: str, seen: frozenset[str]) -> set[str]:
        """The communes of today of what a code names from a day on."""
        days = self.after.get(code, {})
        same = days.get(day, set())
        if seen and same and code not in same:  # it went on the day on which it came
            following = [(new, day) for new in same if new not in seen]
        else:
            later = [each for each in sorted(days) if each > day and days[each]]
            if not later:
                return {code} & self.today
            following = [(new, later[0]) for new in days[later[0]]]
        found: set[str] = set()
        for new, when in following:
            passed = frozenset() if new == code else seen | {code, new}
            found |= self.ends(new, when, passed)
        return found

    def lines(self) -> list[tuple[str, str, str, str]]:
        """(code, name, until, keys) in order."""
        found = []
        for code in sorted(self.after):
            for day, following in sorted(self.after[code].items()):
                if not (following or code in OVERSEAS):
                    continue
                keys = OVERSEAS.get(code) or self._keys(code, day, following)
                same = following == {code} and (code, day) not in self.renamed
                if same and not any(key.startswith(tuple(PARTS.values())) for key in keys):
                    continue
                found.append((code, self.names[code, day], day, "|".join(keys)))
        return found

    def _keys(self, code: str, day: str, following: set[str]) -> list[str]:
        found: set[str] = set()
        for new in following:
            passed = frozenset() if new == code else frozenset({code, new})
            found |= self.ends(new, day, passed)
        kind, parent = self.parts.get(code, ("", ""))
        if kind and (code, day) in self.kept and found == {parent}:
            return [f"{kind}-{code}"]
        return sorted(f"commune-{new}" for new in found)


def name(row: dict[str, str], side: str) -> tuple[str, str]:
    """The name of a side of a movement, without accents, with the kind of its article."""
    return row[f"TNCC_{side}"], row[f"NCC_{side}"]


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def main() -> None:
    movements, communes = map(Path, sys.argv[1:3])
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(("code", "label", "until", "became"))
    writer.writerows(Movements(movements, communes).lines())


if __name__ == "__main__":
    main()

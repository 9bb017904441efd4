"""Licences of data: their addresses by the short names that people give them, and back."""

import re
from typing import Final

LICENCES: Final = {
    "cc0": "https://creativecommons.org/publicdomain/zero/1.0/",
    "ccby": "https://creativecommons.org/licenses/by/4.0/",
    "ccby40": "https://creativecommons.org/licenses/by/4.0/",
    "ccbysa": "https://creativecommons.org/licenses/by-sa/4.0/",
    "ccbysa40": "https://creativecommons.org/licenses/by-sa/4.0/",
    "odbl": "https://opendatacommons.org/licenses/odbl/1-0/",
    "licenceouverte": "https://www.etalab.gouv.fr/licence-ouverte-open-licence",
    "licenceouverte20": "https://www.etalab.gouv.fr/licence-ouverte-open-licence",
    "etalab": "https://www.etalab.gouv.fr/licence-ouverte-open-licence",
    "lo": "https://www.etalab.gouv.fr/licence-ouverte-open-licence",
    "mit": "https://opensource.org/license/mit",
}
"""Licences by the short names that people give them, folded."""
NOT_STATED: Final = "https://rightsstatements.org/vocab/UND/1.0/"
LICENCE_NAMES: Final = {
    "https://www.etalab.gouv.fr/licence-ouverte-open-licence": "Licence Ouverte",
    "https://creativecommons.org/publicdomain/zero/1.0/": "CC0",
    "https://creativecommons.org/licenses/by/4.0/": "CC BY 4.0",
    "https://creativecommons.org/licenses/by-sa/4.0/": "CC BY-SA 4.0",
    "https://opendatacommons.org/licenses/odbl/1-0/": "ODbL",
    NOT_STATED: "not stated",
}
"""Short names of licences by address."""


def find_licence(text: str) -> str:
    """The address of a licence by its short name; a text that is none as it is."""
    return LICENCES.get(re.sub(r"[^a-z0-9]", "", text.lower()), text)


def name_licence(address: str) -> str:
    """The short name of a licence; an address that has none as it is."""
    return LICENCE_NAMES.get(address, address)


def make_licence_slug(licence: str) -> str:
    """The end of the address of a licence, as a part of a file name (`licences-by-4-0`)."""
    parts = [part for part in licence.split("://")[-1].split("/")[1:] if part]
    return re.sub("[^a-z0-9]+", "-", "-".join(parts).lower()).strip("-") or "other"

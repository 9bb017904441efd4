"""The catalogue in the terms of schema.org, for the pages that search engines read."""

from collections.abc import Mapping
from typing import Any, Final

import orjson
from markupsafe import Markup

from api.profiles import SCHEMA, data_block
from api.render.texts import TEXTS
from api.representation import Representation
from kg.iris import source
from kg.namespaces import BASE

WHOLE: Final = "whole"


def catalogue_block(shown: Representation) -> Markup:
    """The catalogue, the whole graph with its files, and each source with its licence."""
    served, language = shown.served, shown.language
    manifest = served.manifest
    name, about = TEXTS["tagline"][language], TEXTS["about"][language]
    whole = {
        "@type": "Dataset",
        "@id": f"{BASE}catalogue#whole",
        "name": name,
        "description": about,
        "url": f"{shown.origin}/dumps",
        "version": served.release.id,
        "dateModified": served.created.isoformat(),
        "license": served.licences(),
        "distribution": [
            _download(dump, f"{shown.origin}/dumps/{served.release.id}")
            for dump in manifest.get("dumps", ())
            if dump["scope"] == WHOLE
        ],
    }
    content = {
        "@context": SCHEMA,
        "@type": "DataCatalog",
        "@id": f"{BASE}catalogue",
        "name": name,
        "description": about,
        "url": f"{shown.origin}/catalogue",
        "license": manifest.get("licence"),
        "dataset": [
            whole,
            *(_of_source(one, shown.origin, language) for one in manifest.get("sources", ())),
        ],
    }
    return data_block(orjson.dumps(content))


def _of_source(one: Mapping[str, Any], origin: str, language: str) -> dict[str, Any]:
    return {
        "@type": "Dataset",
        "@id": source(one["name"]),
        "name": one["title"][language],
        "url": f"{origin}/source/{one['name']}",
        "license": one["licence"],
    }


def _download(dump: Mapping[str, Any], folder: str) -> dict[str, Any]:
    return {
        "@type": "DataDownload",
        "name": dump["name"],
        "contentUrl": f"{folder}/{dump['name']}",
        "encodingFormat": dump["media_type"],
        "contentSize": str(dump["bytes"]),
    }

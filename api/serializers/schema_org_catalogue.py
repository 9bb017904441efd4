"""Schema.org description of the catalogue and its datasets, for search engines."""

from collections.abc import Mapping
from typing import Any, Final

import orjson
from markupsafe import Markup

from api.i18n.texts import TEXTS
from api.serving.profiles import SCHEMA_ORG, escape_json_block
from api.serving.representation import Representation
from kg.iris import build_source_iri
from kg.namespaces import BASE

WHOLE_SCOPE: Final = "whole"


def build_catalogue_block(variant: Representation) -> Markup:
    """The catalogue, the whole graph with its files, and each source with its licence."""
    served, language = variant.served, variant.language
    manifest = served.manifest
    name, about = TEXTS["tagline"][language], TEXTS["about"][language]
    whole = {
        "@type": "Dataset",
        "@id": f"{BASE}catalogue#whole",
        "name": name,
        "description": about,
        "url": f"{variant.origin}/dumps",
        "version": served.release.id,
        "dateModified": served.created.isoformat(),
        "license": served.list_licences(),
        "distribution": [
            _describe_download(dump, f"{variant.origin}/dumps/{served.release.id}")
            for dump in manifest.get("dumps", ())
            if dump["scope"] == WHOLE_SCOPE
        ],
    }
    content = {
        "@context": SCHEMA_ORG,
        "@type": "DataCatalog",
        "@id": f"{BASE}catalogue",
        "name": name,
        "description": about,
        "url": f"{variant.origin}/catalogue",
        "license": manifest.get("licence"),
        "dataset": [
            whole,
            *(
                _describe_source(one, variant.origin, language)
                for one in manifest.get("sources", ())
            ),
        ],
    }
    return escape_json_block(orjson.dumps(content))


def _describe_source(one: Mapping[str, Any], origin: str, language: str) -> dict[str, Any]:
    return {
        "@type": "Dataset",
        "@id": build_source_iri(one["name"]),
        "name": one["title"][language],
        "url": f"{origin}/source/{one['name']}",
        "license": one["licence"],
    }


def _describe_download(dump: Mapping[str, Any], folder: str) -> dict[str, Any]:
    return {
        "@type": "DataDownload",
        "name": dump["name"],
        "contentUrl": f"{folder}/{dump['name']}",
        "encodingFormat": dump["media_type"],
        "contentSize": str(dump["bytes"]),
    }

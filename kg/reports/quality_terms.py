"""The quality of a source in the words of https://www.w3.org/TR/vocab-dqv/."""

from collections.abc import Iterator
from typing import Final

import pyoxigraph as ox

from kg.iris import source as source_iri
from kg.mapping.triples import link, texts, typed
from kg.namespaces import BASE
from kg.reports.reported import Reported
from kg.reports.score import MEASURES, Measure

DQV: Final = "http://www.w3.org/ns/dqv#"
METRIC: Final = BASE + "report#"


def measurements(reported: Reported) -> Iterator[ox.Triple]:
    """A measurement for each share of the quality of a report's source; nothing without one."""
    shares = reported.quality.shares if reported.quality else {}
    for measure in MEASURES:
        if measure.name in shares:
            yield from _metric(measure)
            yield from _measurement(source_iri(reported.name), measure, shares[measure.name])


def _metric(measure: Measure) -> Iterator[ox.Triple]:
    metric = METRIC + measure.name
    yield link(metric, "rdf:type", DQV + "Metric")
    yield from texts(metric, "skos:prefLabel", measure.label)
    yield from texts(metric, "skos:definition", measure.definition)
    yield link(metric, DQV + "expectedDataType", "xsd:decimal")


def _measurement(source: str, measure: Measure, share: float) -> Iterator[ox.Triple]:
    node = f"{source}#quality-{measure.name}"
    yield link(source, DQV + "hasQualityMeasurement", node)
    yield link(node, "rdf:type", DQV + "QualityMeasurement")
    yield link(node, DQV + "computedOn", source)
    yield link(node, DQV + "isMeasurementOf", METRIC + measure.name)
    yield typed(node, DQV + "value", f"{share:.4f}", "xsd:decimal")

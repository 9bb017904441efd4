"""Quality measurements of a source in DQV (https://www.w3.org/TR/vocab-dqv/)."""

from collections.abc import Iterator
from typing import Final

import pyoxigraph as ox

from kg.iris import build_source_iri as source_iri
from kg.namespaces import BASE
from kg.rdf.build import iri_triple, text_triples, typed_triple
from kg.reports.quality_score import QUALITY_MEASURES, QualityMeasure
from kg.reports.report_model import Report

DQV_NAMESPACE: Final = "http://www.w3.org/ns/dqv#"
METRIC_NAMESPACE: Final = BASE + "report#"


def build_measurements(reported: Report) -> Iterator[ox.Triple]:
    """A measurement for each share of the quality of a report's source; nothing without one."""
    shares = reported.quality.shares if reported.quality else {}
    for measure in QUALITY_MEASURES:
        if measure.name in shares:
            yield from _iter_metric(measure)
            yield from _iter_measurement(source_iri(reported.name), measure, shares[measure.name])


def _iter_metric(measure: QualityMeasure) -> Iterator[ox.Triple]:
    metric = METRIC_NAMESPACE + measure.name
    yield iri_triple(metric, "rdf:type", DQV_NAMESPACE + "Metric")
    yield from text_triples(metric, "skos:prefLabel", measure.label)
    yield from text_triples(metric, "skos:definition", measure.definition)
    yield iri_triple(metric, DQV_NAMESPACE + "expectedDataType", "xsd:decimal")


def _iter_measurement(source: str, measure: QualityMeasure, share: float) -> Iterator[ox.Triple]:
    node = f"{source}#quality-{measure.name}"
    yield iri_triple(source, DQV_NAMESPACE + "hasQualityMeasurement", node)
    yield iri_triple(node, "rdf:type", DQV_NAMESPACE + "QualityMeasurement")
    yield iri_triple(node, DQV_NAMESPACE + "computedOn", source)
    yield iri_triple(node, DQV_NAMESPACE + "isMeasurementOf", METRIC_NAMESPACE + measure.name)
    yield typed_triple(node, DQV_NAMESPACE + "value", f"{share:.4f}", "xsd:decimal")

"""Life of a record that continues until an end is stated: an organisation, a cluster, a project."""

from kg.catalogue.catalogue import Catalogue
from kg.catalogue.edtf import OPEN_ENDED_KINDS, Interval, is_on_day
from kg.iris import parse_record_iri


def may_exist_on(catalogue: Catalogue, iri: str, day: Interval) -> bool:
    """Whether a record is not known to have begun after a day, or to have ended before it."""
    ref = parse_record_iri(iri)
    if ref is None or ref.kind not in OPEN_ENDED_KINDS:
        return True
    item = catalogue.find_entity(ref.kind, ref.key)
    begin, end = item.dates if item is not None else ("", "")
    return is_on_day(begin or "", end or "", day) is not False

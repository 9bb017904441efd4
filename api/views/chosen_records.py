"""Boxes in which a record is chosen: the record with a way to change it, or a text and choices."""

from collections.abc import Sequence
from dataclasses import dataclass

from api.views.labels import disambiguate_name
from api.views.page_context import PageContext
from kg.catalogue.records import Item
from kg.kinds import KIND_BY_NAME


@dataclass(frozen=True)
class ChosenRecord:
    """A box of a form as it is shown."""

    parameter: str
    label: str
    written: str
    key: str
    """Kind and key of the record, else what was written."""
    kind: str
    """Empty where no record is known."""
    kind_text: str
    name: str
    href: str
    change: str
    """The form without this record."""
    choices: Sequence[tuple[str, str, str]]
    """(name, kind, address) of the records that may be meant."""


def build_chosen_record(
    parameter: str,
    label: str,
    written: str,
    record: Item | None,
    choices: Sequence[Item],
    path: str,
    kept: Sequence[tuple[str, str]],
    site: PageContext,
) -> ChosenRecord:
    """A box of the form at `path`, whose other parameters are `kept`."""
    return ChosenRecord(
        parameter,
        label,
        written,
        f"{record.kind}/{record.key}" if record else written,
        record.kind if record else "",
        site.localize(KIND_BY_NAME[record.kind].label) if record else "",
        name_record(record, site) if record else "",
        site.href(record.path) if record else "",
        site.href(path, kept),
        [
            (
                name_record(item, site),
                site.localize(KIND_BY_NAME[item.kind].label),
                site.href(path, [*kept, (parameter, f"{item.kind}/{item.key}")]),
            )
            for item in choices
        ],
    )


def name_record(item: Item, site: PageContext) -> str:
    """The name of a record; of a territory that has its chief town's name, its level too."""
    return disambiguate_name(item.label[site.language], item.iri, site)

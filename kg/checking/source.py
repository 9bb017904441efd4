"""Files read as a source would read them: its description, its SQL, its alignments, their data."""

from collections.abc import Sequence
from pathlib import Path

from kg.errors import SourceError
from kg.sources import Source, describe
from kg.sources.files import stem_of


def with_files(folder: Path, paths: Sequence[Path], work: Path) -> Source:
    """The source of a folder with files in the place of its own that have the same name.

    A file of another name takes the place of the only one there is. It is a folder of links in
    `work`: the source itself does not change. Raises SourceError where a file has no place.
    """
    source = describe(folder.resolve())
    copy = work / source.name
    for path in source.files():
        _link(path, copy / path.relative_to(source.folder))
    for path in paths:
        if not path.resolve().is_relative_to(source.folder):
            _put(path.resolve(), source, copy)
    return describe(copy)


def _put(path: Path, source: Source, copy: Path) -> None:
    own = [file for file in source.files() if file.parent != source.folder]
    same = [file for file in own if stem_of(file) == stem_of(path)]
    replaced = same or (own if len(own) == 1 else [])
    if not replaced:
        known = ", ".join(file.name for file in own) or "none"
        raise SourceError(
            f"{path.name}: the source {source.name} has no file of that name; it has {known}",
            f"{path.name} : la source {source.name} n'a pas de fichier de ce nom ; elle a {known}",
        )
    for file in replaced:
        (copy / file.relative_to(source.folder)).unlink()
    place = replaced[0].relative_to(source.folder)
    name = stem_of(replaced[0]) + path.name.removeprefix(stem_of(path))
    _link(path, copy / place.with_name(name))


def _link(path: Path, place: Path) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    place.symlink_to(path)

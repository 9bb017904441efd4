"""Source overlay: files read with the description, SQL, alignments and data of a source."""

from collections.abc import Sequence
from pathlib import Path

from kg.errors import SourceError
from kg.sources import Source, read_source_description
from kg.sources.file_opener import strip_extensions


def overlay_files(folder: Path, paths: Sequence[Path], work: Path) -> Source:
    """The source of a folder with files in the place of its own that have the same name.

    A file of another name takes the place of the only one there is. It is a folder of links in
    `work`: the source itself does not change. Raises SourceError where a file has no place.
    """
    source = read_source_description(folder.resolve())
    copy = work / source.name
    for path in source.list_files():
        _create_link(path, copy / path.relative_to(source.folder))
    for path in paths:
        if not path.resolve().is_relative_to(source.folder):
            _replace_file(path.resolve(), source, copy)
    return read_source_description(copy)


def _replace_file(path: Path, source: Source, copy: Path) -> None:
    own = [file for file in source.list_files() if file.parent != source.folder]
    same = [file for file in own if strip_extensions(file) == strip_extensions(path)]
    replaced = same or (own if len(own) == 1 else [])
    if not replaced:
        names = ", ".join(file.name for file in own) or "none"
        raise SourceError(
            f"{path.name}: the source {source.name} has no file of that name; it has {names}",
            f"{path.name} : la source {source.name} n'a pas de fichier de ce nom ; elle a {names}",
        )
    for file in replaced:
        (copy / file.relative_to(source.folder)).unlink()
    place = replaced[0].relative_to(source.folder)
    name = strip_extensions(replaced[0]) + path.name.removeprefix(strip_extensions(path))
    _create_link(path, copy / place.with_name(name))


def _create_link(path: Path, place: Path) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    place.symlink_to(path)

"""Files of npm packages that the pages use, copied into `vendor/` at one version each.

    python api/static/vendored.py [--refresh]

Without an option the files are compared with those of the packages; `--refresh` copies them and
writes `VENDORED.md`. Packages come from the registry that npm is set up for.
"""

import argparse
import hashlib
import subprocess
import sys
import tarfile
import tempfile
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

HERE: Final = Path(__file__).parent
FOLDER: Final = HERE / "vendor"
TABLE: Final = HERE / "VENDORED.md"
PREFIX: Final = "package/"
"""Folder that an npm archive has its files in."""
HEAD: Final = """# Libraries of the pages

Copied from npm packages, unchanged, so that a page loads nothing from elsewhere. `vendored.toml`
names them; `make vendor` compares the files with those of the packages, and
`make vendor REFRESH=1` copies them again and writes this page.

| file | package | licence | what for | SHA-256 |
|---|---|---|---|---|
"""


def main() -> int:
    """Compares or copies; 1 where a file is not that of its package."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0] if __doc__ else None)
    parser.add_argument("--refresh", action="store_true", help="copy the files again")
    refresh = parser.parse_args().refresh
    packages = tomllib.loads((HERE / "vendored.toml").read_text("utf-8"))["package"]
    wrong = []
    with tempfile.TemporaryDirectory() as folder:
        for package in packages:
            for name, content in read_package(package, Path(folder)):
                path = FOLDER / name
                if refresh:
                    path.parent.mkdir(exist_ok=True)
                    path.write_bytes(content)
                elif not path.is_file() or path.read_bytes() != content:
                    wrong.append(name)
    if refresh:
        TABLE.write_text(describe(packages), "utf-8")
    for name in wrong:
        print(f"{name} is not the file of its package", file=sys.stderr)
    return 1 if wrong else 0


def read_package(package: Mapping[str, Any], folder: Path) -> Iterator[tuple[str, bytes]]:
    """Name in `vendor/` and content of each file of a package."""
    command = ["npm", "pack", "--silent", f"{package['name']}@{package['version']}"]
    archive = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True)
    with tarfile.open(folder / archive.stdout.split()[-1]) as files:
        for inside, name in package["files"].items():
            file = files.extractfile(PREFIX + inside)
            assert file is not None, f"{package['name']} has no {inside}"
            yield name, file.read()


def describe(packages: list[Mapping[str, Any]]) -> str:
    """The table of the files, in Markdown."""
    return HEAD + "".join(
        f"| `{name}` | {package['name']} {package['version']} | {package['licence']} "
        f"| {package['what']} | `{hash_file(name)}` |\n"
        for package in packages
        for name in package["files"].values()
    )


def hash_file(name: str) -> str:
    """SHA-256 of a file of `vendor/`, hexadecimal."""
    return hashlib.sha256((FOLDER / name).read_bytes()).hexdigest()


if __name__ == "__main__":
    sys.exit(main())

"""Where a pyoxigraph store may be opened: import-linter sees modules, not classes."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
STORE_OPENERS = ("kg/sparql/", "kg/shacl/", "kg/mapping/", "kg/rdf/stores.py")
OTHER_OPENERS = {
    "kg/dry_run/external_references.py": "the store of references that files to check point to",
    "kg/releases/canonical_values.py": "canonical literals, as the engine stores them",
    "kg/releases/inference.py": "CONSTRUCT queries over the quads of a release",
    "kg/releases/store_loader.py": "the store of a release, written here",
    "kg/releases/store_update.py": "the store of a release, as a change of another's",
    "kg/validation/batch_worker.py": "the graph of a batch, handed to kg.shacl",
}


def find_opened_stores(path: Path) -> Iterator[int]:
    """Lines that call `Store(...)`, `ox.Store(...)` or one of the class's constructors."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call):
            function = node.func
        elif isinstance(node, ast.Attribute) and node.attr == "read_only":
            function = node.value  # handed to a thread, which calls it
        else:
            continue
        if ast.unparse(function) in ("Store", "ox.Store", "pyoxigraph.Store"):
            yield node.lineno


def test_stores_are_opened_where_the_architecture_says():
    openers = {
        str(path.relative_to(ROOT))
        for folder in ("kg", "api")
        for path in (ROOT / folder).rglob("*.py")
        if any(find_opened_stores(path))
    }
    assert {name for name in openers if not name.startswith(STORE_OPENERS)} == set(OTHER_OPENERS)


def test_a_constructor_handed_to_a_thread_counts(tmp_path):
    file = tmp_path / "module.py"
    file.write_text("run(ox.Store.read_only, path)\nox.Store()\nstore: ox.Store\n")
    assert sorted(set(find_opened_stores(file))) == [1, 2]

"""SQL quoting of identifiers and texts."""


def identifier(identifier: str) -> str:
    """An identifier, quoted."""
    return '"' + identifier.replace('"', '""') + '"'


def literal(value: str) -> str:
    """A text literal, quoted."""
    return "'" + value.replace("'", "''") + "'"

"""Entity tags: whether a client has what it asks for already (RFC 9110, section 13.1.2)."""


def is_known(client_tags: str, etag: str) -> bool:
    """Tell whether the value of `If-None-Match` names a tag; `*` names any, weak ones are equal."""
    tags = {tag.strip().removeprefix("W/") for tag in client_tags.split(",")}
    return etag in tags or "*" in tags

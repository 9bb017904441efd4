"""Tracking parameters (`utm_source`, `fbclid`…), removed from every query string.

Networks, newsletters and measuring tools mark the links that go through them, and scripts add a
number against caches. Who follows such a link chose none of it. They are taken out before anything
looks at a request, so that they are neither refused, nor repeated in a link, nor part of what an
answer is kept by.
"""

from typing import Final

TRACKING_NAMES: Final = frozenset(
    b"_ _ga _gl _hsenc _hsmi __cf_chl_tk __hstc __hssc __hsfp cachebust cachebuster dclid epik "
    b"fb_action_ids fb_action_types fb_ref fb_source fbclid gad_campaignid gad_source gbraid "
    b"gclid gclsrc hsCtaTracking igsh igshid li_fat_id mkt_tok msclkid nocache oly_anon_id "
    b"oly_enc_id rb_clickid s_cid s_kwcid srsltid ttclid twclid vero_conv vero_id wbraid wickedid "
    b"xtcr xtor yclid ysclid".split()
)
TRACKING_PREFIXES: Final = (
    b"utm_",
    b"mc_",
    b"mtm_",
    b"pk_",
    b"at_",
    b"hsa_",
    b"matomo_",
    b"piwik_",
)
FIRST_BYTES: Final = frozenset(name[0] for name in (*TRACKING_NAMES, *TRACKING_PREFIXES))
"""The bytes that they begin with: most queries have one parameter, which begins with another."""


def remove_tracking_parameters(query: bytes) -> bytes:
    """A query string without those parameters; as it is where there are none."""
    if b"&" not in query:
        return b"" if query and query[0] in FIRST_BYTES and _is_tracking_parameter(query) else query
    parts = query.split(b"&")
    remaining = [part for part in parts if not _is_tracking_parameter(part)]
    return query if len(remaining) == len(parts) else b"&".join(remaining)


def _is_tracking_parameter(part: bytes) -> bool:
    end = part.find(b"=")  # what follows may be long, and is not copied
    name = part if end < 0 else part[:end]
    return name in TRACKING_NAMES or name.startswith(TRACKING_PREFIXES)

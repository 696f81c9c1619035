"""Where a link really leads: whatever it says, its host as the name service knows it."""

import re
from urllib.parse import urlsplit

_HOST_MAX = 253
_LINK_MAX = 2_000
_SCHEMES = ("http://", "https://", "mailto:")
# What browsers leave out of an address.
_LEFT_OUT = str.maketrans("", "", "\t\n\r")
# What ends a link, or is read as another sign than it looks like.
_ODD = re.compile(
    r"[\x00-\x20\x7f-\xa0\\\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]"
)


def host_of(link: str) -> str | None:
    """The name of the host that an http link leads to, or None for what leads nowhere, or not
    where it seems to.

    >>> host_of("https://Example.com/a"), host_of("https://p\u0430ypal.com"), host_of("http://a@b.c")
    ('example.com', 'xn--pypal-4ve.com', None)
    """
    try:
        parts = urlsplit(link)
        host, _ = parts.hostname or "", parts.port
        # The codec takes long for what no host can be called.
        real = host.encode("idna").decode("ascii") if len(host) <= _HOST_MAX else ""
    except ValueError:
        return None
    return real if real.strip(".") and "@" not in parts.netloc else None


def safe_link(sent: str) -> str:
    """A link as it may be followed: to a web page or a mail address, or nothing.

    >>> safe_link(" https://example.com/a "), safe_link("java\\nscript:x"), safe_link("/inbox/")
    ('https://example.com/a', '', '')
    """
    link = sent.strip().translate(_LEFT_OUT)
    lower = link[:8].lower()
    if len(link) > _LINK_MAX or _ODD.search(link) or not lower.startswith(_SCHEMES):
        return ""
    if lower.startswith("mailto:"):
        return link if "@" in link else ""
    return link if host_of(link) else ""

"""HTML of a mail as it may be shown: made well-formed, then cleaned by nh3."""

from collections.abc import Callable
from dataclasses import dataclass, field

import nh3

from cstar_web.html.letters.allowed import ATTRIBUTES, TAGS, allowed_value
from cstar_web.html.letters.nesting import Nested
from cstar_web.html.links import safe_link

# Gives the picture of the mail itself that a content id names, as a `data:` address.
Picture = Callable[[str], str | None]

_CID = "cid:"
_DATA = "data:image/"


@dataclass(frozen=True, slots=True)
class Cleaned:
    """What may be shown of a mail's HTML."""

    html: str
    # How many pictures lie on other servers.
    remote: int
    # About how many lines it takes.
    lines: int


def clean(html: str, *, picture: Picture, remote: bool = False) -> Cleaned:
    """HTML without anything that runs, leads astray or asks another server.

    Pictures of other servers are left out unless `remote` ones are asked for. Raises TooMuch for
    what is too long or too deep.

    >>> clean("<p onclick=x>Hi <img src=cid:a><script>x</script>", picture=lambda name: None).html
    '<p>Hi <img></p>'
    """
    # Half of a surrogate pair is no character, and nh3 takes none.
    nested = Nested(html.encode("utf-8", "replace").decode())
    filter = _Filter(picture, remote)
    cleaned = nh3.clean(
        nested.html,
        tags=set(TAGS),
        attributes={tag: set(names) for tag, names in ATTRIBUTES.items()},
        attribute_filter=filter,
        link_rel="noopener noreferrer nofollow",
        tag_attribute_values={"span": {"class": {"host"}}},
        set_tag_attribute_values={"a": {"target": "_blank"}},
        url_schemes={"cid", "data", "http", "https", "mailto"},
    )
    return Cleaned(cleaned, filter.remote, nested.lines)


@dataclass(slots=True)
class _Filter:
    """Looks at every attribute once the HTML is parsed."""

    picture: Picture
    shows_remote: bool
    remote: int = field(default=0, init=False)

    def __call__(self, tag: str, name: str, value: str) -> str | None:
        if name == "href":
            return safe_link(value) or None
        if name == "src":
            return self._source(value.strip())
        if name in ("class", "rel", "target"):  # ours
            return value
        return allowed_value(name, value)

    def _source(self, sent: str) -> str | None:
        if sent[: len(_CID)].lower() == _CID:
            return self.picture(sent[len(_CID) :])
        if sent[: len(_DATA)].lower() == _DATA:
            return None
        secure = f"https:{sent}" if sent.startswith("//") else sent
        link = safe_link(secure)
        if not link.lower().startswith("http"):
            return None
        self.remote += 1
        return f"https:{link.partition(':')[2]}" if self.shows_remote else None

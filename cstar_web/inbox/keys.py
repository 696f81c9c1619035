"""The keys of the pages: one table, from which they act and from which `?` shows them.

What a key does is looked up by its name in the scripts of the page that is open.
"""

from dataclasses import dataclass

from cstar_web.inbox.languages import say


@dataclass(frozen=True, slots=True)
class Key:
    """A key as the browser calls it, the name of what it does, and words for that."""

    key: str
    does: str
    words: str


KEYS = (
    Key("j", "next", say("Go to the next ticket of the list")),
    Key("k", "previous", say("Go to the ticket before")),
    Key("Enter", "open", say("Open the ticket one is at")),
    Key("x", "choose", say("Choose the ticket one is at")),
    Key("/", "search", say("Search tickets")),
    Key("r", "reply", say("Write a reply")),
    Key("n", "note", say("Write an internal note")),
    Key("e", "resolve", say("Resolve the ticket")),
    Key("s", "status", say("Change the status")),
    Key("a", "assign", say("Assign the ticket")),
    Key("#", "tags", say("Add a tag")),
    Key("?", "keys", say("Show the keys")),
)

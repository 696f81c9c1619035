"""What every room is built for: one workspace, and who acts in it.

All queries of a room take their workspace from its Scope, so a room cannot look into another.
"""

from dataclasses import dataclass
from functools import lru_cache

from cstar_core.errors import NotFound
from cstar_core.ids import PREFIXES, parse_id, public_id
from cstar_core.tables import ACTOR_TYPES

_UID_KINDS = {"key": "key", "member": "member"}


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does something: an API key, a member, or the system itself (``id`` None)."""

    type: str
    id: str | None

    def __post_init__(self) -> None:
        if self.type not in ACTOR_TYPES:
            raise ValueError(f"an actor's type must be one of: {', '.join(ACTOR_TYPES)}")
        if self.type != "system" and parse_id(_UID_KINDS[self.type], self.id) is None:
            raise ValueError(f"a {self.type} needs an id that begins with {PREFIXES[self.type]}")

    @property
    def uid(self) -> bytes | None:
        """The id as it is stored."""
        return None if self.type == "system" else parse_id(_UID_KINDS[self.type], self.id)


SYSTEM = Actor("system", None)


@dataclass(frozen=True, slots=True)
class Scope:
    """One workspace as its rooms need it; ``internal`` is False for who must not see notes.

    ``role`` is that of the member for whom it was opened; None for keys and the system, which
    may do everything.
    """

    workspace_id: int
    team_id: int
    team_name: str
    environment: str
    actor: Actor = SYSTEM
    internal: bool = True
    role: str | None = None


@lru_cache(1024)
def actor_of(type_code: int, uid: bytes | None) -> Actor:
    """The actor that an event row names."""
    kind = ACTOR_TYPES[type_code]
    return SYSTEM if uid is None or kind == "system" else Actor(kind, public_id(kind, uid))


def required_uid(kind: str, id: str) -> bytes:
    """The bytes of an id given as an argument; NotFound if it is not one of this kind."""
    uid = parse_id(kind, id)
    if uid is None:
        raise NotFound(kind, str(id))
    return uid

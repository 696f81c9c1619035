"""API keys: shown once, stored as SHA-256, good for one team's live or test workspace."""

from cstar_core.keys.key import Access, Key, NewKey
from cstar_core.keys.room import Keys
from cstar_core.keys.team import TeamKeys

__all__ = ["Access", "Key", "Keys", "NewKey", "TeamKeys"]

"""The settings: what an owner sees to, and the views that each member saves."""

from cstar_web.inbox.settings import fields, members, start

__all__ = ["fields", "members", "start"]

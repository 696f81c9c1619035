"""Mail in the inbox: what came, what became of it, and how it looked."""

from cstar_web.inbox.mail import blocks, filing, ledger, moving, original, sending

__all__ = ["blocks", "filing", "ledger", "moving", "original", "sending"]

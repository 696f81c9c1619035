"""The reports: what happened from one day to another, as figures, charts and tables."""

from cstar_web.inbox.reports import pages

__all__ = ["pages"]

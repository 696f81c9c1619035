"""Other products whose exports are read: each has a module, and a line in the table here.

What they have in common is in ``common``; what a module has to say is a ``Product``.
"""

from cstar_core.imports.products.freshdesk import FRESHDESK
from cstar_core.imports.products.helpscout import HELPSCOUT
from cstar_core.imports.products.zendesk import ZENDESK

PRODUCTS = {"zendesk": ZENDESK, "freshdesk": FRESHDESK, "helpscout": HELPSCOUT}

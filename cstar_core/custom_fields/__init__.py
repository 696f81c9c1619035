"""Custom fields: typed extras that a team defines for its tickets and customers."""

from cstar_core.custom_fields.definition import OPTION_TYPES, CustomField
from cstar_core.custom_fields.room import CustomFields, public_fields

__all__ = ["OPTION_TYPES", "CustomField", "CustomFields", "public_fields"]

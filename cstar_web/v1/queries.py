"""The query parameters that lists share."""

from collections.abc import Mapping
from typing import Any

from marshmallow import ValidationError, validates_schema

from cstar_core import PAGE_MAX, PAGE_SIZE_MAX, SEARCH_MAX
from cstar_web.shapes import Shape
from cstar_web.v1.fields import FieldFilter, Number, Text, Words
from cstar_web.v1.patterns import TAGS_ASKED


class Paged(Shape):
    """A list in pages: by number, or by a cursor that neither skips nor repeats."""

    page = Number(
        metadata={
            "minimum": 1,
            "maximum": PAGE_MAX,
            "description": "Page number; without it, page 1.",
        }
    )
    page_size = Number(
        metadata={
            "minimum": 1,
            "maximum": PAGE_SIZE_MAX,
            "default": 20,
            "description": "Items in a page.",
        }
    )
    cursor = Text(
        metadata={
            "description": "`nextCursor` of the page before, instead of `page`; it belongs to the "
            "query that it came with."
        }
    )

    @validates_schema(skip_on_field_errors=False)
    def _one_position(self, values: Mapping[str, Any], **options: Any) -> None:
        if "page" in values and "cursor" in values:
            raise ValidationError("must not be given together with page", "cursor")


class Searched(Paged):
    """A paged list of what has text, tags and custom fields."""

    search = Text(
        metadata={
            "maxLength": SEARCH_MAX,
            "description": 'All words must occur, the last one as a beginning. `"a phrase"` is '
            "taken together, `-word` excludes. Case and accents do not matter.",
        }
    )
    tags = Words(
        TAGS_ASKED,
        "At most 20 tags that all must be there, separated by commas or repeated.",
        data_key="tag",
    )
    custom_fields = FieldFilter()

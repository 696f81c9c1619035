"""What a form sends, read strictly: names and values in UTF-8, as a browser encodes them."""

from urllib.parse import parse_qsl

from flask import request
from werkzeug.http import parse_options_header

from cstar_web.body import read_bytes
from cstar_web.errors import Failure

_FIELDS_MAX = 2_000
_KIND = "application/x-www-form-urlencoded"


def read_pairs() -> list[tuple[str, str]]:
    """The names and values of this request's form, in their order; lines end with a plain newline.

    Raises Failure for what no browser would send.
    """
    raw = read_bytes()
    if not raw:
        return []
    kind, _ = parse_options_header(request.environ.get("CONTENT_TYPE", ""))
    if kind.lower() != _KIND:
        raise Failure("UNSUPPORTED_MEDIA_TYPE", f"Send the form as Content-Type: {_KIND}")
    try:
        pairs = parse_qsl(
            raw.decode("ascii"),
            keep_blank_values=True,
            strict_parsing=True,
            errors="strict",
            max_num_fields=_FIELDS_MAX,
        )
    except ValueError:
        raise Failure("REQUEST_INVALID", "The form cannot be read") from None
    # Browsers send lines as mail does; what the core keeps has plain ones.
    return [(name, value.replace("\r\n", "\n").replace("\r", "\n")) for name, value in pairs]

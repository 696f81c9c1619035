"""The document in the frame: the HTML of a mail alone, where nothing of it can do anything."""

from base64 import b64encode
from functools import cache
from hashlib import sha256

from cstar_web.answer import Answer
from cstar_web.inbox.files import files
from cstar_web.inbox.mail.showing import Shown
from cstar_web.inbox.rendering import HEADERS, render
from cstar_web.inbox.visits import chosen_language

# What the element of the frame allows; the answer says the same, for who opens it alone.
SANDBOX = "allow-popups allow-popups-to-escape-sandbox"
_SHEET = "letter.css"


def framed(shown: Shown, *, remote: bool) -> Answer:
    """The answer with what a mail looked like; pictures of other servers only if asked for."""
    text = render(
        "mail/letter.html",
        chosen_language(),
        "light",
        shown=shown,
        sheet=files()[_SHEET].plain.decode(),
    )
    headers = {
        **HEADERS,
        "Content-Security-Policy": _policy(remote),
        "Referrer-Policy": "no-referrer",
        "X-Frame-Options": "SAMEORIGIN",
    }
    return Answer(text.encode(), 200, headers, content_type="text/html; charset=utf-8")


@cache
def _policy(remote: bool) -> str:
    digest = b64encode(sha256(files()[_SHEET].plain).digest()).decode()
    return "; ".join(
        (
            f"sandbox {SANDBOX}",
            "default-src 'none'",
            "style-src-attr 'unsafe-inline'",
            f"style-src-elem 'sha256-{digest}'",
            f"img-src data:{' https:' if remote else ''}",
            "form-action 'none'",
            "base-uri 'none'",
            "frame-ancestors 'self'",
        )
    )

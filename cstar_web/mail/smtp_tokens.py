"""Signing in to a server that takes mail with a token of OAuth 2 in place of a password."""

import smtplib

from cstar_core import SmtpServer
from cstar_web.mail.granting import NoToken
from cstar_web.mail.sasl import OFFERS_NONE, Another, refusal_in, shown_token
from cstar_web.redaction import without

_CHALLENGE = 334
_REFUSED = 500


def sign_in_with_token(
    client: smtplib.SMTP, server: SmtpServer, token: str, another: Another | None
) -> str:
    """Show a token, and one more if it is refused; what the server says. Raises NoToken."""
    code, said = _shown(client, server, token)
    if code >= _REFUSED and another is not None and (other := another(token)):
        code, said = _shown(client, server, other)
    if not 200 <= code < 300:
        raise NoToken(f"the server does not take the token: {code} {said}")
    return said


def _shown(client: smtplib.SMTP, server: SmtpServer, token: str) -> tuple[int, str]:
    """Show a token; the code and the words of the answer, without what the server repeats."""
    offered = client.esmtp_features.get("auth", "").upper().split()
    shown = shown_token(offered, server.user or "", token, (server.host, server.port))
    if shown is None:
        raise NoToken(OFFERS_NONE)
    code, answer = client.docmd("AUTH", f"{shown.mechanism} {shown.said}")
    status = ""
    if code == _CHALLENGE:
        status = refusal_in(answer)
        code, answer = client.docmd(shown.end)
    said = without(answer.decode("utf-8", "replace"), (shown.said, token), "(token)")
    return code, f"{said}{f' (status {status})' if status else ''}"

"""DKIM: a mail is signed with the key of its mailbox, by the extra ``dkim``."""

from pathlib import Path

from cstar_core import DkimKey, Unsendable

try:
    import dkim
except ImportError:  # the extra is not installed
    dkim = None

INSTALL = "pip install 'cstar[dkim]'"
# From and Subject once more than they occur: nobody can add another one on the way.
_SIGNED = [
    *(b"from", b"from", b"to", b"cc", b"reply-to", b"subject", b"subject", b"date", b"message-id"),
    *(b"in-reply-to", b"references", b"mime-version", b"content-type", b"auto-submitted"),
]


def sign_mail(key: DkimKey, raw: bytes) -> bytes:
    """The mail with a signature before it.

    Raises Unsendable, for now: what was to be signed does not go out without that.
    """
    if dkim is None:
        raise Unsendable(f"it cannot be signed: {INSTALL}", for_now=True)
    try:
        secret = Path(key.key_file).read_bytes()
        domain, selector = key.domain.encode("idna"), key.selector.encode("ascii")
        made: bytes = dkim.sign(raw, selector, domain, secret, include_headers=list(_SIGNED))
    except Exception as error:
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        raise Unsendable(f"it cannot be signed: {reason}", for_now=True) from error
    return made + raw

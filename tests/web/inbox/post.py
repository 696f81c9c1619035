"""Mails that come in, for the tests of the pages that show them."""

from base64 import b64encode

from cstar_core import Mail, Workspace

PIXEL = b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff!\xf9\x04\x00\x00\x00\x00\x00"
PIXEL += b",\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"


def letter(
    text: str = "Where is it?",
    *,
    html: str | None = None,
    sender: str = "Jane <jane@shop.example>",
    subject: str = "Late",
    id: str = "1@shop.example",
    more: str = "",
) -> bytes:
    """The bytes of a mail; with HTML it has a picture, too, that is called `cat`."""
    head = f"From: {sender}\r\nTo: support@acme.example\r\nSubject: {subject}\r\n"
    head += f"Message-ID: <{id}>\r\nMIME-Version: 1.0\r\n{more}"
    if html is None:
        return f"{head}Content-Type: text/plain; charset=utf-8\r\n\r\n{text}\r\n".encode()
    return (
        f'{head}Content-Type: multipart/related; boundary="b"\r\n\r\n'
        f"--b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n{html}\r\n"
        "--b\r\nContent-Type: image/gif\r\nContent-ID: <cat>\r\nContent-Disposition: inline\r\n"
        f"Content-Transfer-Encoding: base64\r\n\r\n{b64encode(PIXEL).decode()}\r\n--b--\r\n"
    ).encode()


def receive(workspace: Workspace, raw: bytes, **more: str) -> Mail:
    """The mail, settled; it must have led somewhere."""
    mail = workspace.mail.receive(raw, **more)
    assert mail.verdict != "waiting"
    return mail

"""The options that say what a mailbox is, and the values that they mean."""

import json
import sys
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from cstar_core import PRIORITIES, Mailbox, utc_now
from cstar_web.cli.base import FileName, Function, Usage, tame
from cstar_web.cli.oauth_options import OAUTH_OPTIONS, oauth_values, with_providers_servers

SECURITIES = ("tls", "starttls", "none")
STDIN = "-"
_BYTES_MAX = 8_192
_INCOMING = {"imap": "host", "imap_user": "user", "imap_security": "security", "folder": "folder"}
_INCOMING |= {"delete_fetched": "delete", "since": "since"}
_OUTGOING = {"smtp": "host", "smtp_user": "user", "smtp_security": "security"}
_PLAIN = ("name", "language", "signature")
_SWITCHES = ("plus_addressing", "answers_first")


def place(text: str) -> tuple[str, int | None]:
    """A host, and its port if one stands behind it.

    >>> place("imap.example.com:993"), place("mail.example.com"), place("[::1]:143")
    (('imap.example.com', 993), ('mail.example.com', None), ('::1', 143))
    """
    host, colon, port = text.rpartition(":")
    if text.count(":") > 1 and not text.startswith("["):
        return text, None
    if not colon or text.endswith("]"):
        return text.strip("[]"), None
    if not port.isascii() or not port.isdigit() or len(port) > 5:
        raise click.BadParameter(f"{text!r} is not a host such as mail.example.com:993")
    return host.strip("[]"), int(port)


def instant(text: str) -> datetime:
    """The instant that `now`, a day or an instant with a zone stands for.

    >>> instant("2026-01-31").isoformat()
    '2026-01-31T00:00:00+00:00'
    """
    if text == "now":
        return utc_now()
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        raise click.BadParameter(
            f"{text!r} is not now, a day such as 2026-01-31 or an instant"
        ) from None
    return read if read.tzinfo else read.replace(tzinfo=UTC)


def field_value(text: str) -> tuple[str, object]:
    """The key and the value of a custom field: JSON, or else a text.

    >>> field_value("seats=5"), field_value("plan=pro")
    (('seats', 5), ('plan', 'pro'))
    """
    key, equals, value = text.partition("=")
    if not equals:
        raise click.BadParameter(f"{text!r} is not KEY=VALUE")
    try:
        return key, json.loads(value)
    except (ValueError, RecursionError):
        return key, value


SWITCH = click.Choice(("on", "off"))

_OPTIONS = (
    click.option("--name", help="Who mail from it is from [the team's name]."),
    click.option("--language", metavar="CODE", help="In which mail from it is written [en]."),
    click.option("--signature", metavar="TEXT", help="What stands below each answer."),
    click.option("--imap", type=place, metavar="HOST[:PORT]", help="The server that has its mail."),
    click.option("--imap-user", metavar="USER", help="Who signs in there [the address]."),
    click.option("--imap-security", type=click.Choice(SECURITIES), help="How [tls]."),
    click.option("--folder", metavar="NAME", help="Which folder is read there [INBOX]."),
    click.option("--delete-fetched", type=SWITCH, help="Delete it there once it is here [off]."),
    click.option(
        "--since", type=instant, metavar="TIME", help="Leave alone what came before: now or a day."
    ),
    click.option("--smtp", type=place, metavar="HOST[:PORT]", help="The server that sends mail."),
    click.option("--smtp-user", metavar="USER", help="Who signs in there [as for --imap]."),
    click.option("--smtp-security", type=click.Choice(SECURITIES), help="How [tls]."),
    click.option("--smtp-anonymous", is_flag=True, help="Nobody signs in to send."),
    click.option(
        "--password-file",
        type=FileName(),
        metavar="FILE",
        help="Has the password for both servers; - for stdin [asked for].",
    ),
    click.option(
        "--smtp-password-file",
        type=FileName(),
        metavar="FILE",
        help="Has another password to send with.",
    ),
    *OAUTH_OPTIONS,
    click.option("--dkim-domain", metavar="DOMAIN", help="Sign what is sent, for a domain."),
    click.option("--dkim-selector", metavar="NAME", help="Where in it the public key is."),
    click.option("--dkim-key", type=FileName(), metavar="FILE", help="The private key (PEM)."),
    click.option("--plus-addressing", type=SWITCH, help="Take NAME+anything@… too [on]."),
    click.option("--answers-first", type=SWITCH, help="Say at once that mail arrived [off]."),
    click.option("--priority", type=click.Choice(PRIORITIES), help="What new tickets get."),
    click.option("--tag", multiple=True, metavar="TAG", help="A tag for new tickets; repeatable."),
    click.option("--assigned-to", metavar="MEMBER_ID", help="Who gets new tickets."),
    click.option(
        "--field",
        type=field_value,
        multiple=True,
        metavar="KEY=VALUE",
        help="A custom field of new tickets; repeatable.",
    ),
    click.option("--default", "is_default", is_flag=True, help="It sends what belongs to none."),
)


def mailbox_options(command: Function) -> Function:
    """Give a command what says how a mailbox is."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def values_of(
    given: Mapping[str, Any],
    address: str,
    before: Mailbox | None = None,
    *,
    no_oauth: bool = False,
) -> dict[str, Any]:
    """What the options say a mailbox shall be; of one that is there, only what changes.

    With ``no_oauth`` its servers are shown passwords again.
    """
    if no_oauth and any(given[name] for name in given if name.startswith("oauth")):
        raise Usage("--no-oauth does not go with other options of OAuth")
    given = with_providers_servers(given, before)
    values = {name: given[name] for name in _PLAIN if given[name] is not None}
    values |= {name: given[name] == "on" for name in _SWITCHES if given[name] is not None}
    if given["is_default"]:
        values["is_default"] = True
    there = (before.incoming, before.outgoing) if before else (None, None)
    incoming = _server(given, "imap", _INCOMING, there[0])
    if incoming:
        incoming.setdefault("user", address)
    outgoing = _server(given, "smtp", _OUTGOING, there[1])
    if outgoing and given["smtp_anonymous"]:
        outgoing |= {"user": None, "auth": "password"}
    elif outgoing and not there[1]:
        fetching = incoming or (asdict(there[0]) if there[0] else {})
        outgoing.setdefault("user", fetching.get("user", address))
    auth = "oauth" if given["oauth"] else "password" if no_oauth else None
    if auth is not None:
        incoming = _shown(auth, incoming, there[0])
        outgoing = _shown(auth, outgoing, there[1])
    if given["oauth"] and given["password_file"]:
        raise Usage("--password-file does not go with --oauth; --smtp-password-file does")
    values |= _with_passwords(given, incoming, outgoing, there)
    values |= {"oauth": None} if no_oauth else {}
    return values | _oauth(given, before) | _defaults(given, before) | _dkim(given, before)


def _server(
    given: Mapping[str, Any], option: str, names: Mapping[str, str], before: Any
) -> dict[str, Any] | None:
    """A server as it is with the options; None if none of them is about it."""
    changes = {names[name]: given[name] for name in names if given.get(name) is not None}
    anonymous = option == "smtp" and given["smtp_anonymous"]
    if not changes and not anonymous:
        return None
    if before is None and "host" not in changes:
        raise Usage(f"say which server with --{option}")
    server = asdict(before) if before else {}
    if "host" in changes or "security" in changes:
        server.pop("port", None)
    if "host" in changes:
        changes["host"], server["port"] = changes["host"]
    if "delete" in changes:
        changes["delete"] = changes["delete"] == "on"
    return server | changes


def _shown(auth: str, server: dict[str, Any] | None, there: Any) -> dict[str, Any] | None:
    """A server that is shown a token or a password from now on, if anybody signs in there."""
    found = server or (asdict(there) if there else None)
    return found | {"auth": auth} if found and found.get("user") else server


def _oauth(given: Mapping[str, Any], before: Mailbox | None) -> dict[str, Any]:
    file = given["oauth_secret_file"]
    return oauth_values(given, before, read_password(file) if file else None)


def _with_passwords(
    given: Mapping[str, Any],
    incoming: dict[str, Any] | None,
    outgoing: dict[str, Any] | None,
    there: tuple[Any, Any],
) -> dict[str, Any]:
    """The servers that are given or whose passwords are, each with the one that it needs."""
    files = given["password_file"], given["smtp_password_file"]
    fetching = incoming or (asdict(there[0]) if there[0] and files[0] else None)
    sending = outgoing or (asdict(there[1]) if there[1] and any(files) else None)
    if sending and sending.get("user") is None:
        sending = outgoing
    password = read_password(files[0]) if files[0] else None
    if fetching and password is not None:
        fetching |= {"auth": "password"}
    elif fetching and not _by_token(fetching) and not _knows(fetching, there[0]):
        password = ask_password(f"Password of {fetching['user']} at {fetching['host']}")
    values: dict[str, Any] = {}
    if fetching:
        values["incoming"] = fetching | {"password": password}
    if sending:
        own = read_password(files[1]) if files[1] else password
        if own is not None and sending.get("user") is not None:
            sending |= {"auth": "password"}
        lacking = sending.get("user") is not None and not _knows(sending, there[1])
        if own is None and lacking and not _by_token(sending):
            own = ask_password(f"Password of {sending['user']} at {sending['host']}")
        values["outgoing"] = sending | {"password": own if sending.get("user") else None}
    return values


def _by_token(server: Mapping[str, Any]) -> bool:
    return server.get("auth") == "oauth"


def _knows(server: Mapping[str, Any], before: Any) -> bool:
    """Whether a server keeps the password that it has."""
    names = ("host", "security", "user")
    return (
        before is not None
        and before.auth == "password"
        and all(server.get(name, getattr(before, name)) == getattr(before, name) for name in names)
        and server.get("port") in (None, before.port)
    )


def read_password(file: str) -> str:
    """The password in a file, or on standard input, without its line's end; raises Usage."""
    try:
        content = sys.stdin.buffer.read(_BYTES_MAX) if file == STDIN else _head(file)
        password = content.decode().rstrip("\r\n")
    except (OSError, UnicodeDecodeError, AttributeError) as error:
        raise Usage(f"the password cannot be read from {file}: {error}") from error
    if not password:
        raise Usage(f"there is no password in {'standard input' if file == STDIN else file}")
    return password


def _head(file: str) -> bytes:
    with Path(file).open("rb") as opened:
        return opened.read(_BYTES_MAX)


def ask_password(question: str) -> str:
    """Ask on a terminal, without showing what is typed; raises Usage where there is none."""
    if sys.stdin is None or not sys.stdin.isatty():
        raise Usage("there is no terminal to ask for the password on; give --password-file")
    return str(click.prompt(tame(question), hide_input=True, err=True))


def _defaults(given: Mapping[str, Any], before: Mailbox | None) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    if given["priority"] is not None:
        changes["priority"] = given["priority"]
    if given["tag"]:
        changes["tags"] = list(given["tag"])
    if given["assigned_to"] is not None:
        changes["assigned_to"] = given["assigned_to"] or None
    if given["field"]:
        changes["custom_fields"] = dict(given["field"])
    if not changes:
        return {}
    return {"defaults": (asdict(before.defaults) if before else {}) | changes}


def _dkim(given: Mapping[str, Any], before: Mailbox | None) -> dict[str, Any]:
    names = {"dkim_domain": "domain", "dkim_selector": "selector", "dkim_key": "key_file"}
    changes = {names[name]: given[name] for name in names if given[name] is not None}
    if not changes:
        return {}
    if "key_file" in changes:
        changes["key_file"] = str(Path(changes["key_file"]).absolute())
    there = asdict(before.dkim) if before and before.dkim else {}
    return {"dkim": there | changes}

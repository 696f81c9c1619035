"""The options that say who gives a mailbox the tokens with which it signs in."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import click

from cstar_core import OAUTH_GRANTS, OAUTH_PROVIDERS, Mailbox
from cstar_web.cli.base import FileName, Usage

_NAMES = {
    "oauth": "provider",
    "oauth_client_id": "client_id",
    "oauth_grant": "grant",
    "oauth_tenant": "tenant",
    "oauth_scope": "scopes",
    "oauth_token_url": "token_url",
    "oauth_authorization_url": "authorization_url",
    "oauth_device_url": "device_url",
}
_URLS = ("token_url", "authorization_url", "device_url")
# The servers of a provider: name, port and security.
SERVERS = {
    "google": {
        "imap": (("imap.gmail.com", 993), "tls"),
        "smtp": (("smtp.gmail.com", 465), "tls"),
    },
    "microsoft": {
        "imap": (("outlook.office365.com", 993), "tls"),
        "smtp": (("smtp.office365.com", 587), "starttls"),
    },
}

OAUTH_OPTIONS = (
    click.option(
        "--oauth",
        type=click.Choice(OAUTH_PROVIDERS),
        help="Sign in with tokens of a provider, and no password.",
    ),
    click.option("--oauth-client-id", metavar="ID", help="As whom cStar is registered there."),
    click.option(
        "--oauth-secret-file",
        type=FileName(),
        metavar="FILE",
        help="Has the client's secret; - for stdin.",
    ),
    click.option("--oauth-tenant", metavar="ID", help="Whose Microsoft it is [common]."),
    click.option(
        "--oauth-grant",
        type=click.Choice(OAUTH_GRANTS),
        help="What is shown for a token [refresh_token].",
    ),
    click.option(
        "--oauth-scope",
        multiple=True,
        metavar="SCOPE",
        help="What is asked for; repeatable [that of the provider].",
    ),
    click.option("--oauth-token-url", metavar="URL", help="Who gives tokens, for custom."),
    click.option("--oauth-authorization-url", metavar="URL", help="Where one authorizes."),
    click.option("--oauth-device-url", metavar="URL", help="Who gives codes for devices."),
)


def with_providers_servers(given: Mapping[str, Any], before: Mailbox | None) -> dict[str, Any]:
    """The options, with the servers of the provider if none is named or there."""
    known = SERVERS.get(given["oauth"] or "", {})
    if before:
        _refuse_others(given, before)
    is_named = given["imap"] or given["smtp"] or given["smtp_anonymous"]
    if is_named or (before and (before.incoming or before.outgoing)):
        return dict(given)
    more: dict[str, Any] = {}
    for name, (place, security) in known.items():
        more |= {name: place, f"{name}_security": given[f"{name}_security"] or security}
    return {**given, **more}


def _refuse_others(given: Mapping[str, Any], before: Mailbox) -> None:
    """Who names a provider does not say that servers of others are shown its tokens."""
    provider = given["oauth"]
    is_theirs = before.oauth is not None and before.oauth.provider == provider
    there = {"imap": before.incoming, "smtp": before.outgoing}
    if given["smtp_anonymous"] or given["smtp_password_file"]:
        del there["smtp"]
    for option, ((host, _), _) in SERVERS.get(provider or "", {}).items():
        server = there.get(option)
        if server is None or server.user is None or (is_theirs and server.auth == "oauth"):
            continue
        if server.host.lower() != host and not given[option]:
            raise Usage(f"{server.host} is not the server of {provider}: name one with --{option}")


def oauth_values(
    given: Mapping[str, Any], before: Mailbox | None, secret: str | None
) -> dict[str, Any]:
    """Who gives tokens, as a mailbox takes it; empty if no option is about it."""
    changes = {_NAMES[name]: given[name] for name in _NAMES if given[name]}
    if "scopes" in changes:
        changes["scopes"] = [each for text in changes["scopes"] for each in text.split()]
    if not changes and secret is None:
        return {}
    there = asdict(before.oauth) if before and before.oauth else {}
    if not there and "provider" not in changes:
        raise Usage("say who gives tokens with --oauth")
    if changes.get("provider", there.get("provider")) != there.get("provider"):
        there = {}
    if "tenant" in changes:
        there = {name: each for name, each in there.items() if name not in _URLS}
    if "grant" in changes:
        there.pop("scopes", None)
    return {"oauth": there | changes | ({} if secret is None else {"client_secret": secret})}

"""The command that lets somebody authorize a mailbox whose provider gives tokens."""

from dataclasses import asdict

import click

from cstar_core import Helpdesk, ImapServer, MailAccount, MailOAuth, SmtpServer
from cstar_web.cli.base import Answer, Usage, tame, with_desk
from cstar_web.cli.command import Command
from cstar_web.cli.mailbox_names import named
from cstar_web.mail.authorizing import (
    PASTED_MAX,
    REDIRECT,
    ask_by_code,
    ask_in_browser,
    redeem,
    wait_for_code,
)
from cstar_web.mail.granting import Granted, NoToken, host_of
from cstar_web.mail.tokens import Tokens

_CHANGED = "the mailbox was changed meanwhile, and is not authorized; begin again"


@click.command(
    "authorize",
    cls=Command,
    short_help="Let somebody authorize a mailbox that signs in with tokens.",
    examples=(
        "cstar mailbox authorize help@example.com",
        "cstar mailbox authorize help@example.com --device",
    ),
    exits={0: "tokens are given", 1: "none is; it is said why"},
)
@click.argument("address")
@click.option("--device", is_flag=True, help="With a code that is typed on any device.")
@click.option(
    "--redirect-url",
    metavar="URL",
    default=REDIRECT,
    show_default=True,
    help="Where the browser ends, as it is registered.",
)
@with_desk
def authorize_mailbox(desk: Helpdesk, address: str, device: bool, redirect_url: str) -> Answer:
    """Let somebody who may use the mailbox ADDRESS (or its id) authorize cStar to do so.

    A browser is opened by hand, on any machine. It ends at an address at which nothing is, which
    is pasted here. With --device a code is typed in a browser, and nothing is pasted. Where the
    grant is client_credentials nobody has to authorize anything: a token is asked for.
    """
    account = named(desk, address)
    oauth = account.mailbox.oauth
    if oauth is None:
        raise Usage(f"{account.mailbox.address} has passwords; see cstar mailbox change --oauth")
    try:
        if oauth.grant == "client_credentials":
            Tokens(desk).get(account.mailbox.id)
        else:
            way = _by_code if device else _in_browser
            click.echo(tame(f"Tokens will be shown to {_shown_to(account)}."), err=True)
            _keep(desk, account, oauth, way(account, oauth, redirect_url))
    except NoToken as error:
        raise click.ClickException(str(error)) from error
    shown = account.mailbox.address
    host = host_of(oauth.token_url)
    data = {"mailboxId": account.mailbox.id, "address": shown, "provider": oauth.provider}
    return Answer(data, f"{host} gives tokens for {shown}. Try it: cstar mailbox test {shown}")


def _in_browser(account: MailAccount, oauth: MailOAuth, redirect: str) -> Granted:
    asked = ask_in_browser(oauth, _user(account), redirect)
    click.echo(tame(f"Open this address in a browser, and sign in:\n\n{asked.url}\n"), err=True)
    click.echo(
        f"The browser ends at an address that begins with {tame(redirect)}, and may", err=True
    )
    click.echo("say that nothing is there. Paste the whole of that address.", err=True)
    pasted = str(click.prompt("Address", err=True))[:PASTED_MAX]
    return redeem(oauth, account.client_secret, asked, pasted)


def _by_code(account: MailAccount, oauth: MailOAuth, _redirect: str) -> Granted:
    asked = ask_by_code(oauth)
    line = f"Open {asked.url} in a browser, and type the code {asked.user_code}"
    click.echo(tame(line), err=True)
    click.echo("Waiting until that is done …", err=True)
    return wait_for_code(oauth, account.client_secret, asked)


def _keep(desk: Helpdesk, before: MailAccount, oauth: MailOAuth, found: Granted) -> None:
    """Store what was authorized, if the mailbox is still what was authorized."""
    now = desk.mail_accounts.get(before.mailbox.id)
    same = ("oauth", "incoming", "outgoing")
    if any(getattr(now.mailbox, name) != getattr(before.mailbox, name) for name in same):
        raise Usage(_CHANGED)
    room = desk.workspace(now.team_id, now.environment).mailboxes
    room.update(
        now.mailbox.id,
        expected_version=now.mailbox.version,
        oauth={**asdict(oauth), "refresh_token": found.refresh_token},
    )


def _servers(account: MailAccount) -> list[ImapServer | SmtpServer]:
    """The servers of a mailbox that are shown tokens."""
    servers = (account.mailbox.incoming, account.mailbox.outgoing)
    return [each for each in servers if each is not None and each.auth == "oauth"]


def _shown_to(account: MailAccount) -> str:
    """Whoever authorizes has to see which machines may then read the mailbox."""
    hosts = dict.fromkeys(each.host for each in _servers(account))
    return " and ".join(hosts) or "no server"


def _user(account: MailAccount) -> str:
    """Who signs in at the servers of a mailbox."""
    users = [each.user for each in _servers(account) if each.user]
    return users[0] if users else account.mailbox.address

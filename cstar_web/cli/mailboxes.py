"""The commands for mailboxes: the addresses that a team is written to."""

from dataclasses import asdict
from pkgutil import resolve_name
from typing import Any

import click

from cstar_core import ENVIRONMENTS, Helpdesk, MailAccount, Mailbox
from cstar_web.cli.authorizing import authorize_mailbox
from cstar_web.cli.base import Answer, Usage, columns, stamp, with_desk
from cstar_web.cli.command import Group
from cstar_web.cli.mail_options import mailbox_options, values_of
from cstar_web.cli.mailbox_names import named
from cstar_web.mail.tokens import Tokens
from cstar_web.mail.trying import Tried, try_imap, try_tokens
from cstar_web.names import camel_case


@click.group(cls=Group)
def mailbox() -> None:
    """Set up the addresses that customers write to."""


@mailbox.command(
    "add",
    short_help="Add an address that customers write to.",
    examples=(
        "cstar mailbox add acme help@example.com --imap mail.example.com",
        "cstar mailbox add acme help@example.com --oauth google --oauth-client-id ID",
        "cstar mailbox add acme help@example.com  # mail comes by cstar mail pipe",
    ),
)
@click.argument("team")
@click.argument("address")
@click.option("--environment", type=click.Choice(ENVIRONMENTS), default="live", show_default=True)
@mailbox_options
@with_desk
def add_mailbox(
    desk: Helpdesk, /, team: str, address: str, environment: str, **given: Any
) -> Answer:
    """Add ADDRESS to TEAM (its id or slug).

    Passwords are read from a file, from standard input or from the terminal. They are stored in the
    database as they are, since the servers have to be told them.
    """
    workspace = desk.workspace(team, environment)
    made = workspace.mailboxes.create(address=address, **values_of(given, address))
    account = desk.mail_accounts.get(made.id)
    return Answer(_data(desk, account), f"Added {made.address}: {made.id}\n{_hint(made)}")


@mailbox.command(
    "list",
    short_help="List mailboxes, and how fetching goes.",
    examples=("cstar mailbox list", "cstar mailbox list acme --json"),
)
@click.argument("team", required=False)
@with_desk
def list_mailboxes(desk: Helpdesk, team: str | None) -> Answer:
    """List the mailboxes of TEAM (its id or slug), or of all teams."""
    wanted = desk.teams.get(team).id if team else None
    found = [each for each in desk.mail_accounts.list() if wanted in (None, each.team_id)]
    rows = [
        (each.mailbox.address, _whose(desk, each), told(each.mailbox), each.mailbox.id)
        for each in found
    ]
    none = "No mailbox yet. Add one: cstar mailbox add TEAM ADDRESS"
    return Answer([_data(desk, each) for each in found], columns(rows) if rows else none)


@mailbox.command(
    "test",
    short_help="Try the servers of a mailbox.",
    examples=("cstar mailbox test help@example.com",),
    exits={0: "all of it works", 1: "something does not; it is said what"},
)
@click.argument("address")
@with_desk
def test_mailbox(desk: Helpdesk, address: str) -> Answer:
    """Connect to the servers of the mailbox ADDRESS (or its id), sign in, and look.

    Nothing is fetched, sent or changed. If what it sends is signed, the record is shown that
    the domain must have.
    """
    account = named(desk, address)
    # These take long to import, and other commands for mailboxes do without.
    try_smtp = resolve_name("cstar_web.mail.sending:try_smtp")
    try_dkim = resolve_name("cstar_web.mail.signing:try_dkim")
    tokens = Tokens(desk)
    tried: list[Tried] = try_tokens(account, tokens) + try_imap(account, tokens=tokens)
    tried += try_smtp(account, tokens=tokens) + try_dkim(account)
    if not tried:
        line = f"{account.mailbox.address} has no servers: mail comes by SMTP or cstar mail pipe"
        return Answer([], line)
    data = [asdict(each) for each in tried]
    return Answer(data, "\n".join(map(_line, tried)), all(each.ok for each in tried))


@mailbox.command(
    "change",
    short_help="Change a mailbox.",
    examples=(
        "cstar mailbox change help@example.com --password-file password",
        "cstar mailbox change help@example.com --inactive",
    ),
)
@click.argument("address")
@click.option("--address", "new_address", metavar="ADDRESS", help="Another address.")
@click.option(
    "--active/--inactive",
    "is_active",
    default=None,
    help="Whether it is used at all.",
)
@click.option("--no-imap", is_flag=True, help="Fetch its mail nowhere any more.")
@click.option("--no-smtp", is_flag=True, help="Send nothing from it any more.")
@click.option("--no-oauth", is_flag=True, help="Sign in with passwords again.")
@mailbox_options
@with_desk
def change_mailbox(
    desk: Helpdesk,
    /,
    address: str,
    new_address: str | None,
    is_active: bool | None,
    no_imap: bool,
    no_smtp: bool,
    no_oauth: bool,
    **given: Any,
) -> Answer:
    """Change the mailbox ADDRESS (or its id): what is given changes, all else stays.

    Of another server, user or folder all mail is read; what is here already stays single.
    """
    account = named(desk, address)
    values = values_of(given, account.mailbox.address, account.mailbox, no_oauth=no_oauth)
    values |= {"address": new_address} if new_address is not None else {}
    values |= {"is_active": is_active} if is_active is not None else {}
    values |= {"incoming": None} if no_imap else {}
    values |= {"outgoing": None} if no_smtp else {}
    if not values:
        raise Usage("say what changes; cstar mailbox change --help has the options")
    workspace = desk.workspace(account.team_id, account.environment)
    workspace.mailboxes.update(account.mailbox.id, **values)
    after = desk.mail_accounts.get(account.mailbox.id)
    lines = f"Changed {after.mailbox.address}: {told(after.mailbox)}"
    lacking = after.mailbox.oauth is not None and not after.mailbox.is_authorized
    return Answer(_data(desk, after), f"{lines}\n{_hint(after.mailbox)}" if lacking else lines)


@mailbox.command(
    "remove",
    short_help="Remove a mailbox; what came by it stays.",
    examples=("cstar mailbox remove help@example.com",),
)
@click.argument("address")
@with_desk
def remove_mailbox(desk: Helpdesk, address: str) -> Answer:
    """Remove the mailbox ADDRESS (or its id). Tickets and messages that came by it stay.

    Nothing is deleted on its servers.
    """
    account = named(desk, address)
    workspace = desk.workspace(account.team_id, account.environment)
    workspace.mailboxes.delete(account.mailbox.id)
    data = {"mailboxId": account.mailbox.id, "address": account.mailbox.address}
    return Answer(data, f"Removed {account.mailbox.address}")


mailbox.add_command(authorize_mailbox)


def _hint(mailbox: Mailbox) -> str:
    """What to do next."""
    if mailbox.oauth is None or mailbox.is_authorized:
        return f"Try it: cstar mailbox test {mailbox.address}"
    if mailbox.oauth.grant == "client_credentials":
        line = f"cstar mailbox change {mailbox.address} --oauth-secret-file FILE"
        return f"Give the secret of its client: {line}"
    return f"Authorize it: cstar mailbox authorize {mailbox.address}"


def told(mailbox: Mailbox) -> str:
    """How fetching from a mailbox goes, and sending if that fails."""
    if not mailbox.is_active:
        return "inactive"
    if mailbox.failing_since is not None:
        return f"failing since {stamp(mailbox.failing_since)}: {mailbox.failure}"
    if mailbox.incoming is None:
        return "fetched nowhere"
    if mailbox.fetched_at is None:
        return "never fetched"
    return f"fetched {stamp(mailbox.fetched_at)}"


def _whose(desk: Helpdesk, account: MailAccount) -> str:
    slug = desk.teams.get(account.team_id).slug
    return slug if account.environment == "live" else f"{slug} ({account.environment})"


def _line(tried: Tried) -> str:
    return f"{'ok    ' if tried.ok else 'FAILED'}  {tried.server}  {tried.said}"


def _data(desk: Helpdesk, account: MailAccount) -> dict[str, object]:
    found = account.mailbox
    values = {camel_case(name): value for name, value in asdict(found).items()}
    values["mailboxId"] = values.pop("id")
    return {
        "teamId": account.team_id,
        "environment": account.environment,
        **{name: _shown(value) for name, value in values.items()},
    }


def _shown(value: Any) -> Any:
    if isinstance(value, dict):
        return {camel_case(name): _shown(each) for name, each in value.items()}
    return stamp(value) if hasattr(value, "tzinfo") else value

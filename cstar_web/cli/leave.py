"""The commands for leaving: with one's data (export), and for good (the erasure of a person)."""

import sys
from dataclasses import asdict

import click

from cstar_core import FILE_FORMATS, Customer, Erased, Export, Helpdesk
from cstar_web.cli.base import Answer, FileName, Usage, tame, with_desk
from cstar_web.cli.command import Command, Group
from cstar_web.cli.waiting import waiting
from cstar_web.names import camel_case

_SHOWN = ("teams", "customers", "tickets", "messages", "events")


@click.command(
    cls=Command,
    short_help="Write everything into files that other programs read.",
    examples=(
        "cstar export /srv/exports/all",
        "cstar export /srv/exports/acme --team acme --format csv",
        "cstar export /srv/exports/jane --public-only \\\n"
        "      --customer cus_01a20155f1a871109f4c0a6c4d4f6a52",
    ),
)
@click.argument("destination", type=FileName(), metavar="DEST")
@click.option("--team", metavar="TEAM", help="Only this team (id or slug), live and test.")
@click.option("--customer", metavar="ID", help="Only what there is of this customer.")
@click.option(
    "--public-only",
    is_flag=True,
    help="With --customer: no notes, metadata and internal messages.",
)
@click.option(
    "--format",
    "file_format",
    type=click.Choice(FILE_FORMATS),
    default=FILE_FORMATS[0],
    show_default=True,
    help="ndjson loses nothing and can be imported; csv is for spreadsheets.",
)
@with_desk
def export(
    desk: Helpdesk,
    destination: str,
    team: str | None,
    customer: str | None,
    public_only: bool,
    file_format: str,
) -> Answer:
    """Make the folder DEST with a file for each kind of data, and a manifest.

    The server may run; all of it is of one moment. DEST must not exist yet. API keys are not in it.
    """
    if team and customer:
        raise Usage("a customer has one team; leave out --team")
    if public_only and not customer:
        raise Usage("--public-only is for --customer")
    with waiting("Exporting"):
        made = desk.export(
            destination,
            team=team,
            customer=customer,
            internal=not public_only,
            file_format=file_format,
        )
    lines = [f"Exported to {destination}: {_summary(made)}."]
    if made.lost:
        lines.append(f"{len(made.lost):,} files are missing or damaged, and not in it.")
    if customer and not public_only:
        lines.append("Notes and internal messages are in it: read it before you hand it over.")
    return Answer({"export": destination, **_data(made)}, "\n".join(lines))


def import_folder(desk: Helpdesk, source: str) -> Answer:
    """Take in a folder that `cstar export` has made, as it was: all of it or nothing."""
    with waiting("Importing"):
        done = desk.import_export(source)
    lines = [f"Imported {source}: {_summary(done)}.", _KEYS]
    return Answer({"import": source, **_data(done)}, "\n".join(lines))


_KEYS = (
    "API keys are not in an export. New ones: "
    "cstar key create TEAM --type secret --environment live"
)


@click.group(cls=Group)
def customer() -> None:
    """What a person may ask for: to be erased."""


@customer.command(
    short_help="Erase a person everywhere.",
    examples=(
        "cstar customer erase cus_01a20155f1a871109f4c0a6c4d4f6a52 --dry-run",
        "cstar customer erase cus_01a20155f1a871109f4c0a6c4d4f6a52 --yes",
    ),
)
@click.argument("customer_id", metavar="CUSTOMER_ID")
@click.option("--dry-run", is_flag=True, help="Only say what would be erased.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--unblock", is_flag=True, help="Drop the blocks of their addresses too.")
@click.option("--no-compact", is_flag=True, help="Leave old bytes in the file for now.")
@with_desk
def erase(
    desk: Helpdesk, customer_id: str, dry_run: bool, yes: bool, unblock: bool, no_compact: bool
) -> Answer:
    """Erase a customer, also one who was deleted before, and keep the statistics.

    Their tickets lose all text. The file is then written anew, so that no old bytes of it are left.
    """
    room = desk.workspace_of_customer(customer_id)
    found = room.customers.erase(customer_id, dry_run=True)
    where = f"{room.team.name} ({room.team.slug}), {room.environment}"
    if dry_run:
        lines = [f"Would erase in {where}: {_counts(found)}.", *_blocks(found, unblock)]
        return Answer(_erased(found), "\n".join(lines))
    if not yes:
        name = _named(room.customers.find(customer_id))
        _ask(f"Erase {customer_id}, {name}, in {where}: {_counts(found)}? For good")
    done = room.customers.erase(customer_id, unblock=unblock)
    lines = [f"Erased {customer_id} in {where}: {_counts(done)}.", *_blocks(done, unblock)]
    if no_compact:
        lines.append("The file still has old bytes of it; run it for the last one without it.")
    else:
        with waiting("Writing the file anew"):
            desk.compact()
    lines.append("Backups and exports that were made before still have all of it.")
    return Answer(_erased(done), "\n".join(lines))


def _named(known: Customer | None) -> str:
    if known is None:
        return "who was deleted"
    return f"{known.name} <{known.email}>" if known.email else known.name


def _ask(question: str) -> None:
    """Ask on a terminal whether to go on; raises Usage where there is none."""
    question = tame(" ".join(question.split()))
    if sys.stdin is None or not sys.stdin.isatty():
        raise Usage(f"{question}: there is no terminal to ask on; say so with --yes")
    if not click.confirm(question, err=True):
        raise click.ClickException("nothing was erased")


def _counts(erased: Erased) -> str:
    counted = (each for each in asdict(erased).items() if each[0] not in ("customer_id", "blocks"))
    return ", ".join(f"{number:,} {name}" for name, number in counted)


def _blocks(erased: Erased, unblock: bool) -> list[str]:
    """What becomes of the blocks that name them."""
    if not erased.blocks:
        return []
    fate = "go too" if unblock else "stay, so that they stay blocked; --unblock drops them"
    return [f"Blocks of mail that name exactly their address: {erased.blocks:,}. They {fate}."]


def _erased(erased: Erased) -> dict[str, object]:
    return {camel_case(name): value for name, value in asdict(erased).items()}


def _summary(export: Export) -> str:
    return ", ".join(f"{export.rows(kind):,} {kind}" for kind in _SHOWN)


def _data(export: Export) -> dict[str, object]:
    values = {camel_case(name): value for name, value in asdict(export).items()}
    return {**values, "files": [asdict(each) for each in export.files]}

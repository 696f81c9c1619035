"""`cstar import --mbox` and `--maildir`: archives of mail become tickets, and nobody is told."""

from collections import Counter
from collections.abc import Callable, Iterator

from cstar_core import Helpdesk, Workspace
from cstar_web.cli.base import Answer, Usage
from cstar_web.cli.teams import team_of
from cstar_web.mail.archives import NoArchive, maildir_mails, mbox_mails
from cstar_web.mail.serving import reading

_READERS: dict[str, Callable[[str], Iterator[bytes]]] = {
    "mbox": mbox_mails,
    "maildir": maildir_mails,
}


def import_mail(desk: Helpdesk, file: str, kind: str, team: str | None, environment: str) -> Answer:
    """Bring in the mails of an archive; what is there already stays single."""
    chosen = team_of(desk, team, "cstar import FILE")
    workspace = desk.workspace(chosen.id, environment)
    before = workspace.mail.list(page_size=1).total
    try:
        verdicts = _bring_in(workspace, _READERS[kind](file))
    except NoArchive as error:
        raise Usage(str(error)) from error
    new = workspace.mail.list(page_size=1).total - before
    number = sum(verdicts.values())
    data = {"teamId": chosen.id, "environment": environment, "mails": number, "new": new}
    lines = [f"{number:,} mails in {file}, {new:,} of them new"]
    lines += [f"{each:,} {verdict}" for verdict, each in verdicts.most_common()]
    return Answer(data | {"verdicts": dict(verdicts)}, "\n".join(lines))


def _bring_in(workspace: Workspace, mails: Iterator[bytes]) -> Counter[str]:
    verdicts: Counter[str] = Counter()
    with reading() as read:
        for raw in mails:
            verdicts[workspace.mail.bring_in(raw, read=read).verdict] += 1
    return verdicts

"""The secret that signs a workspace's links and reply addresses: made at need, and again to end
all that were given away."""

from cstar_core.ids import new_token
from cstar_core.scope import Scope
from cstar_core.store import Snapshot, Transaction, prepare, slot
from cstar_core.tables import LinkSecretRow

# 62 characters to choose from: more than 256 bits.
_LENGTH = 43
_FIND = prepare(
    LinkSecretRow.select(LinkSecretRow.secret).where(
        LinkSecretRow.workspace_id == slot("workspace")
    )
)
_KEEP = prepare(
    LinkSecretRow.insert(
        {
            LinkSecretRow.workspace_id: slot("workspace"),
            LinkSecretRow.secret: slot("secret"),
            LinkSecretRow.made_at: slot("now"),
        }
    ).on_conflict_replace()
)


def find_secret(snap: Snapshot, scope: Scope) -> str | None:
    """The secret of a workspace; None as long as nothing was signed with one."""
    row = snap.first(_FIND, workspace=scope.workspace_id)
    return None if row is None else str(row[0])


def find_or_make_secret(tx: Transaction, scope: Scope) -> str:
    """The secret of a workspace, made if there is none."""
    return find_secret(tx, scope) or replace_secret(tx, scope)


def replace_secret(tx: Transaction, scope: Scope) -> str:
    """Make a new secret; what was signed with the one before it is not genuine any more."""
    secret = new_token(_LENGTH)
    tx.run(_KEEP, workspace=scope.workspace_id, secret=secret, now=tx.now)
    return secret

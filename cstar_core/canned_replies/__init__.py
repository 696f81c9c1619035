"""Canned replies: texts that a team sends often, with placeholders."""

from cstar_core.canned_replies.filling import placeholder_names, placeholder_values
from cstar_core.canned_replies.reply import (
    CANNED_REPLIES_MAX,
    CANNED_REPLY_NAME_MAX,
    CannedReply,
    check_shortcut,
    fold_name,
)
from cstar_core.canned_replies.room import CannedReplies

__all__ = [
    "CANNED_REPLIES_MAX",
    "CANNED_REPLY_NAME_MAX",
    "CannedReplies",
    "CannedReply",
    "check_shortcut",
    "fold_name",
    "placeholder_names",
    "placeholder_values",
]

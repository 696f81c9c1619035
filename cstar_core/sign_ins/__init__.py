"""Signing in to the inbox: passwords, invitations, sessions and second factors of members."""

from cstar_core.sign_ins.factors import Enrolment, SecondFactor
from cstar_core.sign_ins.invitations import (
    Invitation,
    Invitations,
    NewInvitation,
)
from cstar_core.sign_ins.passwords import PASSWORD_MAX, PASSWORD_MIN, Hasher
from cstar_core.sign_ins.room import SignIns
from cstar_core.sign_ins.sessions import (
    SESSION_SECONDS_MAX,
    Session,
    Sessions,
    SignedIn,
    SignIn,
)
from cstar_core.sign_ins.standings import Standing

__all__ = [
    "PASSWORD_MAX",
    "PASSWORD_MIN",
    "SESSION_SECONDS_MAX",
    "Enrolment",
    "Hasher",
    "Invitation",
    "Invitations",
    "NewInvitation",
    "SecondFactor",
    "Session",
    "Sessions",
    "SignIn",
    "SignIns",
    "SignedIn",
    "Standing",
]

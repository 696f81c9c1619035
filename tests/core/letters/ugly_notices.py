"""Ugly notices: of servers about delivery, of programs that answer, of lists, and of spam."""

from typing import Any

from tests.core.letters.ugly import Ugly, mail, part, parts

STATUS = "Content-Type: message/delivery-status"
RETURNED = b"From: help@acme.example\nMessage-ID: <1@acme.example>\nSubject: Re: Wheel\n\nHello"
BELOW = "\n\n------ This is a copy of the message, including all the headers. ------\n\nMessage-ID: <1@acme.example>\nTo: b@x.example\n\nHello c@x.example\n"
DAEMON = "Mail Delivery System <MAILER-DAEMON@mx.example>"


def notice(
    status: str, returned: bytes = RETURNED, kind: str = "message/rfc822", about: str = STATUS
) -> bytes:
    """A notice of delivery, as it should be."""
    return parts(
        "multipart/report; report-type=delivery-status",
        part("Content-Type: text/plain", "It did not go."),
        part(about, status),
        part(f"Content-Type: {kind}", returned),
        more="Auto-Submitted: auto-replied\nReturn-Path: <>",
    )


def loose(subject: str, body: str, more: str = "", sender: str = DAEMON) -> bytes:
    """A notice of delivery in words."""
    head = f"From: {sender}\nSubject: {subject}\n{more}".rstrip("\n")
    return f"{head}\n\n{body}".encode()


ONE = "Reporting-MTA: dns; mx.example\n\nFinal-Recipient: rfc822; b@x.example\nAction: failed\nStatus: 5.1.1\n"

STANDARD: tuple[tuple[str, bytes, list[tuple[str, str, str]], str | None], ...] = (
    (
        "Postfix",
        notice(f"{ONE}Diagnostic-Code: smtp; 550 5.1.1 no such user\n"),
        [("b@x.example", "failed", "5.1.1")],
        "1@acme.example",
    ),
    (
        "only headers returned",
        notice(ONE, RETURNED.partition(b"\n\n")[0], "text/rfc822-headers"),
        [("b@x.example", "failed", "5.1.1")],
        "1@acme.example",
    ),
    ("nothing returned", notice(ONE, b""), [("b@x.example", "failed", "5.1.1")], None),
    (
        "two recipients",
        notice(
            f"{ONE}\nFinal-Recipient: rfc822;<c@x.example>\nAction: delayed\nStatus: 4.4.1 (timeout)\n"
        ),
        [("b@x.example", "failed", "5.1.1"), ("c@x.example", "delayed", "4.4.1")],
        "1@acme.example",
    ),
    (
        "forwarded before it failed",
        notice(ONE.replace("Final", "Original-Recipient: rfc822;jane@x.example\nFinal")),
        [("jane@x.example", "failed", "5.1.1")],
        "1@acme.example",
    ),
    (
        "no action",
        notice(ONE.replace("Action: failed\n", "")),
        [("b@x.example", "failed", "5.1.1")],
        "1@acme.example",
    ),
    (
        "an odd action",
        notice(ONE.replace("failed", "failure")),
        [("b@x.example", "failed", "5.1.1")],
        "1@acme.example",
    ),
    (
        "action with a comment",
        notice(ONE.replace("failed", "Failed (for good)")),
        [("b@x.example", "failed", "5.1.1")],
        "1@acme.example",
    ),
    (
        "status only in the diagnostic",
        notice(ONE.replace("Status: 5.1.1", "Diagnostic-Code: smtp;\n 552 5.2.2 full")),
        [("b@x.example", "failed", "5.2.2")],
        "1@acme.example",
    ),
    (
        "a reply code only",
        notice(ONE.replace("Status: 5.1.1", "Diagnostic-Code: smtp; 550 gone")),
        [("b@x.example", "failed", "5.0.0")],
        "1@acme.example",
    ),
    (
        "no kind of address",
        notice(ONE.replace("rfc822; ", "")),
        [("b@x.example", "failed", "5.1.1")],
        "1@acme.example",
    ),
    (
        "lines that are not ended",
        notice(ONE.replace("\n\n", "\n \n")),
        [("b@x.example", "failed", "5.1.1")],
        "1@acme.example",
    ),
    (
        "delivered",
        notice(ONE.replace("failed", "delivered").replace("5.1.1", "2.0.0")),
        [("b@x.example", "delivered", "2.0.0")],
        "1@acme.example",
    ),
    (
        "relayed",
        notice(ONE.replace("failed", "relayed").replace("5.1.1", "2.1.9")),
        [("b@x.example", "relayed", "2.1.9")],
        "1@acme.example",
    ),
    (
        "international",
        notice(
            ONE.replace("rfc822; b@", "utf-8; bü@"),
            about="Content-Type: message/global-delivery-status",
        ),
        [("bü@x.example", "failed", "5.1.1")],
        "1@acme.example",
    ),
    (
        "in base64",
        notice(
            "RmluYWwtUmVjaXBpZW50OiByZmM4MjI7IGJAeC5leGFtcGxlCkFjdGlvbjogZmFpbGVkCg==",
            about=f"{STATUS}\nContent-Transfer-Encoding: base64",
        ),
        [("b@x.example", "failed", "")],
        "1@acme.example",
    ),
)

LOOSE: tuple[tuple[str, bytes, list[tuple[str, str, str]], str | None], ...] = (
    (
        "qmail",
        loose(
            "failure notice",
            "Hi. This is the qmail-send program at mx.example.\nI'm afraid I wasn't able to deliver your message.\n\n"
            "<b@x.example>:\nSorry, no mailbox here by that name. (#5.1.1)\n\n--- Below this line is a copy of the message.\n\n"
            "Return-Path: <help@acme.example>\nMessage-ID: <1@acme.example>\n\nWrite to <c@x.example>:\n",
        ),
        [("b@x.example", "failed", "5.1.1")],
        "1@acme.example",
    ),
    (
        "Exim",
        loose(
            "Mail delivery failed: returning message to sender",
            f"This message was created automatically.\n\n  b@x.example\n    host mx [1.2.3.4]\n    550 5.7.1 rejected{BELOW}",
            "X-Failed-Recipients: b@x.example",
        ),
        [("b@x.example", "failed", "5.7.1")],
        "1@acme.example",
    ),
    (
        "Exim, delayed",
        loose(
            "Warning: message 1abc delayed 24 hours",
            f"It has not yet been delivered.\n\n  b@x.example\n    Delay reason: timeout{BELOW}",
        ),
        [("b@x.example", "delayed", "")],
        "1@acme.example",
    ),
    (
        "Gmail of old",
        loose(
            "Delivery Status Notification (Failure)",
            "Delivery to the following recipient failed permanently:\n\n     b@x.example\n\nTechnical details: 550 5.1.1 no such user\n\n----- Original message -----\n\nMessage-ID: <1@acme.example>\n",
            "X-Failed-Recipients: b@x.example",
            "mailer-daemon@googlemail.com",
        ),
        [("b@x.example", "failed", "")],
        "1@acme.example",
    ),
    (
        "Yahoo",
        loose(
            "Failure Notice",
            "Sorry, we were unable to deliver your message to the following address.\n\n<b@x.example>:\n554: delivery error: This user doesn't have an account\n\n--- Below this line is a copy of the message.\nMessage-ID: <1@acme.example>\n",
        ),
        [("b@x.example", "failed", "")],
        "1@acme.example",
    ),
    (
        "sendmail of old",
        loose(
            "Returned mail: User unknown",
            "   ----- The following addresses had permanent fatal errors -----\n<b@x.example>\n    (reason: 550 5.1.1 unknown)\n\n   ----- Original message follows -----\n\nMessage-ID: <1@acme.example>\n",
        ),
        [("b@x.example", "failed", "5.1.1")],
        "1@acme.example",
    ),
    (
        "Exchange in German",
        loose(
            "Unzustellbar: Rad",
            "Ihre Nachricht konnte nicht zugestellt werden.\n\nb@x.example\n550 5.1.10 RecipientNotFound\n\nOriginal message headers:\n\nMessage-ID: <1@acme.example>\n",
            sender="postmaster@x.example",
        ),
        [("b@x.example", "failed", "5.1.10")],
        "1@acme.example",
    ),
    ("no address at all", loose("Undeliverable: Wheel", "It did not go."), [], None),
    (
        "the answered mail is told",
        loose("Undeliverable: Wheel", "<b@x.example>: gone", "In-Reply-To: <1@acme.example>"),
        [("b@x.example", "failed", "")],
        "1@acme.example",
    ),
)

AUTOMATIC: tuple[tuple[str, str, str, str | None], ...] = (
    ("a person", "Subject: Hello", "personal", None),
    ("not automatic", "Auto-Submitted: no", "personal", None),
    ("replied", "Auto-Submitted: auto-replied", "automatic", "Auto-Submitted: auto-replied"),
    (
        "generated",
        "Auto-Submitted: auto-generated; x=y",
        "automatic",
        "Auto-Submitted: auto-generated; x=y",
    ),
    ("notified", "auto-submitted: AUTO-NOTIFIED", "automatic", "Auto-Submitted: AUTO-NOTIFIED"),
    ("bulk", "Precedence: bulk", "automatic", "Precedence: bulk"),
    ("junk", "Precedence: Junk", "automatic", "Precedence: Junk"),
    ("auto_reply", "Precedence: auto_reply", "automatic", "Precedence: auto_reply"),
    ("of a first class", "Precedence: first-class", "personal", None),
    ("of a list", "Precedence: list", "list", "Precedence: list"),
    ("list id", "List-Id: Talk <talk.example.com>", "list", "List-Id: Talk <talk.example.com>"),
    (
        "newsletter",
        "List-Unsubscribe: <https://x.example/u>",
        "list",
        "List-Unsubscribe: <https://x.example/u>",
    ),
    (
        "list of old",
        "Mailing-List: contact a@x.example",
        "list",
        "Mailing-List: contact a@x.example",
    ),
    (
        "Exchange: all",
        "X-Auto-Response-Suppress: All",
        "automatic",
        "X-Auto-Response-Suppress: All",
    ),
    (
        "Exchange: no answers",
        "X-Auto-Response-Suppress: DR, OOF, AutoReply",
        "automatic",
        "X-Auto-Response-Suppress: DR, OOF, AutoReply",
    ),
    ("Exchange: only no receipts", "X-Auto-Response-Suppress: DR, RN, NRN", "personal", None),
    ("autoreply", "X-Autoreply: yes", "automatic", "X-Autoreply: yes"),
    ("no autoreply", "X-Autoreply: no", "personal", None),
    ("autorespond", "X-Autorespond: x", "automatic", "X-Autorespond: x"),
    ("cron", "X-Cron-Env: <SHELL=/bin/sh>", "automatic", "X-Cron-Env: <SHELL=/bin/sh>"),
    ("empty path", "Return-Path: <>", "automatic", "Return-Path: <>"),
    ("empty path, with a blank", "Return-Path: < >", "automatic", "Return-Path: <>"),
    ("a path", "Return-Path: <jane@example.com>", "personal", None),
    ("out of office", "Subject: Out of Office: away", "automatic", "Subject: Out of Office: away"),
    ("out of the box", "Subject: Out of the box", "personal", None),
    (
        "in German",
        "Subject: Abwesenheitsnotiz: Urlaub",
        "automatic",
        "Subject: Abwesenheitsnotiz: Urlaub",
    ),
    (
        "in French",
        "Subject: =?utf-8?q?R=C3=A9ponse_automatique?=: x",
        "automatic",
        "Subject: Réponse automatique: x",
    ),
    ("in Japanese", "Subject: 自動応答: 休暇", "automatic", "Subject: 自動応答: 休暇"),
    ("answered to one", "Subject: Re: Automatic reply: away", "personal", None),
)

SENDERS: tuple[tuple[str, str], ...] = (
    ("noreply@example.com", "automatic"),
    ("no-reply@example.com", "automatic"),
    ("No_Reply@example.com", "automatic"),
    ("noreply-123@example.com", "automatic"),
    ("do-not-reply@example.com", "automatic"),
    ("mailer-daemon@example.com", "automatic"),
    ("nora@example.com", "personal"),
    ("reply@example.com", "personal"),
)

SUSPECTED: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("nothing", "X: y", {"spam": False, "score": None, "checks": "//"}),
    ("flag", "X-Spam-Flag: YES", {"spam": True}),
    ("no flag", "X-Spam-Flag: NO", {"spam": False}),
    (
        "status",
        "X-Spam-Status: Yes, score=7.1 required=5.0\n tests=A",
        {"spam": True, "score": 7.1},
    ),
    ("status, and none", "X-Spam-Status: No, score=-1.9", {"spam": False, "score": -1.9}),
    ("rspamd", "X-Spam: Yes\nX-Rspamd-Score: 12.5", {"spam": True, "score": 12.5}),
    ("score with a bar", "X-Spam-Score: 3.4 (+++)", {"spam": False, "score": 3.4}),
    ("score of words", "X-Spam-Score: high", {"score": None}),
    ("Exchange", "X-MS-Exchange-Organization-SCL: 6", {"spam": True}),
    ("Exchange, and none", "X-MS-Exchange-Organization-SCL: -1", {"spam": False}),
    ("Office", "X-Forefront-Antispam-Report: CIP:1;CTRY:;SCL:9;SRV:", {"spam": True}),
    (
        "results",
        "Authentication-Results: mx.example; spf=pass smtp.mailfrom=a;\n dkim=fail (bad) header.d=a; dmarc=fail",
        {"checks": "pass/fail/fail mx.example"},
    ),
    (
        "results with a version",
        "Authentication-Results: mx.example 1; spf=none",
        {"checks": "none// mx.example"},
    ),
    (
        "results in comments",
        "Authentication-Results: mx.example (a; dmarc=pass); dmarc=fail (dmarc=pass)",
        {"checks": "//fail mx.example"},
    ),
    (
        "results in quotes",
        'Authentication-Results: mx.example; x=y reason="; dmarc=pass"; dmarc=fail',
        {"checks": "//fail mx.example"},
    ),
    (
        "two headers of one relay",
        "Authentication-Results: mx.example; dmarc=fail\nAuthentication-Results: mx.example; dmarc=pass; spf=pass",
        {"checks": "pass//fail mx.example"},
    ),
    (
        "below, of another",
        "Authentication-Results: mx.example; spf=fail\nAuthentication-Results: other.example; dkim=pass",
        {"checks": "fail// mx.example"},
    ),
    (
        "one of two signatures",
        "Authentication-Results: mx.example; dkim=fail; dkim=pass",
        {"checks": "/pass/ mx.example"},
    ),
    ("none", "Authentication-Results: mx.example; none", {"checks": "// mx.example"}),
    (
        "odd results",
        "Authentication-Results: mx.example; spf=great; dmarc = PASS",
        {"checks": "//pass mx.example"},
    ),
    ("no name", "Authentication-Results: ; spf=pass", {"checks": "pass//"}),
)


def report(kind: str, about: str) -> bytes:
    """Another notice."""
    return parts(
        f"multipart/report; report-type={kind}",
        part("Content-Type: text/plain", "It was seen."),
        part(f"Content-Type: message/{kind}", about),
    )


OTHERS = (
    Ugly(
        "it was read",
        report(
            "disposition-notification",
            "Final-Recipient: rfc822;a@x.example\nDisposition: manual-action; displayed",
        ),
        {
            "nature": "automatic",
            "automatic": "disposition notification",
            "text": "It was seen.",
            "failed": None,
            "parts": [],
        },
    ),
    Ugly(
        "a complaint",
        report("feedback-report", "Feedback-Type: abuse"),
        {"nature": "automatic", "automatic": "feedback report"},
    ),
    Ugly(
        "a notice without recipients",
        report("delivery-status", "Reporting-MTA: dns; a"),
        {"nature": "bounce", "failed": None},
    ),
    Ugly(
        "the reason",
        notice(f"{ONE}Diagnostic-Code: smtp; 550 5.1.1\n  no such user\n"),
        {"why": ["550 5.1.1 no such user"]},
    ),
    Ugly(
        "a person about a notice",
        mail("Subject: Undeliverable: what is this?", "<b@x.example>: gone"),
        {"nature": "personal", "failed": None},
    ),
    Ugly(
        "a vacation with an empty path",
        mail("Return-Path: <>\nSubject: Away", "Write to\n<bob@example.com>:\nhe is here"),
        {"nature": "automatic", "failed": None},
    ),
    Ugly(
        "200 recipients",
        notice("".join(f"\nFinal-Recipient: rfc822;{n}@x.example\n" for n in range(200))),
        {"failed": [(f"{n}@x.example", "", "") for n in range(100)]},
    ),
)

UGLY = (
    *(
        Ugly(f"notice: {name}", raw, {"nature": "bounce", "failed": failed, "original": of})
        for name, raw, failed, of in (*STANDARD, *LOOSE)
    ),
    *(
        Ugly(f"automatic: {name}", mail(head, "Hi"), {"nature": nature, "automatic": why})
        for name, head, nature, why in AUTOMATIC
    ),
    *(
        Ugly(f"from {who}", f"From: {who}\n\nHi".encode(), {"nature": nature})
        for who, nature in SENDERS
    ),
    *(Ugly(f"suspected: {name}", mail(head, "Hi"), read) for name, head, read in SUSPECTED),
    *OTHERS,
)

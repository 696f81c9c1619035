"""The subjects of answers."""

import pytest

from cstar_core.mail_out.subjects import answer_subject

SUBJECTS = [
    ("Cannot log in", "Re: Cannot log in [#7]"),
    ("Re: Cannot log in", "Re: Cannot log in [#7]"),
    ("RE: AW: Fwd: Re[2]: Cannot log in", "Re: Cannot log in [#7]"),
    ("Re: Cannot log in [#7]", "Re: Cannot log in [#7]"),
    ("[#7] Cannot [#7] log in", "Re: Cannot log in [#7]"),
    ("Cannot log in [#71]", "Re: Cannot log in [#71] [#7]"),
    ("Regarding: x", "Re: Regarding: x [#7]"),
    ("Re\uff1a全角", "Re: 全角 [#7]"),
    ("", "Re: [#7]"),
    ("re:" * 50 + "x", "Re: " + "re:" * 40 + "x [#7]"),
    ("x\r\nBcc: y@z", "Re: x Bcc: y@z [#7]"),
]


@pytest.mark.parametrize(("subject", "answer"), SUBJECTS)
def test_an_answer_has_the_subject_and_the_number_once(subject: str, answer: str) -> None:
    assert answer_subject(subject, 7) == answer

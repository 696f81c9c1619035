"""Placeholders: what they become, what is left as it was typed, and what cannot be saved."""

import pytest

from cstar_core import CONTENT_MAX
from cstar_core.placeholders import (
    FILLED_MAX,
    PLACEHOLDERS,
    as_text,
    check_placeholders,
    first_name,
    render,
)
from tests.core.vocabulary import messages, refusal
from tests.growth import grows_with

VALUES = {
    "customer.name": "Jane {{ticket.title}}",
    "customer.first_name": None,
    "customer.email": "",
    "ticket.number": "42",
    "ticket.title": "{{customer.name}} \\1 \\g<0>",
    "member.name": " ",
    "ticket.custom_fields.region": "EU",
}
RENDERED = [
    ("", ""),
    ("no braces", "no braces"),
    ("#{{ticket.number}}", "#42"),
    ("{{ ticket.number }}", "42"),
    ("{{\nticket.number\t}}", "42"),
    ("{{ticket.number}}{{ticket.number}}", "4242"),
    ("{{ticket.custom_fields.region}}", "EU"),
    ("{{customer.name}}", "Jane {{ticket.title}}"),
    ("{{ticket.title}}", "{{customer.name}} \\1 \\g<0>"),
    ("Hello {{customer.first_name}}!", "Hello !"),
    ("Hello {{customer.first_name|there}}!", "Hello there!"),
    ("Hello {{ customer.first_name | you there }}!", "Hello you there!"),
    ("Hello {{customer.first_name|}}!", "Hello !"),
    ("{{customer.first_name|a|b}}", "a|b"),
    ("{{customer.email|none}}", "none"),
    ("{{member.name|us}}", "us"),
    ("{{ticket.number|none}}", "42"),
    ("{{customer.phone}}", "{{customer.phone}}"),
    ("{{customer.phone|none}}", "{{customer.phone|none}}"),
    ("{{Customer.name}}", "{{Customer.name}}"),
    ("{{{ticket.number}}}", "{42}"),
    ("{{ticket.number}", "{{ticket.number}"),
    ("{ticket.number}}", "{ticket.number}}"),
    ("{{ticket.number}}}}", "42}}"),
    ("{{{{ticket.number}}", "{{42"),
    ("{{ticket.{{ticket.number}}}}", "{{ticket.42}}"),
    ("{{customer.first_name|{x}}}", "{{customer.first_name|{x}}}"),
    ("{{}} {{ }} {{|x}}", "{{}} {{ }} {{|x}}"),
]


@pytest.mark.parametrize(("text", "filled"), RENDERED)
def test_a_text_is_filled_in_once(text: str, filled: str) -> None:
    assert render(text, VALUES) == filled


def test_the_whole_may_be_as_long_as_a_message() -> None:
    assert FILLED_MAX == CONTENT_MAX
    fits = "{{a}}" + "y" * (FILLED_MAX - 10)
    assert len(render(fits, {"a": "x" * 10})) == FILLED_MAX
    assert refusal(render, fits + "y", {"a": "x" * 10}) == [
        "content must be at most 100,000 characters once its placeholders are filled in"
    ]


def test_a_text_that_would_fill_the_memory_is_refused_at_once() -> None:
    def refused(places: int) -> object:
        return refusal(render, "{{a}}" * places, {"a": "x" * 100_000})

    assert grows_with(refused, 1_000, 20_000) and refused(20_000) != []


KNOWN = (*PLACEHOLDERS, "ticket.custom_fields.region")
PROBLEMS: list[tuple[str, list[str]]] = [
    ("", []),
    ("{{customer.name}} {{ ticket.custom_fields.region | x }}", []),
    ("{{}} {{ }} {{|x}} { {a} {{{", []),
    (
        "{{customer.nmae}}",
        ["content.customer.nmae is not known; did you mean customer.name?"],
    ),
    ("{{qqq}} {{qqq}} {{zzz}}", ["content.qqq is not known", "content.zzz is not known"]),
    (
        "{{ticket.custom_fields.regoin}}",
        ["content.ticket.custom_fields.regoin is not known; "
         "did you mean ticket.custom_fields.region?"],
    ),
    ("Hi {{customer.name}, hi", ["content.customer.name must be closed by }}"]),
    ("Hi {{ team.name", ["content.team.name must be closed by }}"]),
    ("{{team.name|us}", ["content.team.name must be closed by }}"]),
    ("a {{b", []),
    (f"{{{{{'x' * 500}}}}}", [f"content.{'x' * 64} is not known"]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "problems"), PROBLEMS)
def test_what_cannot_be_filled_in_is_told_before(text: str, problems: list[str]) -> None:
    assert messages(check_placeholders("content", text, KNOWN)) == problems


def test_of_many_problems_the_first_twenty_are_told() -> None:
    def told(places: int) -> int:
        text = "".join(f"{{{{wrong{number}}}}}{{{{team.x{number}" for number in range(places))
        return len(check_placeholders("content", text, KNOWN))

    assert grows_with(told, 300, 5_000) and told(5_000) == 20


NAMES = [
    ("Jane", "Jane"),
    ("  Jane \n Smith", "Jane"),
    ("Smith, Jane Ann", "Jane"),
    ("Smith,", "Smith"),
    ("Jean-Luc Picard", "Jean-Luc"),
    ("東京 太郎", "東京"),
    ("jane@example.com", None),
    (" ", None),
    ("", None),
    (None, None),
    (",", None),
]


@pytest.mark.parametrize(("name", "first"), NAMES)
def test_a_first_name_is_the_word_to_address_somebody_by(
    name: str | None, first: str | None
) -> None:
    assert first_name(name) == first


TEXTS = [
    ("a b", "a b"), (5, "5"), (5.0, "5"), (-0.5, "-0.5"), (1e300, "1e+300"), (True, "yes"),
    (False, "no"), (["EU", "US"], "EU, US"), ([], ""), ("2025-02-01", "2025-02-01"),
]  # fmt: skip


@pytest.mark.parametrize(("value", "text"), TEXTS)
def test_a_value_reads_as_in_a_sentence(value: object, text: str) -> None:
    assert as_text(value) == text

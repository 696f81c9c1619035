"""The documentation of the API: it loads under its own policy, and a call can be tried."""

from cstar_core import Helpdesk
from cstar_web.errors import ERRORS
from tests.browser.conftest import Visit
from tests.browser.visitor import Visitor


def test_a_call_can_be_tried_with_a_key(visit: Visit, desk: Helpdesk) -> None:
    key = desk.keys.create("acme", type="secret", environment="live").secret
    visitor = visit()
    visitor.open("/docs")
    page = visitor.page
    page.locator(".btn.authorize").first.click()
    page.locator(".auth-container input").first.fill(key)
    page.locator(".modal-btn.authorize").first.click()
    page.locator(".btn-done").first.click()
    call = page.locator("#operations-Tickets-listTickets")
    call.locator(".opblock-summary-control").click()
    assert call.locator("tr[data-param-name=team] input").input_value() == "acme"
    call.locator(".execute").click()
    answer = call.locator(".live-responses-table tbody .response-col_status")
    assert answer.inner_text().split()[0] == "200"


def test_the_page_of_errors_lists_each(visit: Visit) -> None:
    visitor = visit()
    visitor.open("/docs/errors")
    assert visitor.page.locator(".error").count() == len(ERRORS)


def test_what_a_policy_forbids_is_noticed(visit: Visit) -> None:
    visitor = visit()
    visitor.open("/docs/errors")
    visitor.run(
        "() => document.head.append(Object.assign(document.createElement('style'),"
        " { textContent: '* { color: red }' }))"
    )
    assert faults(
        visitor, "violates the following Content Security Policy directive", "policy: style-src"
    )


def test_what_goes_wrong_in_a_page_is_noticed(visit: Visit) -> None:
    visitor = visit()
    visitor.open("/docs/errors")
    visitor.run("() => { setTimeout(() => { throw new Error('by itself') }, 0); alert('Hello') }")
    visitor.run("() => { location = 'http://127.0.0.1:9/' }")
    assert faults(
        visitor, "script: by itself", "asked another host: http://127.0.0.1:9/", "alert: Hello"
    )


def faults(visitor: Visitor, *expected: str) -> bool:
    """Whether all of these go wrong, sooner or later."""
    found: list[str] = []

    def are_there() -> bool:
        found.extend(visitor.take_faults())
        return all(each in " ".join(found) for each in expected)

    return visitor.until(are_there)

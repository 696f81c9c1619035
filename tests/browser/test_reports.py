"""Asking the reports: what is chosen counts at once, and nobody is torn away while they type."""

from tests.browser.conftest import Visit
from tests.browser.visitor import Visitor

PAGE = "/inbox/acme/reports?zone=UTC&period=days&start=2026-01-01&end=2026-02-28"


def at_reports(visit: Visit) -> Visitor:
    """A viewer at a page that is marked, so that another one in its place shows."""
    viewer = visit("viewer")
    viewer.open(PAGE)
    viewer.run("() => { document.body.dataset.marked = 'yes'; }")
    return viewer


def is_marked(viewer: Visitor) -> bool:
    return viewer.run("() => document.body.dataset.marked === 'yes'") is True


def test_what_is_chosen_counts_at_once_and_keeps_the_focus(visit: Visit) -> None:
    viewer = at_reports(visit)
    priority = viewer.page.get_by_label("Priority")
    priority.focus()
    priority.select_option("urgent")
    viewer.page.get_by_role("link", name="All tickets").wait_for()
    assert "priority=urgent" in viewer.page.url
    assert is_marked(viewer)
    assert viewer.run("() => document.activeElement.id") == "priority"
    assert viewer.take_faults() == []


def test_a_day_is_typed_without_being_torn_away(visit: Visit) -> None:
    viewer = at_reports(visit)
    viewer.page.locator("#start").focus()
    # At the first digits of the year it is one in which there are no reports; then after the end.
    viewer.page.keyboard.type("03152026")
    assert viewer.page.locator("#start").input_value() == "2026-03-15"
    assert is_marked(viewer)
    viewer.page.locator("#end").focus()
    viewer.page.keyboard.type("03312026")
    viewer.sees("15 Mar \u2013 31 Mar 2026", within="#days")
    assert is_marked(viewer)
    assert viewer.run("() => document.activeElement.id") == "end"
    assert viewer.take_faults() == []


def test_an_answer_does_not_take_the_day_out_of_the_hands_of_who_types_it(visit: Visit) -> None:
    viewer = at_reports(visit)
    viewer.page.locator("#end").focus()
    with viewer.page.expect_response("**/reports?**"):
        viewer.page.keyboard.type("01")  # a whole day already, which is answered before the rest
    viewer.sees("1 Jan \u2013 28 Jan 2026", within="#days")
    viewer.page.keyboard.type("312026")
    viewer.sees("1 Jan \u2013 31 Jan 2026", within="#days")
    assert viewer.page.locator("#end").input_value() == "2026-01-31"
    assert is_marked(viewer)
    assert viewer.take_faults() == []


def test_days_that_are_refused_are_told_when_they_are_asked_for(visit: Visit) -> None:
    viewer = at_reports(visit)
    viewer.fill(start="2026-03-15")
    viewer.press("Show", within="form.asking")
    viewer.sees("must not be before start", within="form.asking")
    assert viewer.page.locator("#start").input_value() == "2026-03-15"
    assert viewer.take_faults() == []

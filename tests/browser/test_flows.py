"""What members do all day, as they do it: with the keyboard, several tickets at once, together."""

from cstar_core import Helpdesk
from tests.browser.conftest import Visit

ALL = "/inbox/acme/views/all"
FIELDS = "/inbox/acme/settings/fields"
# As a page is that was opened behind others, and that nobody has looked at yet.
BEHIND = "Object.defineProperty(Document.prototype, 'hidden', { get: () => true })"


def test_the_palette_leads_to_a_page_and_to_a_ticket(visit: Visit, desk: Helpdesk) -> None:
    ticket = desk.workspace("acme").tickets.create(title="Zither out of tune")
    agent = visit("agent")
    agent.open("/inbox/acme/")
    keys = agent.page.keyboard
    keys.press("Control+k")
    keys.type("repo")
    with agent.page.expect_navigation():
        keys.press("Enter")
    assert agent.path == "/inbox/acme/reports"
    agent.page.get_by_role("button", name="Go to").click()
    keys.type("zither")
    agent.sees("Zither out of tune", within="#palette")
    with agent.page.expect_navigation():
        keys.press("Enter")
    assert agent.path == f"/inbox/acme/tickets/{ticket.id}"


def test_the_palette_leads_from_the_settings_to_a_view_and_back(
    visit: Visit, desk: Helpdesk
) -> None:
    view = desk.workspace("acme").views.create(name="Zebra crossing", text="tag:a", shared=True)
    owner = visit("owner")
    owner.open("/inbox/acme/settings/views")
    for typed, shown, path in (
        ("zebra", "Zebra crossing", f"/inbox/acme/views/{view.id}"),
        ("settings repl", "Settings: ", "/inbox/acme/settings/replies"),
    ):
        owner.page.get_by_role("button", name="Go to").click()
        owner.page.keyboard.type(typed)
        owner.sees(shown, within="#choices")
        with owner.page.expect_navigation():
            owner.page.keyboard.press("Enter")
        assert owner.path == path


def test_a_list_follows_what_is_changed_beside_its_conversation(
    visit: Visit, desk: Helpdesk
) -> None:
    ticket = desk.workspace("acme").tickets.create(title="Zither out of tune")
    agent = visit("agent")
    agent.open(f"/inbox/acme/tickets/{ticket.id}?view=all")
    agent.page.locator("select[name=priority]").select_option("urgent")
    flag = agent.page.locator("#listed [aria-current] .flag.urgent")
    flag.wait_for()
    assert flag.inner_text() == "Urgent"


def test_several_tickets_are_deleted_once_that_is_confirmed(visit: Visit, desk: Helpdesk) -> None:
    acme = desk.workspace("acme")
    kept, *gone = [acme.tickets.create(title=f"Spam {number}").id for number in range(3)]
    agent = visit("agent")
    agent.open(ALL)
    for id in gone:
        agent.page.locator(f"#choose-{id}").check(force=True)
    agent.press("Delete …", within="#many")
    agent.sees("Delete 2 tickets?")
    agent.press("Delete 2 tickets for good")
    agent.sees("2 tickets are deleted.", within="#told")
    assert [acme.tickets.find(id) for id in gone] == [None, None]
    assert acme.tickets.get(kept).title == "Spam 0"


def test_escape_leaves_the_palette_and_gives_the_focus_back(visit: Visit) -> None:
    agent = visit("agent")
    agent.open("/inbox/acme/")
    opens = agent.page.get_by_role("button", name="Go to")
    opens.focus()
    agent.page.keyboard.press("Enter")
    assert agent.page.locator("#palette-text").is_visible()
    agent.page.keyboard.press("Escape")
    assert not agent.page.locator("#palette-text").is_visible()
    assert opens.evaluate("button => button === document.activeElement")


def test_several_tickets_are_changed_by_keys_and_that_is_undone(
    visit: Visit, desk: Helpdesk
) -> None:
    acme = desk.workspace("acme")
    made = [acme.tickets.create(title=f"Flat tyre {n}").id for n in range(2)]
    agent = visit("agent")
    agent.open(ALL)
    for key in ("j", "x", "j", "x"):
        agent.page.keyboard.press(key)
    assert agent.page.locator(".choose :checked").count() == 2
    agent.page.locator("#set_status").select_option("pending")
    agent.press("Change", within="#many")
    agent.sees("2 tickets are changed.")
    assert [acme.tickets.get(each).status for each in made] == ["pending", "pending"]
    agent.press("Undo")
    agent.sees("2 tickets are as they were.")
    assert [acme.tickets.get(each).status for each in made] == ["new", "new"]


def test_a_canned_reply_greets_the_customer_by_name(visit: Visit, desk: Helpdesk) -> None:
    acme = desk.workspace("acme")
    acme.canned_replies.create(name="Zest", content="Dear {{customer.name}}, yours {{member.name}}")
    ticket = acme.tickets.create(title="Bell", customer_name="Jane Smith")
    agent = visit("agent")
    agent.open(f"/inbox/acme/tickets/{ticket.id}")
    keys = agent.page.keyboard
    keys.press("r")
    keys.press("/")
    keys.type("zest")
    agent.comes("() => document.querySelectorAll('#canned-found [role=option]').length === 1")
    keys.press("Enter")
    agent.comes("() => document.getElementById('content').value !== ''")
    text = agent.page.locator("#content")
    assert text.input_value() == "Dear Jane Smith, yours Agent Lane"
    assert text.evaluate("text => text === document.activeElement")


def test_a_search_is_completed_marked_and_kept_as_a_view(visit: Visit, desk: Helpdesk) -> None:
    acme = desk.workspace("acme")
    for status in ("pending", "new"):
        acme.tickets.create(title=f"Zither {status}", status=status)
    agent = visit("agent")
    agent.open("/inbox/acme/")
    keys = agent.page.keyboard
    keys.press("/")
    keys.type("zither status:pen")
    agent.page.locator("#offers [role=option]").first.wait_for()
    keys.press("ArrowDown")
    keys.press("Enter")
    assert agent.page.locator("#q").input_value() == "zither status:pending "
    agent.comes("() => document.querySelectorAll('#listed a.row').length === 1")
    assert agent.page.locator("#listed mark").first.inner_text() == "Zither"
    keys.press("Escape")
    agent.page.locator(".keep summary").click()
    agent.fill(name="Waiting zithers")
    agent.press("Save", within=".keep")
    agent.page.locator("#views a", has_text="Waiting zithers").wait_for()
    agent.open(ALL)
    with agent.page.expect_navigation():
        agent.page.locator("#views a", has_text="Waiting zithers").click()
    assert agent.page.locator("#listed a.row").count() == 1


def test_a_list_goes_on_as_one_comes_to_its_end(visit: Visit, desk: Helpdesk) -> None:
    total = desk.workspace("acme").tickets.list().total
    agent = visit("agent")
    agent.open(ALL)
    first = agent.page.locator("#listed a.row").count()
    assert 0 < first < total
    seen = "() => document.querySelectorAll('#listed a.row').length"
    for _ in range(total // first + 1):
        if agent.run(seen) == total:
            break
        before = agent.run(seen)
        agent.page.locator(".more").scroll_into_view_if_needed()
        agent.comes(f"{seen} > {before}")
    ids = agent.page.locator("#listed a.row").evaluate_all("rows => rows.map(row => row.id)")
    assert len(ids) == len(set(ids)) == total


def test_fields_are_put_in_order_by_the_keyboard(visit: Visit, desk: Helpdesk) -> None:
    acme = desk.workspace("acme")
    names = [each.name for each in acme.custom_fields.list(entity_type="tickets")]
    owner = visit("owner")
    owner.open(FIELDS)
    down = owner.page.get_by_role("button", name=f"Move {names[0]} down")
    down.focus()
    for _ in range(2):
        with owner.page.expect_navigation():
            owner.page.keyboard.press("Enter")
        assert down.evaluate("button => button === document.activeElement")
    after = [each.name for each in acme.custom_fields.list(entity_type="tickets")]
    assert after == [names[1], names[2], names[0], *names[3:]]


def test_a_webhook_is_made_tried_and_turned_off(visit: Visit, desk: Helpdesk) -> None:
    owner = visit("owner")
    owner.open("/inbox/acme/settings/webhooks/new")
    owner.fill(name="Shop", url="https://shop.example/hook")
    owner.page.get_by_label("Everything about tickets").check()
    owner.press("Make the webhook")
    assert owner.page.locator("input[readonly]").first.input_value().startswith("whsec_")
    hook = desk.workspace("acme").webhooks.list().items[0]
    owner.open(f"/inbox/acme/settings/webhooks/{hook.id}")
    owner.press("Send a test")
    owner.press("Turn off")
    owner.sees("It is turned off.")
    assert not desk.workspace("acme").webhooks.get(hook.id).is_active


def test_a_report_is_of_the_days_that_were_chosen(visit: Visit) -> None:
    agent = visit("agent")
    agent.open("/inbox/acme/reports")
    before = agent.page.locator("#days").inner_text()
    agent.page.locator(".choice", has_text="90 days").click()
    agent.comes("() => location.search.includes('period=90')")
    agent.comes(f"() => document.getElementById('days').innerText !== {before!r}")
    with agent.page.expect_download() as kept:
        agent.page.locator("a[download]").first.click()
    assert kept.value.suggested_filename.endswith(".csv")


def test_a_list_that_was_opened_behind_others_is_looked_at_now_and_then(
    visit: Visit, desk: Helpdesk
) -> None:
    agent = visit("agent")
    agent.context.add_init_script(BEHIND)
    agent.page.clock.install()
    agent.open(ALL)
    desk.workspace("acme").tickets.create(title="Zither out of tune")
    agent.page.clock.fast_forward(31_000)
    agent.sees("Zither out of tune", within=".rows")
    assert agent.page.title().startswith("(1) ")


def test_what_one_agent_does_the_other_sees(visit: Visit, desk: Helpdesk) -> None:
    ticket = desk.workspace("acme").tickets.create(title="Shared work")
    one, other = visit("agent"), visit("owner")
    one.open("/inbox/acme/views/open")
    other.open(f"/inbox/acme/tickets/{ticket.id}")
    one.sees("Shared work", within=".rows")
    other.page.keyboard.press("e")
    assert other.until(lambda: desk.workspace("acme").tickets.get(ticket.id).status == "resolved")
    one.page.locator(".rows", has_text="Shared work").wait_for(state="detached")
    assert one.page.locator("#listed", has_text="Shared work").count() == 0


def test_who_else_is_at_a_ticket_is_told(visit: Visit, desk: Helpdesk) -> None:
    ticket = desk.workspace("acme").tickets.create(title="Shared work")
    one, other = visit("agent"), visit("owner")
    one.open(f"/inbox/acme/tickets/{ticket.id}")
    other.open(f"/inbox/acme/tickets/{ticket.id}")
    assert other.sees("Agent Lane is here too", within="#colleagues").is_visible()
    one.page.locator("#content").fill("I have")
    one.page.reload()
    assert one.sees("Owner Lane is", within="#colleagues").is_visible()

"""Someone at a browser of their own, and everything that goes wrong in it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:  # whoever lacks Playwright skips the tests, and can still collect them
    from playwright.sync_api import BrowserContext, Locator, Page, Response

# The longest that anything in a page may take to come, and how often it is looked for, in ms.
PATIENCE = 10_000
STEP = 50
# What Chromium says in the console of an answer that refuses; its status is looked at instead.
_REFUSED = "Failed to load resource: the server responded with a status of 4"


class Visitor:
    """A context of the browser with one page. Faults add up until somebody takes them."""

    def __init__(self, context: BrowserContext, address: str) -> None:
        self.context = context
        self.address = address
        self._faults: list[str] = []
        context.set_default_timeout(PATIENCE)
        context.on("console", self._heard)
        context.on("weberror", lambda error: self._faults.append(f"script: {error.error}"))
        context.on("request", self._asked)
        context.on("response", self._answered)
        context.on("dialog", self._asked_by_dialog)
        self.page: Page = context.new_page()

    def open(self, path: str) -> Response:
        """Go to a page of the desk, or of any other place."""
        answer = self.page.goto(path if "://" in path else f"{self.address}{path}")
        assert answer is not None, path
        return answer

    @property
    def path(self) -> str:
        """Where the visitor is, without what leads back to another place."""
        return urlsplit(self.page.url).path

    def fill(self, **values: str) -> None:
        """Type into fields by their names."""
        for name, value in values.items():
            self.page.locator(f"[name='{name}']").fill(value)

    def press(self, name: str, within: str = "body") -> None:
        """Press the button that is called so, and wait for the page that comes."""
        with self.page.expect_navigation():
            self.page.locator(within).get_by_role("button", name=name, exact=True).click()

    def sees(self, text: str, within: str = "body") -> Locator:
        """Wait until a text is in sight."""
        found = self.page.locator(within).get_by_text(text).first
        found.wait_for(state="visible")
        return found

    def comes(self, script: str) -> None:
        """Wait until a function of JavaScript gives something true in the page."""
        self.page.wait_for_function(script)

    def until(self, is_so: Callable[[], bool]) -> bool:
        """Whether something comes to be, while the page does what it does by itself."""
        for _ in range(PATIENCE // STEP):
            if is_so():
                return True
            self.page.wait_for_timeout(STEP)
        return False

    def run(self, script: str, argument: object = None) -> Any:
        """What a function of JavaScript gives in the page; no policy of the page holds it up."""
        return self.page.evaluate(script, argument)

    def take_faults(self) -> list[str]:
        """What went wrong since the last time."""
        faults, self._faults = self._faults, []
        return faults

    def _heard(self, message: Any) -> None:
        if message.type in ("error", "warning") and not message.text.startswith(_REFUSED):
            self._faults.append(f"console: {message.text}")

    def _asked(self, request: Any) -> None:
        if not request.url.startswith((self.address, "data:", "blob:")):
            self._faults.append(f"asked another host: {request.url}")

    def _answered(self, answer: Any) -> None:
        # A page may refuse; what a page brings along must be there.
        least = 500 if answer.request.is_navigation_request() else 400
        if answer.status >= least:
            self._faults.append(f"{answer.status} for {answer.url}")

    def _asked_by_dialog(self, dialog: Any) -> None:
        self._faults.append(f"{dialog.type}: {dialog.message}")
        dialog.dismiss()

"""The documentation in a real browser: it loads under its own policy, and a call can be tried."""

import fcntl
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from cstar_web.errors import ERRORS
from tests.web.sockets import running
from tests.web.vocabulary import Keyring

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "chrome"))), None)
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--remote-debugging-pipe",
)

pytestmark = pytest.mark.skipif(
    CHROMIUM is None,
    reason="NOT TESTED: /docs in a browser. To test it: apt-get install chromium",
)

# Types a key, reads the team that the page fills in, and executes one call.
TRY_A_CALL = """
(async () => {
  const until = async (find) => {
    for (let tries = 0; tries < 200; tries++) {
      const found = find();
      if (found) return found;
      await new Promise((wait) => setTimeout(wait, 50));
    }
    throw new Error("waited in vain for " + find);
  };
  const one = (selector) => until(() => document.querySelector(selector));
  const type = (input, text) => {
    const value = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value");
    value.set.call(input, text);
    input.dispatchEvent(new Event("input", { bubbles: true }));
  };
  (await one(".btn.authorize")).click();
  type(await one(".auth-container input"), KEY);
  (await one(".modal-btn.authorize")).click();
  (await one(".btn-done")).click();
  const block = "#operations-Tickets-listTickets ";
  (await one(block + ".opblock-summary-control")).click();
  const team = await until(() => {
    const input = document.querySelector(block + "tr[data-param-name=team] input");
    return input && input.value;
  });
  (await one(block + ".execute")).click();
  const answer = await one(block + ".live-responses-table tbody .response-col_status");
  return { team, status: answer.textContent.trim() };
})()
"""


class Browser:
    """A headless Chromium, spoken to over its debugging pipe."""

    def __init__(self, profile: Path) -> None:
        to_browser, self._write = os.pipe()
        self._read, from_browser = os.pipe()

        def connect() -> None:
            # Chromium reads from descriptor 3 and writes to 4; moved up first, lest they collide.
            ends = [fcntl.fcntl(end, fcntl.F_DUPFD, 10) for end in (to_browser, from_browser)]
            os.dup2(ends[0], 3)
            os.dup2(ends[1], 4)

        self._process = subprocess.Popen(
            [str(CHROMIUM), *FLAGS, f"--user-data-dir={profile}"],
            preexec_fn=connect,
            pass_fds=(3, 4),
            stderr=subprocess.DEVNULL,
        )
        os.close(to_browser)
        os.close(from_browser)
        self._pending = b""
        self._calls = 0
        self.said: list[str] = []
        self.requested: list[str] = []

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._write)
        os.close(self._read)

    def open(self, url: str) -> str:
        """Open a page and listen to its console and its requests; the session to speak to it."""
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        session = str(
            self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        )
        for domain in ("Log", "Runtime", "Network", "Page"):
            self.call(f"{domain}.enable", session)
        self.call("Page.navigate", session, url=url)
        while (event := self._receive()).get("method") != "Page.loadEventFired":
            self._note(event)
        return session

    def run(self, session: str, script: str) -> Any:
        """The value of a script, which may be a promise."""
        answer = self.call(
            "Runtime.evaluate", session, expression=script, awaitPromise=True, returnByValue=True
        )
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def call(self, method: str, session: str | None = None, **params: object) -> dict[str, Any]:
        self._calls += 1
        message: dict[str, Any] = {"id": self._calls, "method": method, "params": params}
        if session is not None:
            message["sessionId"] = session
        os.write(self._write, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._receive()
            if answer.get("id") == self._calls:
                assert "error" not in answer, answer["error"]
                return dict(answer["result"])
            self._note(answer)

    def _receive(self) -> dict[str, Any]:
        while b"\0" not in self._pending:
            read = os.read(self._read, 1 << 16)
            assert read, "the browser ended"
            self._pending += read
        raw, _, self._pending = self._pending.partition(b"\0")
        return dict(json.loads(raw))

    def _note(self, event: dict[str, Any]) -> None:
        match event.get("method"):
            case "Log.entryAdded":
                self.said.append(event["params"]["entry"]["text"])
            case "Runtime.exceptionThrown" | "Runtime.consoleAPICalled":
                self.said.append(json.dumps(event["params"]))
            case "Network.requestWillBeSent":
                self.requested.append(event["params"]["request"]["url"])


@pytest.fixture
def address(app: Flask) -> Iterator[str]:
    """Where the app is served, by the server that users get."""
    with running(application=app) as (host, port):
        yield f"http://{host}:{port}"


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Browser]:
    started = Browser(tmp_path / "profile")
    yield started
    started.close()


def test_a_call_can_be_tried_with_a_key(address: str, keyring: Keyring, browser: Browser) -> None:
    session = browser.open(f"{address}/docs")
    seen = browser.run(session, TRY_A_CALL.replace("KEY", json.dumps(keyring.secret)))
    assert seen == {"team": "acme", "status": "200"}
    assert browser.said == []
    foreign = [url for url in browser.requested if not url.startswith((address, "data:"))]
    assert foreign == []


def test_the_page_of_errors_breaks_no_rule_of_its_policy(address: str, browser: Browser) -> None:
    session = browser.open(f"{address}/docs/errors")
    assert browser.run(session, "document.querySelectorAll('.error').length") == len(ERRORS)
    assert browser.said == []


def test_a_style_that_the_policy_forbids_is_noticed(address: str, browser: Browser) -> None:
    session = browser.open(f"{address}/docs/errors")
    style = "Object.assign(document.createElement('style'), { textContent: '* { color: red }' })"
    browser.run(session, f"void document.head.append({style})")
    assert "Content Security Policy" in browser.said[0]

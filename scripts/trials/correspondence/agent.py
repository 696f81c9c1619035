"""An agent who answers each letter once, through whatever server of the desk is there."""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from scripts.trials.correspondence.ledger import Kept, Letter, kept
from scripts.trials.server import Client, Desk, Server
from scripts.trials.writers import BROKEN

_CUSTOMER = 0
_LOOK = 0.1
_TIMEOUT = 20.0


@dataclass
class Agent:
    """Answers what the desk's file shows; ``server`` tells which one runs, if one does.

    An answer that was not acknowledged is sent again with the same key until it is.
    """

    desk: Desk
    server: Callable[[], Server | None]
    letters: Callable[[], Mapping[str, Letter]]
    pause: float
    answers: dict[str, Letter] = field(default_factory=dict)
    sent_again: int = 0
    unexpected: list[str] = field(default_factory=list)
    _last: int = 0

    def work(self, stop: threading.Event) -> None:
        """Answer until told to stop."""
        while not stop.wait(_LOOK):
            self.answer_all(stop)

    def answer_all(self, stop: threading.Event) -> None:
        """Answer what has come since the last time."""
        for message in kept(self.desk.path, self._last, _CUSTOMER):
            letter = self.letters().get(message.word)
            word = message.word.replace("letter", "answer")
            if letter is not None and word not in self.answers:
                if not self._answer(word, message, stop):
                    return
                self.answers[word] = letter
                stop.wait(self.pause)
            self._last = message.key

    def _answer(self, word: str, message: Kept, stop: threading.Event) -> bool:
        path = f"{self.desk.tickets}/{message.ticket}/messages"
        body = {"content": f"{word}: have you tried to turn it off and on?"}
        while not stop.is_set():
            server = self.server()
            if server is None:
                time.sleep(_LOOK)
                continue
            client = Client(server.port, self.desk.key, _TIMEOUT)
            try:
                answer = client.send("POST", path, body, word)
            except BROKEN:
                self.sent_again += 1
                time.sleep(_LOOK)
                continue
            finally:
                client.close()
            if answer.status == 201:
                return True
            if answer.status not in (409, 503):
                self.unexpected.append(f"{word}: {answer.status} {answer.code}")
                return True
            time.sleep(_LOOK)
        return False

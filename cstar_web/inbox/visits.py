"""A visit to a page: who comes, what they sent, and how to answer."""

import secrets
from dataclasses import dataclass, field
from typing import Literal

from flask import Response, request

from cstar_core import Helpdesk, Problem
from cstar_web.inbox.cookies import GUEST, LANGUAGE, THEME, read_cookie, set_cookie
from cstar_web.inbox.forgery import token_of
from cstar_web.inbox.forms import Form
from cstar_web.inbox.languages import LANGUAGES, SOURCE
from cstar_web.inbox.rendering import address, moved, page, render

Access = Literal["anyone", "viewer", "agent", "owner"]
THEMES = ("light", "dark")


@dataclass(slots=True)
class Visit:
    """One request for a page, as far as it has been checked."""

    desk: Helpdesk
    form: Form = field(default_factory=Form)
    # What was wrong with the form, if its page is shown once more.
    problems: tuple[Problem, ...] = ()
    guest: str = ""
    is_new_guest: bool = False

    @property
    def language(self) -> str:
        """The language that was chosen, else the first that the browser asks for and we have."""
        return chosen_language()

    @property
    def theme(self) -> str:
        """Light or dark, or nothing if the system decides."""
        return chosen_theme()

    @property
    def token(self) -> str:
        """What each form of this visit sends along."""
        if not self.guest:
            self.guest, self.is_new_guest = secrets.token_urlsafe(32), True
        return token_of(self.guest)

    def typed(self, name: str, otherwise: str = "") -> str:
        """What a field shows: what was typed if the form is shown once more."""
        return self.form.values.get(name, otherwise) if self.problems else otherwise

    def wrong(self, name: str) -> tuple[Problem, ...]:
        """What is wrong with a field."""
        return tuple(
            problem
            for problem in self.problems
            if problem.param == name or problem.param.startswith(f"{name}.")
        )

    def show(self, template: str, **values: object) -> Response:
        """The answer with a page; 422 if it shows a form once more for what is wrong with it."""
        text = render(template, self.language, self.theme, visit=self, **values)
        answer = page(text, 422 if self.problems else 200)
        if self.is_new_guest:
            set_cookie(answer, GUEST, self.guest, None)
        return answer

    def leads_to(self, name: str, **ids: object) -> Response:
        """The answer to a form that was taken: another page, which can be reloaded."""
        return moved(address(name, **ids))


def chosen_language() -> str:
    """The language for this request."""
    chosen = read_cookie(LANGUAGE)
    if chosen in LANGUAGES:
        return chosen
    for asked, _ in request.accept_languages:
        # Of de-AT we have de.
        if (language := asked.lower().partition("-")[0]) in LANGUAGES:
            return language
    return SOURCE


def chosen_theme() -> str:
    """The theme for this request."""
    chosen = read_cookie(THEME)
    return chosen if chosen in THEMES else ""

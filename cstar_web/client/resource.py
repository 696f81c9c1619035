"""What every resource of a client does: objects of one kind, at one path of a team."""

from collections.abc import Callable, Mapping
from typing import Any, Generic, TypeVar

from cstar_web.client.calls import Calls, Form, Found, one
from cstar_web.client.pages import Page, read_page
from cstar_web.client.values import Value, read, read_all

T = TypeVar("T", bound=Value)
V = TypeVar("V", bound=Value)


class Resource(Generic[T]):
    """Objects of one kind at one path of a team."""

    name: str
    kind: type[T]

    def __init__(self, calls: Calls, team_path: Callable[[], str]) -> None:
        self._calls = calls
        self._team_path = team_path

    def _call(
        self,
        method: str,
        *parts: str,
        query: Mapping[str, Any] | None = None,
        values: Mapping[str, Any] | None = None,
        form: Form | None = None,
    ) -> Found:
        path = one(*parts)
        return self._calls.call(method, self._team_path() + path, query, values, form)

    def _write(
        self, method: str, *parts: str, values: Mapping[str, Any], form: Form | None = None
    ) -> T:
        found = self._call(method, *parts, values=values, form=form)
        return read(self.kind, found.data, found.etag)

    def _get(self, *parts: str, query: Mapping[str, Any] | None = None) -> T:
        found = self._call("GET", *parts, query=query)
        return read(self.kind, found.data, found.etag)

    def _page(self, *parts: str, query: Mapping[str, Any]) -> Page[T]:
        return self._page_of(self.kind, *parts, query=query)

    def _page_of(self, kind: type[V], *parts: str, query: Mapping[str, Any]) -> Page[V]:
        found = self._call("GET", *parts, query=query)
        rest = {name: value for name, value in query.items() if name != "page"}
        return read_page(
            read_all(kind, found.data),
            found.meta,
            lambda cursor: self._page_of(kind, *parts, query=rest | {"cursor": cursor}),
        )

"""HTML of mail: nothing of it runs, leads astray or asks another server, and it takes no time."""

from html.parser import HTMLParser

import pytest

from cstar_web.html.letters.allowed import ATTRIBUTES, VOID
from cstar_web.html.letters.cleaning import Cleaned, clean
from cstar_web.html.letters.nesting import NESTING_MAX, SIZE_MAX, TooMuch
from tests.browser.corpus import STRINGS
from tests.growth import grows_with
from tests.web.letters.hostile import CLEANED

PICTURES = {"cat": "data:cat"}
AROUND = ("<table><tr><td>%s", "<!-- %s", "<a href='%s'>x", '<p title="%s">', "<ul>%s<li>")
SENT = (*(sent for sent, _ in CLEANED), *STRINGS)


def shown(html: str, remote: bool = False) -> Cleaned:
    return clean(html, picture=PICTURES.get, remote=remote)


class Strict(HTMLParser):
    """Fails for what may not be in what is shown, or is not closed where it should be."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        ours = {"target", "rel"} if tag == "a" else {"class"} if tag == "span" else set()
        assert {name for name, _ in attrs} <= ATTRIBUTES[tag] | ours
        for name, value in attrs:
            assert name not in ("href", "src") or (value or "").lower().startswith(
                ("https://", "http://", "mailto:", "data:cat")
            )
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_comment(self, data: str) -> None:
        raise AssertionError(data)

    handle_decl = unknown_decl = handle_pi = handle_comment


@pytest.mark.parametrize(("sent", "wanted"), CLEANED)
def test_what_is_shown_of_a_mail(sent: str, wanted: str | None) -> None:
    found = shown(sent).html
    assert wanted is None or found == wanted
    assert Strict(found).open == []


@pytest.mark.parametrize("sent", SENT)
def test_what_is_cleaned_is_clean_wherever_it_stands(sent: str) -> None:
    for around in AROUND:
        assert Strict(shown(around.replace("%s", sent)).html).open == []
    assert Strict(shown(shown(sent).html).html).open == []


def test_pictures_of_others_are_counted_and_shown_when_asked_for() -> None:
    sent = "<img src=http://a.example/x.png><img src='//b.example/y'><img src=cid:cat>"
    assert shown(sent).remote == 2
    assert shown(sent, remote=True).html == (
        '<img src="https://a.example/x.png"><img src="https://b.example/y"><img src="data:cat">'
    )


@pytest.mark.parametrize(
    ("sent", "why"),
    [
        ("x" * (SIZE_MAX + 1), "size"),
        ("<div>" * (NESTING_MAX + 1), "nesting"),
        ("".join(f"<b title={n}>" for n in range(NESTING_MAX + 1)), "nesting"),
        # A browser would leave each block open, since its end stands in a cell.
        ("<div><table><tr><td></div></table>" * (NESTING_MAX + 1), "nesting"),
        ("<ul><li>" * NESTING_MAX, "nesting"),
    ],
)
def test_what_is_too_long_or_too_deep_is_not_shown(sent: str, why: str) -> None:
    with pytest.raises(TooMuch) as caught:
        shown(sent)
    assert caught.value.what == why


@pytest.mark.parametrize(
    "sent",
    [
        "x" * SIZE_MAX,
        "<div>" * NESTING_MAX + "x" + "</div>" * NESTING_MAX,
        "<p>x" * 1_000,
        "<table>" + "<tr><td>x" * 1_000,
        "<dl>" + "<dt>x<dd>y" * 1_000,
        "<ul>" + "<li>x" * 1_000,
        "<a title=x>y" * 1_000,
    ],
)
def test_what_is_long_but_not_deep_is_shown(sent: str) -> None:
    assert "x" in shown(sent).html


REPEATED = (
    *("<", "<b", "<b ", "<b x='", '<b x="', "<b x=y ", "<!--", "<!", "</", "</p>", "<p>", "<p>x"),
    *("<a href=http://a.example>x</a>", "<style>", "<style></script>", "<svg>", "<svg></svg>"),
    *("<table><tr><td></table>", "<b><i><p></b></i></p>", "&amp", "&#", "<img src=//a.example>"),
    *("<p style='color:red;color:url(x)'>", "</table></td>", "<b x='<b y=\"", "= ", "<p title=&#9"),
)


@pytest.mark.no_cover
@pytest.mark.parametrize("part", REPEATED)
def test_cleaning_takes_time_by_the_length_alone(part: str) -> None:
    # What stays open makes it too deep, which is found out at once.
    def run(size: int) -> object:
        return shown((part * size)[:size])

    assert grows_with(run, 2_000, 40_000)


@pytest.mark.parametrize(
    ("sent", "lines"),
    [
        ("", 0),
        ("Hi", 1),
        ("<p>Hi<p>there<br>and there", 3),
        ("<div><div><div>x</div></div></div>", 1),
        ("<table><tr><td>a<td>b<tr><td>c</table>", 2),
        ("word " * 100, 6),
        ("<img height=200>x", 11),
    ],
)
def test_how_many_lines_it_takes_is_told_roughly(sent: str, lines: int) -> None:
    assert shown(sent).lines == lines

"""Templates of a room: everything in them is escaped, and a name that is missing is an error."""

from gettext import NullTranslations

from jinja2 import Environment, PackageLoader, StrictUndefined
from jinja2.ext import InternationalizationExtension


def environment(room: str, words: NullTranslations, **known: object) -> Environment:
    """The templates of a room (a package) with the words of a language, and what each knows."""
    made = Environment(
        loader=PackageLoader(room),
        autoescape=True,
        undefined=StrictUndefined,
        extensions=[InternationalizationExtension],
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.install_gettext_translations(words, newstyle=True)  # type: ignore[attr-defined]
    made.globals.update(known)
    return made

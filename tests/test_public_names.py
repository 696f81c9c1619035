"""The names that cstar_core promises: all of them, sorted, documented, and nothing else."""

import inspect
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

import cstar_core

PUBLIC = cstar_core.__all__
ROOT = Path(__file__).parents[1]


def ruff_order(name: str) -> tuple[int, str]:
    """Constants, then classes, then functions: the order in which ruff sorts ``__all__``."""
    return (0 if name.isupper() else 1 if name[0].isupper() else 2, name)


def test_the_public_names_are_sorted() -> None:
    kinds = [ruff_order(name)[0] for name in PUBLIC]
    assert kinds == sorted(kinds)


def test_no_public_name_stands_twice() -> None:
    assert len(set(PUBLIC)) == len(PUBLIC)


def test_what_can_be_imported_is_what_is_promised() -> None:
    present = {
        name
        for name, value in vars(cstar_core).items()
        if not name.startswith("_") and not isinstance(value, ModuleType)
    }
    assert present == set(PUBLIC)


@pytest.mark.parametrize("name", PUBLIC)
def test_a_public_class_or_function_has_a_docstring(name: str) -> None:
    value = getattr(cstar_core, name)
    assert not callable(value) or inspect.getdoc(value)


@pytest.mark.parametrize("name", [name for name in PUBLIC if not name.isupper()])
def test_a_public_class_or_function_is_of_the_core(name: str) -> None:
    assert getattr(cstar_core, name).__module__.startswith("cstar_core.")


@pytest.mark.parametrize("name", [name for name in PUBLIC if name.isupper()])
def test_a_public_constant_cannot_be_changed(name: str) -> None:
    assert isinstance(getattr(cstar_core, name), (str, int, tuple, cstar_core.Actor))


@pytest.mark.parametrize("name", [name for name in PUBLIC if name.endswith("_MAX")])
def test_every_limit_is_a_positive_number(name: str) -> None:
    assert getattr(cstar_core, name) > 0


def test_the_package_tells_type_checkers_that_it_is_typed() -> None:
    assert Path(inspect.getfile(cstar_core)).with_name("py.typed").is_file()


def test_importing_the_core_imports_nothing_of_the_web() -> None:
    code = (
        "import sys, cstar_core\n"
        "foreign = {'flask', 'marshmallow', 'flask_limiter', 'waitress', 'apispec', 'click',"
        " 'werkzeug', 'cstar_web'}\n"
        "print(sorted(foreign & {name.partition('.')[0] for name in sys.modules}))"
    )
    command = [sys.executable, "-c", code]
    run = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    assert run.stdout == "[]\n"

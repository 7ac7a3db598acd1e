"""The list of planted bugs cannot rot: each still fits the source as it is, and names tests that exist."""

import tomllib
from importlib import import_module

import pytest

from tests.planted.bug import ROOT, Bug
from tests.planted.bugs import BUGS

EACH = pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)


def test_there_are_enough_and_each_has_a_name_of_its_own() -> None:
    names = [bug.name for bug in BUGS]
    assert len(names) == len(set(names)) >= 20


@EACH
def test_each_bug_can_be_planted_in_the_source_of_today(bug: Bug) -> None:
    place, text = bug.planted()
    compile(text, str(place), "exec")


def test_the_mutation_run_knows_all_tests_of_the_rules() -> None:
    options = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["mutmut"]
    selected = options["pytest_add_cli_args_test_selection"]
    assert {f"tests/{path.name}" for path in (ROOT / "tests").glob("test_rules_*.py")} <= set(selected)
    assert all((ROOT / path).exists() for path in selected)


@EACH
def test_each_bug_names_tests_that_exist(bug: Bug) -> None:
    assert bug.tests
    for test in bug.tests:
        file, *within = test.partition("[")[0].split("::")
        named = import_module(file.removesuffix(".py").replace("/", "."))
        for name in within:
            named = getattr(named, name)

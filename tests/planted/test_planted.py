"""The list of planted bugs cannot rot: each still fits the source as it is, and names tests that exist."""

from importlib import import_module
from pathlib import Path

import pytest

import syncctl
from tests.planted.bug import Bug
from tests.planted.bugs import BUGS

EACH = pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)


def test_there_are_enough_and_each_has_a_name_of_its_own() -> None:
    names = [bug.name for bug in BUGS]
    assert len(names) == len(set(names)) >= 20


@EACH
def test_each_bug_can_be_planted_in_the_source_of_today(bug: Bug) -> None:
    assert bug.file.startswith("syncctl/") and bug.why
    compile(bug.planted(Path(syncctl.__file__).parents[1]), bug.file, "exec")


@EACH
def test_each_bug_names_tests_that_exist(bug: Bug) -> None:
    assert bug.tests
    for test in bug.tests:
        file, *within = test.partition("[")[0].split("::")
        named = import_module(file.removesuffix(".py").replace("/", "."))
        for name in within:
            named = getattr(named, name)

"""What can be sent to Shopify is what Shopify takes, in every version; what is read of the answers was asked for.

The vendor's schemas lie beside the project's folder, or where SYNCCTL_CONTRACTS says; without them there is nothing to
hold the documents to but the small schema of the fake.
"""

import ast
import re
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

import pytest
from graphql import (
    DocumentNode,
    FieldNode,
    NoDeprecatedCustomRule,
    OperationDefinitionNode,
    Visitor,
    parse,
    validate,
    visit,
)
from graphql.execution.values import get_variable_values

import syncctl.connectors.shopify as package
from syncctl.connectors.shopify.documents import HIGHEST_COST, REGISTERED, Document
from tests.connectors.shopify_samples import Sample, all_samples
from tests.fakes.shopify.cost import requested
from tests.fakes.shopify.schema import WRITTEN, at_hand, parsed, schema_of

FOLDER = Path(package.__file__).parent
MODULES = sorted(FOLDER.glob("*.py"))
for found in iter_modules(package.__path__):
    import_module(f"{package.__name__}.{found.name}")

SAMPLES = [(f"{maker.__name__}{index}", one) for maker, some in all_samples().items() for index, one in enumerate(some)]
each_sample = pytest.mark.parametrize("sample", [one for _, one in SAMPLES], ids=[name for name, _ in SAMPLES])
each_version = pytest.mark.parametrize("version", WRITTEN)
where_the_contracts_are = pytest.mark.skipif(not at_hand(), reason="the vendor's schemas are not here")

_SMS = "what replaces it is not in every version"
DEPRECATED: dict[str, str] = {
    "The field CustomerPhoneNumber.marketingState": _SMS,
    "The field CustomerPhoneNumber.marketingOptInLevel": _SMS,
    "The field CustomerPhoneNumber.marketingUpdatedAt": _SMS,
}
"""Fields and arguments that Shopify has deprecated and that are asked for all the same: why."""

GETTING = {
    "fields": "what the core wants changed, which names what it names",
    "change.fields": "the same",
    "reply.headers": "no record",
    "self._tokens": "no record",
    "self._learned": "no record",
    "terms.back": "what we counted ourselves",
    "units": "the same",
    "_RESTOCKED": "words of theirs and what they mean",
    "body": "a record that cannot be read, of which is told what there is",
}
"""What `get` may be called on: why."""

LENIENT = ("answers", "auth")
"""Modules that read the envelope of answers, of which each part may be missing."""


NUMBERED = re.compile(r"(a|m|email|phone)\d+")
"""Names of ours for fields that stand beside each other."""

OWN = {
    "by_code": "errors by their code",
    "told": "quantities by their name",
    "beside": "documents by what they ask for",
    "row": "a cursor of ours",
}
"""What is read by names that are no fields of Shopify's, beside what `get` may be called on."""

ENVELOPE = {"extensions", "cost", "throttleStatus", "actualQueryCost", "requestedQueryCost", "currentlyAvailable"} | {
    "maximumAvailable",
    "restoreRate",
}
CURSORS = {"order_cursor", "customer_walk"}
"""Modules whose `row` is a cursor of ours."""


# --- what is sent -----------------------------------------------------------------------------------------------------


def test_every_document_has_samples() -> None:
    assert {one.__module__ + "." + one.__name__ for one in REGISTERED} == {
        one.__module__ + "." + one.__name__ for one in all_samples()
    }


@where_the_contracts_are
@each_version
@each_sample
def test_a_document_is_valid_in_each_version(sample: Sample, version: str) -> None:
    assert [error.message for error in parsed(version, False, sample[0].text).errors] == []


@where_the_contracts_are
@each_version
@each_sample
def test_what_is_sent_with_it_is_valid_in_each_version(sample: Sample, version: str) -> None:
    document, variables = sample
    declared = _operation(document)[1].variable_definitions or ()
    found = get_variable_values(schema_of(version, False), declared, dict(variables))
    assert [error.message for error in (found if isinstance(found, list) else ())] == []
    assert set(variables) <= {one.variable.name.value for one in declared}


@each_version
@each_sample
def test_a_document_is_valid_by_the_schema_of_the_fake(sample: Sample, version: str) -> None:
    assert [error.message for error in parsed(version, True, sample[0].text).errors] == []


@where_the_contracts_are
def test_what_is_deprecated_is_asked_for_with_a_reason_or_not_at_all() -> None:
    used = {
        error.message.partition(" is deprecated")[0]
        for _, (document, _) in SAMPLES
        for error in validate(schema_of(WRITTEN[-1], False), parse(document.text), [NoDeprecatedCustomRule])
    }
    assert used == set(DEPRECATED)


# --- what it costs ----------------------------------------------------------------------------------------------------


@where_the_contracts_are
@each_sample
def test_the_cost_that_is_expected_is_enough_and_not_much_too_high(sample: Sample) -> None:
    document, variables = sample
    node, operation = _operation(document)
    by_formula = requested(schema_of(WRITTEN[-1], False), node, operation, dict(variables))
    assert by_formula <= document.cost <= max(by_formula * 1.25, by_formula + 5)
    assert document.cost <= HIGHEST_COST


def test_what_is_remembered_of_a_cost_is_for_documents_that_cost_the_same() -> None:
    costs: dict[tuple[str, int], set[int]] = {}
    for _, (document, _) in SAMPLES:
        costs.setdefault((document.name, document.size), set()).add(document.cost)
    assert {key: found for key, found in costs.items() if len(found) > 1} == {}


# --- how the package reads and writes ---------------------------------------------------------------------------------


def test_a_document_is_made_nowhere_but_in_registered_functions() -> None:
    for path in MODULES:
        made = [node for node in ast.walk(_tree(path)) if _calls(node, "Document")]
        allowed = [
            node
            for function in ast.walk(_tree(path))
            if isinstance(function, ast.FunctionDef) and _is_registered(function)
            for node in ast.walk(function)
            if _calls(node, "Document")
        ]
        assert len(made) == len(allowed), f"{path.name} makes a document outside of a registered function"
        assert not made or path.name.endswith("_documents.py")


def test_fields_are_read_so_that_one_that_was_not_asked_for_shows() -> None:
    for path in MODULES:
        called = {got for node in ast.walk(_tree(path)) if (got := _got_from(node))}
        assert path.stem in LENIENT or called <= set(GETTING), f"{path.name} calls get"


def test_every_field_that_is_read_is_asked_for() -> None:
    asked = _asked() | ENVELOPE
    unasked = [
        f"{path.name}:{node.lineno}: {ast.unparse(node)}"
        for path in MODULES
        for node, name in _read(_tree(path))
        if name not in asked and not _is_own(path.stem, ast.unparse(node.value))
    ]
    assert unasked == []


def test_every_field_that_is_asked_for_is_read() -> None:
    words = {
        node.value
        for path in MODULES
        if not path.stem.endswith(("_documents", "_fragments", "_fields"))
        for node in ast.walk(_tree(path))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    assert {name for name in _asked() if not NUMBERED.fullmatch(name)} - words == set()


def _read(tree: ast.Module) -> Iterator[tuple[ast.Subscript, str]]:
    """Every `row["name"]` whose value is taken."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load) and isinstance(node.slice, ast.Constant):
            name = node.slice.value
            if isinstance(name, str) and ast.unparse(node.value) not in ("list", "dict", "type"):
                yield node, name


def _is_own(module: str, receiver: str) -> bool:
    return receiver in GETTING or (receiver in OWN and (receiver != "row" or module in CURSORS))


@cache
def _asked() -> set[str]:
    """The names of all fields in answers to all samples."""
    names: set[str] = set()

    class Fields(Visitor):
        def enter_field(self, node: FieldNode, *_: object) -> None:
            names.add(node.alias.value if node.alias else node.name.value)

    for _, (document, _) in SAMPLES:
        visit(parse(document.text), Fields())
    return names


def _operation(document: Document) -> tuple[DocumentNode, OperationDefinitionNode]:
    node = parse(document.text)
    [operation] = [one for one in node.definitions if isinstance(one, OperationDefinitionNode)]
    return node, operation


def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def _calls(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name


def _got_from(node: ast.AST) -> str:
    """What `get` is called on here; "": it is not called."""
    called = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "get"
    return ast.unparse(node.func.value) if called else ""


def _is_registered(function: ast.FunctionDef) -> bool:
    return any(isinstance(one, ast.Name) and one.id == "registered" for one in function.decorator_list)

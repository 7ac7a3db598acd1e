"""Errors of a whole document, in the words and codes that the shop has for them."""

import re
from typing import Any

from graphql import FieldNode, GraphQLError, OperationDefinitionNode

LIMITS = "https://shopify.dev/api/usage/limits#rate-limits"
THROTTLED = {"message": "Throttled", "extensions": {"code": "THROTTLED", "documentation": LIMITS}}

CODES = (
    (re.compile(r"Cannot query field '(?P<fieldName>\w+)' on type '(?P<typeName>\w+)'"), "undefinedField"),
    (re.compile(r"Unknown argument '(?P<argumentName>\w+)' on field '(?P<name>[\w.]+)'"), "argumentNotAccepted"),
    (re.compile(r"Unknown type '(?P<typeName>\w+)'"), "undefinedType"),
    (re.compile(r"(Field|Argument) '(?P<name>[\w.]+)\W.* is required"), "missingRequiredArguments"),
    (re.compile(r"Variable '\$(?P<variableName>\w+)' is never used"), "variableNotUsed"),
    (re.compile(r"Variable '\$(?P<variableName>\w+)' is not defined"), "variableNotDefined"),
    (re.compile(r"Unknown directive '@(?P<directiveName>\w+)'"), "undefinedDirective"),
    (re.compile(r"Syntax Error"), "parseError"),
)
"""What GraphQL's own words for a fault in a document are called by the shop."""


def invalid(error: GraphQLError) -> dict[str, Any]:
    """A document that does not fit the schema."""
    for pattern, code in CODES:
        found = pattern.match(error.message)
        if found:
            return {**_plain(error), "extensions": {"code": code, **found.groupdict()}}
    return {**_plain(error), "extensions": {"code": "argumentLiteralsIncompatible"}}


def told(error: GraphQLError) -> dict[str, Any]:
    """An error that came while it was answered, or variables that fit nothing."""
    shown = _plain(error)
    if error.path is not None:
        shown["path"] = error.path
    code = {"code": "INVALID_VARIABLE"} if error.path is None and not error.extensions else {}
    return {**shown, "extensions": {**(error.extensions or {}), **code}}


def too_dear(price: int, limit: int) -> dict[str, Any]:
    message = f"Query cost is {price}, which exceeds the single query max cost limit ({limit})."
    return {
        "message": message,
        "extensions": {"code": "MAX_COST_EXCEEDED", "cost": price, "maxCost": limit, "documentation": LIMITS},
    }


def too_long(size: int, limit: int) -> dict[str, Any]:
    message = f"The input array size of {size} is greater than the maximum allowed of {limit}."
    return {"message": message, "extensions": {"code": "MAX_INPUT_SIZE_EXCEEDED"}}


def roots(operation: OperationDefinitionNode) -> list[str]:
    """The names of the root fields that a document asks, each once, in its order."""
    names = [each.name.value for each in operation.selection_set.selections if isinstance(each, FieldNode)]
    return list(dict.fromkeys(names))


def _plain(error: GraphQLError) -> dict[str, Any]:
    places = [{"line": each.line, "column": each.column} for each in error.locations or ()]
    return {"message": error.message, **({"locations": places} if places else {})}

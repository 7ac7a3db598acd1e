"""A document against the shop: who answers for a field is in `table`, who may ask for it in `scopes`."""

from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from typing import Any

from graphql import (
    DocumentNode,
    ExecutionResult,
    GraphQLError,
    GraphQLResolveInfo,
    GraphQLSchema,
    execute,
    get_directive_values,
    get_named_type,
    is_non_null_type,
)

from tests.fakes.shopify import scopes
from tests.fakes.shopify.money import rounded
from tests.fakes.shopify.paging import Connection, by_id
from tests.fakes.shopify.table import FIELDS, Call, Resolver, plain

READY = frozenset({str, int, bool, list, dict, type(None)})


def run(
    schema: GraphQLSchema, document: DocumentNode, call: Call, variables: dict[str, Any], operation: str | None
) -> ExecutionResult:
    """What comes of a document that is valid. An error that is none of the shop's is a bug here, and raised."""
    result = execute(
        schema, document, None, call, variables, operation, _resolve, _type_of, is_awaitable=lambda _value: False
    )
    assert isinstance(result, ExecutionResult)
    for error in result.errors or ():
        if error.original_error is not None and not isinstance(error.original_error, GraphQLError):
            raise error.original_error
        if error.path is not None and not error.extensions:
            raise AssertionError(f"a value that the schema does not know: {error}")
    return result


def _resolve(source: Any, info: GraphQLResolveInfo, **args: Any) -> Any:
    call: Call = info.context
    type_name, name = info.parent_type.name, info.field_name
    needed, resolver = _found(info.schema, type_name, name)
    if needed is not None and not scopes.allow(call, needed, name):
        return _nothing(info)
    if type_name == "Mutation":
        call.key = _idempotency_key(info)
    value = plain(source, type_name, name) if resolver is None else resolver(source, call, args)
    return value if type(value) in READY else _told(value, info)


@cache
def _found(schema: GraphQLSchema, type_name: str, name: str) -> tuple[scopes.Guard | None, Resolver | None]:
    """What stands before a field, and who answers for it: the same for every record."""
    return scopes.guard(schema, type_name, name), FIELDS.get((type_name, name))


def _nothing(info: GraphQLResolveInfo) -> Any:
    """What is told of something that is not to be seen: null, or a list without rows where that cannot be."""
    if not is_non_null_type(info.return_type):
        return None
    if get_named_type(info.return_type).name.endswith("Connection"):
        return Connection([], by_id, more=False, before=False)
    return []


def _idempotency_key(info: GraphQLResolveInfo) -> str | None:
    directive = info.schema.get_directive("idempotent")
    assert directive is not None
    told = get_directive_values(directive, info.field_nodes[0], info.variable_values)
    return None if told is None else str(told["key"])


def _told(value: Any, info: GraphQLResolveInfo) -> Any:
    """A value as the shop writes it.

    An amount (Decimal) has one decimal at least, as its language prints numbers; a price (Money) as the currency has.
    """
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(value, Decimal):
        is_price = get_named_type(info.return_type).name == "Money"
        return f"{rounded(value, info.context.site.options.currency):f}" if is_price else amount(value)
    return value


def amount(value: Decimal) -> str:
    """
    >>> amount(Decimal("5")), amount(Decimal("5.10")), amount(Decimal("19.99")), amount(Decimal("500E+1"))
    ('5.0', '5.1', '19.99', '5000.0')
    """
    text = f"{value:f}"
    whole, _, part = text.partition(".")
    return f"{whole}.{part.rstrip('0') or '0'}"


def _type_of(value: Any, _info: GraphQLResolveInfo, _abstract: Any) -> str:
    return str(value["__typename"]) if isinstance(value, dict) else str(value.typename)

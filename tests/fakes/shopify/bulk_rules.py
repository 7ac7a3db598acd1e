"""What may be asked in bulk: one list at least and five at most, two within each other, none in a plain list."""

from collections.abc import Iterator

from graphql import (
    FieldNode,
    GraphQLError,
    GraphQLList,
    GraphQLNonNull,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    get_named_type,
    parse,
    validate,
)

from tests.fakes.shopify.bulk_run import inlined
from tests.fakes.shopify.schema import schema_of
from tests.fakes.shopify.table import Call

BUSY = ("CREATED", "RUNNING", "CANCELING")
MOST, DEEPEST = 5, 2


def trouble(call: Call, text: str) -> str | None:
    """What is wrong with a query, in about the words of the shop."""
    schema = schema_of(call.version, call.site.options.own_schema)
    try:
        document = parse(text)
    except GraphQLError as error:
        return f"Invalid bulk query: {error.message}"
    found = [each for each in document.definitions if isinstance(each, OperationDefinitionNode)]
    if len(found) != 1 or len(found[0].selection_set.selections) != 1:
        return "Bulk queries must have exactly one operation with one root field."
    if found[0].variable_definitions:
        return "Bulk queries cannot have variables."
    errors = validate(schema, document)
    if errors:
        return f"Invalid bulk query: {errors[0].message}"
    lists = list(_lists(schema.query_type, inlined(document).selection_set, 0, False))
    if not lists:
        return "Bulk queries must contain at least one connection."
    if len(lists) > MOST:
        return f"Bulk queries cannot contain more than {MOST} connections."
    if max(depth for depth, _ in lists) > DEEPEST:
        return "Bulk queries cannot contain connections with a nesting depth greater than 2."
    if any(in_list for _, in_list in lists):
        return "Queries that contain a connection field within a list field are not currently supported."
    return None


def _lists(
    parent: object, selections: SelectionSetNode | None, depth: int, in_list: bool
) -> Iterator[tuple[int, bool]]:
    """(how deep it stands, whether within a plain list) of every connection."""
    for node in selections.selections if selections else ():
        if isinstance(node, InlineFragmentNode):
            yield from _lists(parent, node.selection_set, depth, in_list)  # of the same type here
        if not isinstance(node, FieldNode) or node.name.value.startswith("__"):
            continue
        given = parent.fields[node.name.value].type  # type: ignore[attr-defined]
        kind = get_named_type(given)
        is_list = kind.name.endswith("Connection")
        if is_list:
            yield (depth, in_list)
        bare = given.of_type if isinstance(given, GraphQLNonNull) else given
        plain = isinstance(bare, GraphQLList) and node.name.value not in ("edges", "nodes")
        if hasattr(kind, "fields"):
            yield from _lists(kind, node.selection_set, depth + is_list, in_list or plain)

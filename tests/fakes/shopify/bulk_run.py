"""The result of a bulk operation: a line of JSON for each record of each list, children with the id of their parent."""

import hashlib
import json
from collections.abc import Iterator
from typing import Any

from graphql import (
    ArgumentNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    NameNode,
    OperationDefinitionNode,
    SelectionSetNode,
    get_named_type,
    parse,
)

from tests.fakes.shopify import execute, paging
from tests.fakes.shopify.bulk_records import BulkOperation
from tests.fakes.shopify.schema import schema_of
from tests.fakes.shopify.site import Site
from tests.fakes.shopify.table import Call

MARK = "LIST__"  # put before the name of each list, so that it is known again in the result


def path_of(bulk: BulkOperation) -> str:
    """Where the file is: whoever knows this may have it."""
    signature = hashlib.sha256(f"{bulk.id} {bulk.created_at}".encode()).hexdigest()
    return f"/bulk-{bulk.id}.jsonl?Expires={int(bulk.created_at.timestamp())}&Signature={signature}"


def lines(site: Site, bulk: BulkOperation) -> tuple[list[bytes], int]:
    """Every line, and how many of them stand for records of the outermost list."""
    schema = schema_of(bulk.version, site.options.own_schema)
    document = whole_of(schema, parse(bulk.query))
    call = Call(site, bulk.version, bulk.app, bulk.scopes)
    with paging.unbound():
        answer = execute.run(schema, document, call, {}, None)
    assert not answer.errors, answer.errors
    assert answer.data is not None
    [found] = answer.data.values()
    families = [list(_family(row, None)) for row in _rows(found)]
    rows = [row for family in families for row in family]
    if not bulk.grouped:
        rows.sort(key=lambda row: "__parentId" in row)
    return [json.dumps(row).encode() + b"\n" for row in rows], len(families)


def inlined(document: DocumentNode) -> OperationDefinitionNode:
    """The one operation of a document, with its fragments where they are spread."""
    [operation] = [each for each in document.definitions if isinstance(each, OperationDefinitionNode)]
    fragments = {each.name.value: each for each in document.definitions if isinstance(each, FragmentDefinitionNode)}

    def put(selections: SelectionSetNode) -> SelectionSetNode:
        return SelectionSetNode(selections=tuple(placed(each) for each in selections.selections))

    def placed(node: Any) -> Any:
        if isinstance(node, FragmentSpreadNode):
            found = fragments[node.name.value]
            return InlineFragmentNode(type_condition=found.type_condition, selection_set=put(found.selection_set))
        inner = getattr(node, "selection_set", None)
        return type(node)(**{**_kept(node), "selection_set": put(inner)}) if inner else node

    return OperationDefinitionNode(**{**_kept(operation), "selection_set": put(operation.selection_set)})


def whole_of(schema: GraphQLSchema, document: DocumentNode) -> DocumentNode:
    """Every list is asked for whole, whatever `first` says, and under a name by which it is known again."""
    operation = inlined(document)
    whole = _unbound(schema, schema.query_type, operation.selection_set)
    return DocumentNode(definitions=(OperationDefinitionNode(**{**_kept(operation), "selection_set": whole}),))


def _unbound(schema: GraphQLSchema, parent: Any, selections: SelectionSetNode) -> SelectionSetNode:
    return SelectionSetNode(selections=tuple(_whole(schema, parent, each) for each in selections.selections))


def _whole(schema: GraphQLSchema, parent: Any, node: Any) -> Any:
    if node.selection_set is None:
        return node
    if isinstance(node, InlineFragmentNode):
        on = schema.get_type(node.type_condition.name.value) if node.type_condition else parent
        return InlineFragmentNode(**{**_kept(node), "selection_set": _unbound(schema, on, node.selection_set)})
    kind = get_named_type(parent.fields[node.name.value].type)
    told = {**_kept(node), "selection_set": _unbound(schema, kind, node.selection_set)}
    if kind.name.endswith("Connection"):
        kept = [each for each in node.arguments or () if each.name.value not in ("first", "last", "after", "before")]
        every = ArgumentNode(name=NameNode(value="first"), value=IntValueNode(value="1"))
        name = (node.alias or node.name).value
        told |= {"arguments": (*kept, every), "alias": NameNode(value=MARK + name)}
    return FieldNode(**told)


def _kept(node: Any) -> dict[str, Any]:
    return {name: getattr(node, name) for name in node.keys if name != "loc"}


def _rows(found: dict[str, Any]) -> list[dict[str, Any]]:
    if "nodes" in found:
        return list(found["nodes"])
    return [edge["node"] for edge in found["edges"]]


def _family(row: dict[str, Any], parent: str | None) -> Iterator[dict[str, Any]]:
    """A record without its lists, and after it what is in these."""
    children: list[tuple[str | None, dict[str, Any]]] = []
    bare = _bare(row, row.get("id"), children)
    yield {**bare, **({"__parentId": parent} if parent is not None else {})}
    for owner, child in children:
        yield from _family(child, owner or "")


def _bare(value: Any, owner: str | None, children: list[tuple[str | None, dict[str, Any]]]) -> Any:
    if isinstance(value, list):
        return [_bare(each, owner, children) for each in value]
    if not isinstance(value, dict):
        return value
    kept = {}
    for name, each in value.items():
        if name.startswith(MARK):
            children += [(value.get("id", owner), row) for row in _rows(each)]
        else:
            kept[name] = _bare(each, owner, children)
    return kept

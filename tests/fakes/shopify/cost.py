"""What a document costs, and the bucket that it is paid from.

A field that gives an object costs 1 and what is asked of it, a connection grows with the logarithm of its size, a
mutation costs 10. It is asked for before it is answered; what was not used is given back.
"""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    get_named_type,
    is_abstract_type,
    is_leaf_type,
    value_from_ast_untyped,
)

from tests.fakes.shopify.site import Site

MUTATION = 10
FREE = ("MailingAddress", "PageInfo")
SAMPLE = 5  # rows of a page that are looked at for what they cost


@dataclass
class Bucket:
    """Points that one app has in one shop: they come back with time, by the shop's clock.

    `not_before`: until when somebody who was turned away has been told to wait.
    """

    site: Site
    available: float
    at: datetime
    not_before: datetime | None = None

    def refill(self) -> None:
        now = self.site.clock()
        back = (now - self.at).total_seconds() * self.site.options.restore_rate
        self.available = min(self.site.options.bucket, self.available + max(0.0, back))
        self.at = now

    def holds(self, price: int) -> bool:
        self.refill()
        return int(self.available) >= price

    def turn_away(self, price: int) -> None:
        """The answer tells when it may come again: who comes earlier has not listened."""
        oracle, now = self.site.oracle, self.site.clock()
        oracle.throttled.append(now)
        if self.not_before is not None and now < self.not_before:
            oracle.violations.append(f"asked again {(self.not_before - now).total_seconds():.1f} s too early")
        seconds = (price - int(self.available)) / self.site.options.restore_rate
        self.not_before = now + timedelta(seconds=seconds)

    def take(self, price: int) -> None:
        self.available -= price


def bucket_of(site: Site, app: str) -> Bucket:
    """The bucket of an app; a new one is full."""
    found: Bucket | None = site.buckets.get(app)
    if found is None:
        found = site.buckets[app] = Bucket(site, site.options.bucket, site.clock())
    return found


def told(bucket: Bucket, price: int, spent: int | None) -> dict[str, Any]:
    """`extensions` of an answer. `spent`: None where nothing was done."""
    options = bucket.site.options
    status = {
        "maximumAvailable": float(options.bucket),
        "currentlyAvailable": int(bucket.available),
        "restoreRate": float(options.restore_rate),
    }
    return {"cost": {"requestedQueryCost": price, "actualQueryCost": spent, "throttleStatus": status}}


def requested(
    schema: GraphQLSchema,
    document: DocumentNode,
    operation: OperationDefinitionNode,
    variables: dict[str, Any],
    *,
    dearer: float = 1,
) -> int:
    """What a document may cost at most. `dearer`: see the site's option `dearer`."""
    return math.ceil(_Costing(schema, document, operation, variables, dearer).total())


def actual(
    schema: GraphQLSchema,
    document: DocumentNode,
    operation: OperationDefinitionNode,
    variables: dict[str, Any],
    data: dict[str, Any] | None,
    *,
    dearer: float = 1,
) -> int:
    """What it cost, by what came of it."""
    return math.ceil(_Costing(schema, document, operation, variables, dearer).total(data or {}))


class _Costing:
    """One document. `UNKNOWN` in place of a value: what it may be at most."""

    UNKNOWN: Any = object()

    def __init__(
        self,
        schema: GraphQLSchema,
        document: DocumentNode,
        operation: OperationDefinitionNode,
        variables: dict[str, Any],
        dearer: float,
    ) -> None:
        self.schema = schema
        self.dearer = dearer
        self.operation = operation
        self.variables = _defaults(operation) | variables
        self.fragments = {
            each.name.value: each for each in document.definitions if isinstance(each, FragmentDefinitionNode)
        }

    def total(self, data: Any = UNKNOWN) -> float:
        root = self.schema.get_root_type(self.operation.operation)
        return self._of(root, self.operation.selection_set, data)

    def _of(self, parent: Any, selections: SelectionSetNode | None, value: Any) -> float:
        """What is asked of one object; of the fragments on an interface the dearest."""
        common, parts = 0.0, [0.0]
        for each in selections.selections if selections else ():
            if isinstance(each, FieldNode):
                common += self._field(parent, each, value)
                continue
            on, inner = self._fragment(parent, each)
            price = self._of(on, inner, value)
            if is_abstract_type(parent) and on is not parent:
                parts.append(price)
            else:
                common += price
        return common + max(parts)

    def _fragment(self, parent: Any, spread: Any) -> tuple[Any, SelectionSetNode]:
        found = self.fragments[spread.name.value] if isinstance(spread, FragmentSpreadNode) else spread
        assert isinstance(found, FragmentDefinitionNode | InlineFragmentNode)
        condition = found.type_condition
        return (self.schema.get_type(condition.name.value) if condition else parent), found.selection_set

    def _field(self, parent: Any, node: FieldNode, value: Any) -> float:
        name = node.name.value
        if name.startswith("__"):
            return 0
        if parent is self.schema.mutation_type:
            return MUTATION
        kind = _given(parent, name)
        if kind is None:
            return 0
        inner = value
        if value is not self.UNKNOWN:
            inner = (value or {}).get(node.alias.value if node.alias else name)
            if inner is None:
                return 0
        return self._object(parent, node, kind, inner)

    def _object(self, parent: Any, node: FieldNode, kind: Any, inner: Any) -> float:
        if kind.name.endswith("Connection"):
            return self._connection(node, kind, inner)
        if isinstance(inner, list):
            prices = [1 + self._of(kind, node.selection_set, each) for each in inner if each is not None]
            return sum(prices) if node.name.value == "nodes" else max(prices, default=0)
        price = 1 + self._of(kind, node.selection_set, inner)
        if parent is self.schema.query_type and node.name.value == "nodes":
            return price * len(self._argument(node, "ids") or ())
        return price

    def _connection(self, node: FieldNode, kind: Any, value: Any) -> float:
        if value is self.UNKNOWN:
            size = self._argument(node, "first") or self._argument(node, "last") or 0
            return 2 + self._rows(node.selection_set, kind, value) * self._growth(size)
        size = max((len(rows) for rows in value.values() if isinstance(rows, list)), default=0)
        return 2 + self._rows(node.selection_set, kind, value) * self._growth(size) if size else 2

    def _rows(self, selections: SelectionSetNode | None, kind: Any, value: Any) -> float:
        """What one row costs: `nodes` and `edges` of a page, the mean of some where it is known."""
        price = 0.0
        for each in selections.selections if selections else ():
            if not isinstance(each, FieldNode):
                on, inner = self._fragment(kind, each)
                price += self._rows(inner, on, value)
            elif each.name.value in ("nodes", "edges"):
                inner_kind = get_named_type(kind.fields[each.name.value].type)
                itself = 1 if each.name.value == "nodes" else 0
                rows = [value] if value is self.UNKNOWN else value[each.alias.value if each.alias else each.name.value]
                some = rows[:: max(1, len(rows) // SAMPLE)]
                prices = [itself + self._of(inner_kind, each.selection_set, row) for row in some]
                price += sum(prices) / max(1, len(prices))
        return price

    def _growth(self, size: Any) -> float:
        """How much of the cost of one row so many rows cost."""
        return self.dearer * (math.floor(2 * math.log(max(2, size))) if isinstance(size, int) else 1)

    def _argument(self, node: FieldNode, name: str) -> Any:
        found = next((each for each in node.arguments or () if each.name.value == name), None)
        return value_from_ast_untyped(found.value, self.variables) if found else None


@cache
def _given(parent: Any, name: str) -> Any:
    """The type that a field gives; None where it costs nothing."""
    kind = get_named_type(parent.fields[name].type)
    return None if is_leaf_type(kind) or kind.name in FREE else kind


def _defaults(operation: OperationDefinitionNode) -> dict[str, Any]:
    return {
        each.variable.name.value: value_from_ast_untyped(each.default_value)
        for each in operation.variable_definitions or ()
        if each.default_value
    }

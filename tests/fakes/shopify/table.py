"""Who answers for which field: the table that the executor asks.

A module of a domain registers plain functions:

    @field("ProductVariant", "inventoryItem")
    def inventory_item(variant: Variant, call: Call, args: Args) -> Item: ...

    @node("ProductVariant")
    def variant(site: Site, number: int) -> Variant | None: ...

A field that stands in no table is the attribute of its name in snake case (`createdAt`: `created_at`), or the entry of
that name where the source is a dict; `id` is a record's gid. What is neither is a field that this fake does not offer:
a violation, and an error of the test. Values may be datetimes, Decimals, records, lists, `paging.Connection`s, dicts.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from dataclasses import field as member
from functools import cache
from typing import Any

from tests.fakes.shopify.site import Site

Args = Mapping[str, Any]
Resolver = Callable[[Any, "Call", Args], Any]
Finder = Callable[[Site, int], Any]

FIELDS: dict[tuple[str, str], Resolver] = {}
NODES: dict[str, Finder] = {}
SIGHTS: dict[str, Callable[["Call", Any], bool]] = {}
"""By type: whether an app may see this record at all; a type that is not here is seen."""


class NotOffered(Exception):
    """The real shop can do it, this fake cannot: the test's error, or the fake's, never the connector's."""


@dataclass
class Call:
    """One request while it is answered. `app`: who asks; `warnings`: what the answer says beside its data."""

    site: Site
    version: str
    app: str
    scopes: frozenset[str]
    key: str | None = None  # of @idempotent at the field that is being resolved
    warnings: list[dict[str, Any]] = member(default_factory=list)
    path: list[str | int] = member(default_factory=list)

    def at_least(self, version: str) -> bool:
        return self.version >= version


def field(type_name: str, *names: str) -> Callable[[Resolver], Resolver]:
    """Register the function for these fields of a type."""

    def register(resolver: Resolver) -> Resolver:
        for name in names:
            assert (type_name, name) not in FIELDS, f"{type_name}.{name} is registered twice"
            FIELDS[type_name, name] = resolver
        return resolver

    return register


def node(type_name: str) -> Callable[[Finder], Finder]:
    """Register how a record of this type is found by its number: for `node`, `nodes`."""

    def register(finder: Finder) -> Finder:
        assert type_name not in NODES, f"{type_name} is registered twice"
        NODES[type_name] = finder
        return finder

    return register


def plain(source: Any, type_name: str, name: str) -> Any:
    """A field that nobody registered."""
    if isinstance(source, Mapping):
        if name in source:
            return source[name]
    else:
        attribute = snake(name)
        if hasattr(source, attribute):
            return source.gid if attribute == "id" and hasattr(source, "gid") else getattr(source, attribute)
    raise NotOffered(f"{type_name}.{name}")


@cache
def snake(name: str) -> str:
    """
    >>> snake("currentTotalPriceSet"), snake("address1")
    ('current_total_price_set', 'address1')
    """
    return re.sub(r"(?<=[a-z0-9])([A-Z])", lambda found: f"_{found[1].lower()}", name)

"""Ids as Shopify writes them: `gid://shopify/Product/123`, of which connectors keep the digits."""

import re

_GID = re.compile(r"gid://shopify/(\w+)/(\d+)(?:\?[\w=&]*)?")


def gid(kind: str, number: int) -> str:
    """
    >>> gid("Product", 12)
    'gid://shopify/Product/12'
    """
    return f"gid://shopify/{kind}/{number}"


def parts_of(text: object) -> tuple[str, int] | None:
    """The kind and the number of a gid; None of any other text.

    >>> parts_of("gid://shopify/InventoryLevel/5?inventory_item_id=7"), parts_of("12")
    (('InventoryLevel', 5), None)
    """
    found = _GID.fullmatch(str(text))
    return (found[1], int(found[2])) if found else None


def number_of(text: object, kind: str) -> int | None:
    """The number of a gid of this kind; None of any other text."""
    parts = parts_of(text)
    return parts[1] if parts and parts[0] == kind else None

"""Numbers for the parts of an order, by which its order is found again."""

from tests.fakes.shopify.order_records import Order
from tests.fakes.shopify.site import Site


def numbered(site: Site, order: Order, kind: str) -> int:
    """A number for a new part of an order. `kind`: its type in the schema."""
    number = site.next_id()
    site.belongs[kind, number] = order.id
    return number

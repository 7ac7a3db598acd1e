"""What is asked of orders' shipments, and how they are made."""

from math import log

from syncctl.connectors.shopify.documents import Document, registered

FULFILMENTS = 100
"""Most shipments of one order that are read: Shopify has no pages of them."""

_PAGE = "pageInfo { hasNextPage endCursor }"
_SHIPPED = f"{_PAGE} nodes {{ quantity lineItem {{ id }} }}"
_LEFT = f"{_PAGE} nodes {{ id remainingQuantity sku lineItem {{ id }} }}"
_ORDERS, _LINES, _MORE_LINES = 10, 50, 250
_MUTATION = 12


def _weight(first: int) -> int:
    """How often a connection counts what stands in it, as the vendor's staff describe it."""
    return int(2 * log(max(2, first)))


FULFILMENT = f"""
fragment fulfilment on Fulfillment {{
  id
  status
  createdAt
  trackingInfo(first: 10) {{ number company url }}
  fulfillmentLineItems(first: {_LINES}) {{ {_SHIPPED} }}
}}
"""
FULFILMENT_COST = 4 + 2 * _weight(_LINES)
"""Points, of all shipments of one order together: they are a plain list."""

_TO_SHIP = f"""
fragment toShip on FulfillmentOrder {{
  id
  status
  assignedLocation {{ location {{ id }} }}
  lineItems(first: {_LINES}) {{ {_LEFT} }}
}}
"""
_TO_SHIP_COST = 2 + _weight(_ORDERS) * (5 + 2 * _weight(_LINES))

MOST_ORDERS = 12
"""Orders of which is read what there is to be shipped: as many as one document may ask for."""


@registered
def fulfilments(orders: int) -> Document:
    """The shipments that the orders of `$ids` have."""
    text = (
        "query fulfilments($ids: [ID!]!) {\n"
        f"  nodes(ids: $ids) {{ ... on Order {{ id fulfillments(first: {FULFILMENTS}) {{ ...fulfilment }} }} }}\n"
        f"}}\n{FULFILMENT}"
    )
    return Document(name="the shipments", text=text, size=orders, cost=(1 + FULFILMENT_COST) * orders)


@registered
def shipped_lines() -> Document:
    """Further lines of the one shipment `$id`."""
    text = (
        "query shippedLines($id: ID!, $after: String) {\n"
        f"  node(id: $id) {{ ... on Fulfillment {{ list: fulfillmentLineItems(first: {_MORE_LINES}, after: $after) "
        f"{{ {_SHIPPED} }} }} }}\n}}"
    )
    return Document(name="the lines of a shipment", text=text, cost=3 + 2 * _weight(_MORE_LINES))


@registered
def to_ship(orders: int) -> Document:
    """What there is to be shipped of the orders of `$ids`, by the location that is to do it."""
    text = (
        "query toShip($ids: [ID!]!) {\n"
        f"  nodes(ids: $ids) {{ ... on Order {{ id fulfillmentOrders(first: {_ORDERS}) "
        f"{{ {_PAGE} nodes {{ ...toShip }} }} }} }}\n"
        f"}}\n{_TO_SHIP}"
    )
    return Document(name="what is to be shipped", text=text, size=orders, cost=(1 + _TO_SHIP_COST) * orders)


@registered
def more_to_ship() -> Document:
    """Further parts of the one order `$id`."""
    text = (
        "query moreToShip($id: ID!, $after: String) {\n"
        f"  node(id: $id) {{ ... on Order {{ list: fulfillmentOrders(first: {_ORDERS}, after: $after) "
        f"{{ {_PAGE} nodes {{ ...toShip }} }} }} }}\n"
        f"}}\n{_TO_SHIP}"
    )
    return Document(name="more that is to be shipped", text=text, cost=1 + _TO_SHIP_COST)


@registered
def lines_to_ship() -> Document:
    """Further lines of the one fulfilment order `$id`."""
    text = (
        "query linesToShip($id: ID!, $after: String) {\n"
        f"  node(id: $id) {{ ... on FulfillmentOrder {{ list: lineItems(first: {_MORE_LINES}, after: $after) "
        f"{{ {_LEFT} }} }} }}\n}}"
    )
    return Document(name="the lines that are to be shipped", text=text, cost=3 + 2 * _weight(_MORE_LINES))


@registered
def create_fulfilments(count: int) -> Document:
    """Shipments: `$fulfilment0`, `$fulfilment1` and so on. Whatever it is told twice, Shopify does twice."""
    given = ", ".join(f"$fulfilment{number}: FulfillmentInput!" for number in range(count))
    fields = "".join(
        f"  a{number}: fulfillmentCreate(fulfillment: $fulfilment{number}) "
        "{ fulfillment { id } userErrors { field message } }\n"
        for number in range(count)
    )
    text = f"mutation createFulfilments({given}) {{\n{fields}}}"
    return Document(name="the making of shipments", text=text, size=count, cost=_MUTATION * count, apart=True)

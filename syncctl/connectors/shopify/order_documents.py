"""What is asked of orders, as GraphQL documents.

Orders come lean, as many to a page as their cost allows: what hangs on few of them (refunds, lines beyond the first
page) is asked for afterwards, of just those. The costs are those that the vendor's formula gives.
"""

import json
import re

from syncctl.connectors.shopify.along import CUSTOMERS
from syncctl.connectors.shopify.cost import weight
from syncctl.connectors.shopify.customer_fragments import ADDRESS, CUSTOMER, CUSTOMER_COST
from syncctl.connectors.shopify.documents import Document, registered
from syncctl.connectors.shopify.order_charges import MOST

PAGE_LINES, PAGE_SHIPPING = 50, 4
"""Lines and shipping lines of an order that come with a page of them."""

SINGLE_LINES, SINGLE_SHIPPING = 25, 2
"""The same where orders are asked for by id, and each costs as much as all others."""

MOST_LINES = 250
"""Lines of one page of one order."""

MONEY = "{ shopMoney { amount } }"
_LINE = f"""id sku name quantity currentQuantity isGiftCard
      originalUnitPriceSet {MONEY}
      discountAllocations {{ allocatedAmountSet {MONEY} }}
      taxLines {{ priceSet {MONEY} }}"""
_LINE_COST = 1 + 8
_SHIPPING = f"""id title isRemoved
      originalPriceSet {MONEY}
      discountAllocations {{ allocatedAmountSet {MONEY} }}
      taxLines {{ priceSet {MONEY} }}"""
_SHIPPING_COST = 1 + 8
_PEOPLE = "email phone billingAddress { ...address } shippingAddress { ...address }"
_CUSTOMER = "customer { ...customer }"  # the last field of an order: see `order_words.kept_text`
_FIELDS = f"""
    id name processedAt updatedAt cancelledAt closedAt test edited sourceName taxesIncluded currencyCode
    displayFinancialStatus displayFulfillmentStatus discountCodes
    totalPriceSet {MONEY}
    currentTotalPriceSet {MONEY}
    totalTipReceivedSet {MONEY}
    originalTotalDutiesSet {MONEY}
    totalCashRoundingAdjustment {{ paymentSet {MONEY} }}
    additionalFees {{ name price {MONEY} taxLines {{ priceSet {MONEY} }} }}
    transactions(first: {MOST}) {{ id kind status gateway processedAt amountSet {MONEY} }}
    refunds(first: {MOST}) {{ id }}
    fulfillments(first: {MOST}) {{ id status createdAt trackingInfo(first: 1) {{ number company url }} }}"""
_FIELDS_COST = 1 + 4 * 2 + 3 + 6 + 3 + 1 + 2
_REFUND_LINE = f"quantity restockType lineItem {{ id }} subtotalSet {MONEY} totalTaxSet {MONEY}"
_REFUND_SHIPPING = f"shippingLine {{ id title }} subtotalAmountSet {MONEY} taxAmountSet {MONEY}"
_ADJUSTMENT = f"reason amountSet {MONEY} taxAmountSet {MONEY}"
_REFUND = f"""id processedAt
      totalRefundedSet {MONEY}
      duties {{ amountSet {MONEY} }}
      refundLineItems(first: 50) {{
        nodes {{ {_REFUND_LINE} }}
        pageInfo {{ hasNextPage }}
      }}
      refundShippingLines(first: 5) {{ nodes {{ {_REFUND_SHIPPING} }} pageInfo {{ hasNextPage }} }}
      orderAdjustments(first: 10) {{ nodes {{ {_ADJUSTMENT} }} pageInfo {{ hasNextPage }} }}"""
_REFUNDS_COST = 1 + 2 + 1 + 2 + 3 + 44 + 20 + 22


def page_cost(size: int, each: int) -> int:
    """What a connection costs of which so many are asked for, each at this cost. Source: as `weight`."""
    return 2 + (1 + each) * weight(size)


def _order_cost(people: bool, lines: int, shipping: int) -> int:
    lists = page_cost(lines, _LINE_COST - 1) + page_cost(shipping, _SHIPPING_COST - 1)
    return _FIELDS_COST + lists + (CUSTOMER_COST if people else 0)


def _order(people: bool, lines: int, shipping: int) -> str:
    """The fragment `order`, with those that it needs."""
    return f"""
fragment order on Order {{{_FIELDS}
    {_PEOPLE if people else ""}
    lineItems(first: {lines}) {{
      nodes {{ {_LINE} }}
      pageInfo {{ hasNextPage }}
    }}
    shippingLines(first: {shipping}, includeRemovals: true) {{
      nodes {{ {_SHIPPING} }}
      pageInfo {{ hasNextPage }}
    }}
    {_CUSTOMER if people else ""}
}}
{ADDRESS + CUSTOMER if people else ""}"""


CUSTOMERS_PAGE = 50
"""Customers that come with the first page of orders: those who changed last."""


@registered
def orders(first: int, people: bool, customers: bool) -> Document:
    """A page of orders, those that changed longest ago first. `customers`: the last changed customers with them.

    Variables: `query`, `first` (the same number), `after`. Data: `orders`, `customers`.
    """
    beside = f"""
  customers(first: {CUSTOMERS_PAGE}, sortKey: UPDATED_AT, reverse: true) {{
    nodes {{ ...customer }}
    pageInfo {{ hasNextPage endCursor }}
  }}"""
    return Document(
        name=f"orders{'' if people else ' without buyers'}{' and customers' if customers else ''}",
        text=f"""
query orders($query: String, $first: Int!, $after: String) {{
  orders(first: $first, after: $after, sortKey: UPDATED_AT, query: $query) {{
    nodes {{ ...order }}
    pageInfo {{ hasNextPage endCursor }}
  }}{beside if customers else ""}
}}
{_order(people, PAGE_LINES, PAGE_SHIPPING)}""",
        cost=page_cost(first, _order_cost(people, PAGE_LINES, PAGE_SHIPPING))
        + (page_cost(CUSTOMERS_PAGE, CUSTOMER_COST - 1) if customers else 0),
        size=first,
        rows=("orders", "nodes"),
        apart=True,
        beside=CUSTOMERS if customers else "",
        alone=first == 1,
    )


@registered
def next_order() -> Document:
    """The next order of a search by its id alone. Variables: `query`, `first` (one), `after`. Data: `orders`."""
    return Document(
        name="the next order's id",
        text="""
query nextOrder($query: String, $first: Int!, $after: String) {
  orders(first: $first, after: $after, sortKey: UPDATED_AT, query: $query) {
    nodes { id }
    pageInfo { hasNextPage endCursor }
  }
}""",
        cost=page_cost(1, 0),
    )


@registered
def orders_by_id(count: int, people: bool) -> Document:
    """Orders as they are now. Variables: `ids`, so many."""
    return Document(
        name=f"orders by id{'' if people else ' without buyers'}",
        text=f"""
query ordersById($ids: [ID!]!) {{
  nodes(ids: $ids) {{ ...order }}
}}
{_order(people, SINGLE_LINES, SINGLE_SHIPPING)}""",
        cost=count * _order_cost(people, SINGLE_LINES, SINGLE_SHIPPING),
        size=count,
        rows=("nodes",),
        apart=True,
        alone=True,
    )


@registered
def order_refunds(count: int) -> Document:
    """What was given back on orders. Variables: `ids`, so many."""
    return Document(
        name="refunds of orders",
        text=f"""
query orderRefunds($ids: [ID!]!) {{
  nodes(ids: $ids) {{
    ... on Order {{
      updatedAt
      currentTotalTaxSet {MONEY}
      refunds(first: {MOST}) {{ {_REFUND} }}
    }}
  }}
}}""",
        cost=count * _REFUNDS_COST,
        size=count,
        rows=("nodes",),
        apart=True,
        alone=True,
    )


@registered
def order_lines() -> Document:
    """A page of the lines of one long order, and all its shipping lines. Variables: `id`, `after`."""
    return Document(
        name="lines of an order",
        text=f"""
query orderLines($id: ID!, $after: String) {{
  order(id: $id) {{
    updatedAt
    lineItems(first: {MOST_LINES}, after: $after) {{
      nodes {{ {_LINE} }}
      pageInfo {{ hasNextPage endCursor }}
    }}
    shippingLines(first: {MOST}, includeRemovals: true) {{
      nodes {{ {_SHIPPING} }}
      pageInfo {{ hasNextPage }}
    }}
  }}
}}""",
        cost=1 + page_cost(MOST_LINES, _LINE_COST - 1) + page_cost(MOST, _SHIPPING_COST - 1),
        alone=True,
    )


@registered
def line_totals(count: int) -> Document:
    """What each line of some orders came to when it was ordered, before discounts. Variables: `ids`, so many."""
    return Document(
        name="the totals of lines",
        text=f"""
query lineTotals($ids: [ID!]!) {{
  nodes(ids: $ids) {{
    ... on Order {{
      id
      lineItems(first: {MOST_LINES}) {{ nodes {{ id originalTotalSet {MONEY} }} pageInfo {{ hasNextPage }} }}
    }}
  }}
}}""",
        cost=count * (1 + page_cost(MOST_LINES, 2)),
        size=count,
        rows=("nodes",),
        apart=True,
        alone=True,
    )


@registered
def refund_parts() -> Document:
    """A page of the lines of one large refund, and all else that it takes back. Variables: `id`, `after`."""
    return Document(
        name="lines of a refund",
        text=f"""
query refundParts($id: ID!, $after: String) {{
  node(id: $id) {{ ... on Refund {{
    refundLineItems(first: {MOST_LINES}, after: $after) {{
      nodes {{ {_REFUND_LINE} }}
      pageInfo {{ hasNextPage endCursor }}
    }}
    refundShippingLines(first: {MOST}) {{ nodes {{ {_REFUND_SHIPPING} }} pageInfo {{ hasNextPage }} }}
    orderAdjustments(first: {MOST}) {{ nodes {{ {_ADJUSTMENT} }} pageInfo {{ hasNextPage }} }}
  }} }}
}}""",
        cost=1 + page_cost(MOST_LINES, 5) + page_cost(MOST, 5) + page_cost(MOST, 4),
        alone=True,
    )


@registered
def orders_count() -> Document:
    """How many orders a first reading would bring. Variables: `query`, `limit`: no more are counted."""
    return Document(
        name="the number of orders",
        text="""
query ordersCount($query: String, $limit: Int) {
  ordersCount(query: $query, limit: $limit) { count }
}""",
        cost=1,
    )


@registered
def start_bulk() -> Document:
    """Let Shopify make a file of all that a query finds. Variables: `query`, as of `orders_in_bulk`."""
    return Document(
        name="the making of a file of all orders",
        text="""
mutation startBulk($query: String!) {
  bulkOperationRunQuery(query: $query, groupObjects: true) {
    bulkOperation { id }
    userErrors { code field message }
  }
}""",
        cost=10,
    )


@registered
def bulk_state() -> Document:
    """How far it is with that. Variables: `id`."""
    return Document(
        name="the file of all orders",
        text="""
query bulkState($id: ID!) {
  bulkOperation(id: $id) { status url objectCount rootObjectCount }
}""",
        cost=1,
    )


def orders_in_bulk(search: str, people: bool) -> str:
    """The query of which a file is made: all orders that a search finds, with all of their lines.

    Such queries know neither variables nor, for all that is said of them, fragments; and no lists of lists in lists,
    so that refunds come by their ids alone, as they do elsewhere. `search`: in our own words and times.
    """
    fields = _FIELDS + (f"\n    {_PEOPLE} {_CUSTOMER}" if people else "")
    fields = fields.replace("...customer", _inside(CUSTOMER)).replace("...address", _inside(ADDRESS))
    fields = re.sub(
        r"addressesV2\(first: \d+\) \{ nodes \{(.*?)\} pageInfo \{ hasNextPage \} \}",
        r"addressesV2 { edges { node {\1} } }",
        fields,
        flags=re.S,
    )
    return f"""{{
  orders(query: {json.dumps(search)}) {{ edges {{ node {{{fields}
    lineItems {{ edges {{ node {{ {_LINE} }} }} }}
    shippingLines(includeRemovals: true) {{ edges {{ node {{ {_SHIPPING} }} }} }}
  }} }} }}
}}"""


def _inside(fragment: str) -> str:
    """The fields of a fragment."""
    return fragment.partition("{")[2].rpartition("}")[0]

"""Access scopes: what an app was granted, and what the fields of this fake need.

A field needs what it needs itself, and what the type needs that it gives. Of several scopes one is enough. Held to the
vendor's own list by tests/fakes/test_shopify_contract.py.
"""

from functools import cache

from graphql import GraphQLError, GraphQLObjectType, GraphQLSchema, get_named_type

from tests.fakes.shopify.table import Call

ORDERS = ("read_orders", "read_marketplace_orders")
FULFILMENT = (
    "read_assigned_fulfillment_orders",
    "read_merchant_managed_fulfillment_orders",
    "read_third_party_fulfillment_orders",
    "read_marketplace_fulfillment_orders",
)
TYPES = {
    "Customer": ("read_customers",),
    "Fulfillment": ("read_orders", "read_marketplace_orders", *FULFILMENT[:3], "read_marketplace_fulfillment_orders"),
    "FulfillmentOrder": FULFILMENT,
    "InventoryItem": ("read_inventory", "read_products"),
    "InventoryLevel": ("read_inventory",),
    "LineItem": ORDERS,
    "Location": ("read_locations", "read_inventory", "read_markets_home"),
    "Order": (*ORDERS, "read_quick_sale"),
    "Product": ("read_products",),
    "ProductVariant": ("read_products",),
    "Refund": ORDERS,
}
"""What a record of a type needs, whatever field it is reached by."""

FIELDS = {
    ("InventoryItem", "duplicateSkuCount"): ("read_inventory",),
    ("InventoryItem", "inventoryLevel"): ("read_inventory",),
    ("InventoryItem", "inventoryLevels"): ("read_inventory",),
    ("Location", "fulfillsOnlineOrders"): ("read_locations",),
    ("Location", "isActive"): ("read_locations",),
    ("Location", "name"): ("read_locations", "read_markets_home"),
    ("Mutation", "inventorySetQuantities"): ("write_inventory",),
    ("Mutation", "productVariantsBulkUpdate"): ("write_products",),
}
"""What a field needs itself."""


@cache
def needed(schema: GraphQLSchema, type_name: str, name: str) -> tuple[tuple[str, ...], ...]:
    """What an app must have for a field: of each of these, one."""
    parent = schema.get_type(type_name)
    found = [FIELDS[type_name, name]] if (type_name, name) in FIELDS else []
    if isinstance(parent, GraphQLObjectType) and name in parent.fields:
        given = get_named_type(parent.fields[name].type).name.removesuffix("Connection")
        found += [TYPES[given]] if given in TYPES else []
    return tuple(found)


def allow(call: Call, wanted: tuple[tuple[str, ...], ...], type_name: str, name: str) -> None:
    """Turn it away, unless the app has one of each."""
    for any_of in wanted:
        if call.scopes.isdisjoint(any_of):
            named = [f"`{scope}` access scope" for scope in any_of]
            required = f"{', '.join(named[:-1])} or {named[-1]}." if len(named) > 1 else f"{named[0]}."
            raise denied(f"Access denied for {name} field. Required access: {required}", required)


def denied(message: str, required: str = "") -> GraphQLError:
    more = {"requiredAccess": required} if required else {}
    return GraphQLError(
        message,
        extensions={"code": "ACCESS_DENIED", "documentation": "https://shopify.dev/api/usage/access-scopes", **more},
    )

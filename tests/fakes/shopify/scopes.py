"""What an app may ask for: by its scopes, and by the leave it has for protected customer data.

A field needs what it needs itself, and what the type needs that it gives. Of several scopes one is enough. Held to the
vendor's own list by tests/fakes/test_shopify_contract.py.
"""

from dataclasses import dataclass

from graphql import GraphQLError, GraphQLObjectType, GraphQLSchema, get_named_type

from tests.fakes.shopify.table import Call

ORDERS = ("read_orders", "read_marketplace_orders")
FULFILMENT = (
    "read_assigned_fulfillment_orders",
    "read_merchant_managed_fulfillment_orders",
    "read_third_party_fulfillment_orders",
    "read_marketplace_fulfillment_orders",
)
SHIPPING = (
    "write_assigned_fulfillment_orders",
    "write_merchant_managed_fulfillment_orders",
    "write_third_party_fulfillment_orders",
)
TYPES = {
    "AdditionalFee": ("read_orders",),
    "CashRoundingAdjustment": ("read_orders", "read_quick_sale"),
    "Customer": ("read_customers",),
    "CustomerEmailAddress": ("read_customers",),
    "CustomerPhoneNumber": ("read_customers",),
    "CustomerSendAccountInviteEmailUserError": ("read_customers",),
    "CustomerSmsMarketingConsentError": ("read_customers",),
    "Duty": ("read_orders",),
    "Fulfillment": (*ORDERS, *FULFILMENT),
    "FulfillmentLineItem": ORDERS,
    "FulfillmentHold": FULFILMENT,
    "FulfillmentOrder": FULFILMENT,
    "FulfillmentOrderAssignedLocation": FULFILMENT,
    "FulfillmentOrderLineItem": FULFILMENT[:3],
    "FulfillmentTrackingInfo": (*ORDERS, *FULFILMENT),
    "InventoryAdjustmentGroup": ("read_inventory",),
    "InventoryChange": ("read_inventory",),
    "InventoryItem": ("read_inventory", "read_products"),
    "InventoryLevel": ("read_inventory",),
    "InventoryQuantity": ("read_inventory",),
    "LineItem": ORDERS,
    "Location": ("read_locations", "read_inventory", "read_markets_home"),
    "Order": (*ORDERS, "read_quick_sale"),
    "OrderAdjustment": ORDERS,
    "OrderTransaction": ORDERS,
    "Product": ("read_products",),
    "ProductVariant": ("read_products",),
    "ProductVariantsBulkUpdateUserError": ("read_products",),
    "Refund": ORDERS,
    "RefundDuty": ORDERS,
    "RefundLineItem": ORDERS,
    "RefundShippingLine": ORDERS,
}
"""What a record of a type needs, whatever field it is reached by."""

WRITES_CUSTOMERS = (
    "customerAddressCreate",
    "customerAddressUpdate",
    "customerCreate",
    "customerEmailMarketingConsentUpdate",
    "customerSendAccountInviteEmail",
    "customerSmsMarketingConsentUpdate",
    "customerUpdate",
    "customerUpdateDefaultAddress",
)
FIELDS = {
    ("InventoryItem", "duplicateSkuCount"): ("read_inventory",),
    ("InventoryItem", "inventoryLevel"): ("read_inventory",),
    ("InventoryItem", "inventoryLevels"): ("read_inventory",),
    ("Location", "fulfillsOnlineOrders"): ("read_locations",),
    ("Location", "isActive"): ("read_locations",),
    ("Location", "name"): ("read_locations", "read_markets_home"),
    ("Mutation", "fulfillmentCreate"): SHIPPING,
    ("Mutation", "inventorySetQuantities"): ("write_inventory",),
    ("Mutation", "productVariantsBulkUpdate"): ("write_products",),
    ("QueryRoot", "customerByIdentifier"): ("read_customers",),
    ("QueryRoot", "customersCount"): ("read_customers",),
    ("QueryRoot", "ordersCount"): ORDERS,
    ("QueryRoot", "productVariantsCount"): ("read_products",),
} | {("Mutation", name): ("write_customers",) for name in WRITES_CUSTOMERS}
"""What a field needs itself."""

PERSONAL = {
    ("Customer", "addresses"),
    ("Customer", "addressesV2"),
    ("Customer", "defaultAddress"),
    ("Customer", "defaultEmailAddress"),
    ("Customer", "defaultPhoneNumber"),
    ("Customer", "email"),
    ("Customer", "firstName"),
    ("Customer", "lastName"),
    ("Customer", "phone"),
    ("Order", "billingAddress"),
    ("Order", "email"),
    ("Order", "phone"),
    ("Order", "shippingAddress"),
}
"""Names, addresses, e-mail, phone: what a leave of level 2 is for."""

PROTECTED = {"customers": ("Customer",), "denied": ("Customer", "FulfillmentOrder", "Order")}
"""By the site's option `protected_data`: the types that an app without leave does not see."""

ASK = "See https://shopify.dev/docs/apps/launch/protected-customer-data for more details."


@dataclass(frozen=True)
class Guard:
    """What stands before a field. `scopes`: of each of these one; `gives`: the type; `personal`: needs level 2."""

    scopes: tuple[tuple[str, ...], ...]
    gives: str
    personal: bool


def guard(schema: GraphQLSchema, type_name: str, name: str) -> Guard | None:
    """None: it is anybody's."""
    parent = schema.get_type(type_name)
    scopes = [FIELDS[type_name, name]] if (type_name, name) in FIELDS else []
    gives = ""
    if isinstance(parent, GraphQLObjectType) and name in parent.fields:
        gives = get_named_type(parent.fields[name].type).name.removesuffix("Connection")
        scopes += [TYPES[gives]] if gives in TYPES else []
    personal = (type_name, name) in PERSONAL
    return Guard(tuple(scopes), gives, personal) if scopes or personal else None


def of(type_name: str) -> Guard:
    """What stands before a record that is reached by its id."""
    return Guard((TYPES[type_name],) if type_name in TYPES else (), type_name, False)


def allow(call: Call, needed: Guard, name: str) -> bool:
    """Turn it away, unless the app has what it needs; False: it is answered with null."""
    for any_of in needed.scopes:
        if call.scopes.isdisjoint(any_of):
            named = [f"`{scope}` access scope" for scope in any_of]
            required = f"{', '.join(named[:-1])} or {named[-1]}." if len(named) > 1 else f"{named[0]}."
            raise denied(f"Access denied for {name} field. Required access: {required}", required)
    leave = call.site.options.protected_data
    if needed.gives in PROTECTED.get(leave, ()):
        raise denied(f"This app is not approved to access the {needed.gives} object. {ASK}")
    if needed.personal and leave in ("fields", "customers"):
        raise denied(f"This app is not approved to use the {name} field. {ASK}")
    return not (needed.personal and leave == "null")


def denied(message: str, required: str = "") -> GraphQLError:
    more = {"requiredAccess": required} if required else {}
    return GraphQLError(
        message,
        extensions={"code": "ACCESS_DENIED", "documentation": "https://shopify.dev/api/usage/access-scopes", **more},
    )

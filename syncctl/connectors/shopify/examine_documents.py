"""What `doctor` asks of a shop: of its people no more than whether their data may be seen."""

from math import log

from syncctl.connectors.shopify.documents import Document, registered

VARIANTS = 250
PEOPLE = 10


@registered
def shop_in_full() -> Document:
    """The shop, what the app may do in it, and the versions of the API that are served."""
    text = (
        "query shop {\n"
        "  shop {\n"
        "    id name currencyCode ianaTimezone taxesIncluded\n"
        "    plan { publicDisplayName }\n"
        "    customerAccountsV2 { customerAccountsVersion }\n"
        "  }\n"
        "  currentAppInstallation { accessScopes { handle } }\n"
        "  publicApiVersions { handle supported }\n"
        "}"
    )
    return Document(name="the shop in full", text=text, cost=6)


@registered
def locations() -> Document:
    """Its active locations."""
    text = "query locations { locations(first: 250) { nodes { id name fulfillsOnlineOrders } } }"
    return Document(name="the locations", text=text, cost=13)


@registered
def oldest_order() -> Document:
    """When the oldest order was placed that the app may see."""
    text = "query oldest { orders(first: 1, sortKey: CREATED_AT) { nodes { createdAt } } }"
    return Document(name="the oldest order", text=text, cost=3)


@registered
def some_people() -> Document:
    """Some customers, with what is protected of them."""
    text = (
        f"query people {{ customers(first: {PEOPLE}) {{ nodes {{ firstName lastName\n"
        "  defaultEmailAddress { emailAddress } defaultPhoneNumber { phoneNumber } } } }"
    )
    return Document(name="some customers", text=text, cost=14)


@registered
def some_variants(*, located: bool) -> Document:
    """A page of variants after `$after`, and how many there are; where `located`, which are kept at `$location`."""
    given, level = (", $location: ID!", "inventoryLevel(locationId: $location) { id }") if located else ("", "")
    text = (
        f"query variants($after: String{given}) {{\n"
        "  productVariantsCount(limit: null) { count precision }\n"
        f"  productVariants(first: {VARIANTS}, after: $after, sortKey: ID) {{\n"
        "    pageInfo { hasNextPage endCursor }\n"
        f"    nodes {{ sku requiresComponents inventoryItem {{ tracked {level} }} }}\n"
        "  }\n"
        "}"
    )
    cost = 3 + (3 if located else 2) * int(2 * log(VARIANTS))
    return Document(name="some variants", text=text, size=int(located), cost=cost)

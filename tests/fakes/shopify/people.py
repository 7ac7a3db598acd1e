"""Reading customers."""

from collections.abc import Mapping
from typing import Any

from tests.fakes.shopify import paging
from tests.fakes.shopify.ids import gid, number_of
from tests.fakes.shopify.order_records import Address
from tests.fakes.shopify.people_records import Consent, Customer, metafield_gid
from tests.fakes.shopify.people_rules import find, normal_phone
from tests.fakes.shopify.site import Site
from tests.fakes.shopify.table import Args, Call, NotOffered, field, node


@node("Customer")
def customer_node(site: Site, number: int) -> Customer | None:
    return site.customers.get(number)


@field("QueryRoot", "customer")
def one_customer(_root: Any, call: Call, args: Args) -> Customer | None:
    return call.site.customers.get(number_of(args["id"], "Customer") or 0)


@field("QueryRoot", "customerByIdentifier")
def by_identifier(_root: Any, call: Call, args: Args) -> Customer | None:
    """Exactly one key; a phone is compared as E.164, an e-mail without regard to its letters' case."""
    told = {name: value for name, value in args["identifier"].items() if value is not None}
    if len(told) != 1:
        raise NotOffered("customerByIdentifier with another number of keys than one")
    [(name, value)] = told.items()
    if name == "id":
        return call.site.customers.get(number_of(value, "Customer") or 0)
    if name == "emailAddress":
        return find(call.site, email=value)
    if name == "phoneNumber":
        return find(call.site, phone=normal_phone(value))
    raise NotOffered(f"customerByIdentifier by {name}")


@field("Customer", "defaultEmailAddress")
def email_address(customer: Customer, call: Call, _args: Args) -> dict[str, Any] | None:
    if customer.email is None:
        return None
    said = customer.email_consent
    return {"emailAddress": customer.email, "validFormat": True, "openTrackingLevel": "UNKNOWN", **_marketing(said)}


@field("Customer", "defaultPhoneNumber")
def phone_number(customer: Customer, call: Call, _args: Args) -> dict[str, Any] | None:
    if customer.phone is None:
        return None
    return {"phoneNumber": customer.phone, "marketingCollectedFrom": "OTHER", **_marketing(customer.sms_consent)}


def _marketing(said: Consent) -> Mapping[str, Any]:
    return {"marketingState": said.state, "marketingOptInLevel": said.level, "marketingUpdatedAt": said.at}


@field("Customer", "tags")
def tags(customer: Customer, _call: Call, _args: Args) -> list[str]:
    """As the shop lists them: by their letters."""
    return sorted(customer.tags, key=str.casefold)


@field("Customer", "addressesV2")
def addresses(customer: Customer, _call: Call, args: Args) -> paging.Connection[Address]:
    return paging.page(customer.addresses, args)


@field("Customer", "addresses")
def plain_addresses(customer: Customer, _call: Call, args: Args) -> list[Address]:
    return customer.addresses[: args.get("first") or 250]


@field("Customer", "metafield")
def metafield(customer: Customer, _call: Call, args: Args) -> dict[str, Any] | None:
    kept = customer.metafields.get((args.get("namespace") or "", args["key"]))
    if kept is None:
        return None
    number, value, kind = kept
    return {
        "__typename": "Metafield",
        "id": metafield_gid(number),
        "namespace": args.get("namespace") or "",
        "key": args["key"],
        "value": value,
        "type": kind,
    }


@field("Customer", "numberOfOrders")
def number_of_orders(customer: Customer, call: Call, _args: Args) -> str:
    return str(sum(order.customer_id == customer.id for order in call.site.orders.values()))


def customer_gid(number: int) -> str:
    return gid("Customer", number)

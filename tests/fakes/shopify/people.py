"""Reading customers."""

from collections.abc import Callable, Mapping
from typing import Any

from tests.fakes.shopify import paging, search
from tests.fakes.shopify.goods import counted
from tests.fakes.shopify.ids import number_of
from tests.fakes.shopify.part_records import Address
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


# --- lists ------------------------------------------------------------------------------------------------------------

SORTS: dict[str, Callable[[Customer], Any]] = {
    "ID": lambda customer: customer.id,
    "CREATED_AT": lambda customer: customer.created_at,
    "NAME": lambda customer: customer.display_name.casefold(),
}
FIELDS: dict[str, search.Field] = {
    "updated_at": ("day", search.indexed),
    "customer_date": ("time", lambda customer: customer.created_at),
    "id": ("id", lambda customer: customer.id),
    "email": ("word", lambda customer: customer.email),
    "phone": ("exact", lambda customer: customer.phone),
    "first_name": ("word", lambda customer: customer.first_name),
    "last_name": ("word", lambda customer: customer.last_name),
    "state": ("exact", lambda customer: customer.state),
    "tag": ("exact", lambda customer: customer.tags),
}


@field("QueryRoot", "customers")
def customers(_root: Any, call: Call, args: Args) -> paging.Connection[Customer]:
    sort = args.get("sortKey") or "ID"
    value = search.stamp(call) if sort == "UPDATED_AT" else SORTS[sort]
    rows = [each for each in call.site.customers.values() if value(each) is not None]
    rows.sort(key=lambda each: (value(each), each.id))
    keep = search.wanted(call, "customers", args.get("query"), FIELDS)
    return paging.page(rows, args, key=lambda each: (value(each), each.id), keep=keep)


@field("QueryRoot", "customersCount")
def count(_root: Any, call: Call, args: Args) -> dict[str, Any]:
    keep = search.wanted(call, "customersCount", args.get("query"), FIELDS)
    return counted(sum(map(keep, call.site.customers.values())), args)

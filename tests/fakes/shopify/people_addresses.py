"""Addresses of customers, one by one."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from tests.fakes.shopify.ids import number_of
from tests.fakes.shopify.part_records import Address
from tests.fakes.shopify.people_records import Customer
from tests.fakes.shopify.records import user_error
from tests.fakes.shopify.site import Site
from tests.fakes.shopify.table import Args, Call, field

WORDS = {
    "firstName": "first_name",
    "lastName": "last_name",
    "company": "company",
    "address1": "address1",
    "address2": "address2",
    "city": "city",
    "provinceCode": "province_code",
    "zip": "zip",
    "countryCode": "country_code_v2",
    "phone": "phone",
}


def words_of(told: Mapping[str, Any]) -> dict[str, str | None]:
    """The fields that are told, in our words; an empty text is none."""
    return {WORDS[name]: value or None for name, value in told.items() if name in WORDS}


def add_address(site: Site, customer: Customer, told: Mapping[str, Any], *, default: bool = False) -> Address:
    """The first one is the default."""
    made = Address(site.next_id(), **words_of(told))
    customer.addresses.append(made)
    if default or customer.default_address_id is None:
        customer.default_address_id = made.id
    return made


def _same(one: Address, other: Address) -> bool:
    return {**asdict(one), "id": 0} == {**asdict(other), "id": 0}


def _trouble(site: Site, customer: Customer, wanted: Address) -> str | None:
    if any(_same(wanted, each) for each in customer.addresses if each.id != wanted.id):
        return "Address already exists" if site.options.refuses_same_address else None
    return None if len(customer.addresses) <= site.options.address_limit else "Too many addresses"


def _answer(address: Address | None, trouble: str | None = None, where: str = "address") -> dict[str, Any]:
    return {"address": address, "userErrors": [user_error(trouble, [where])] if trouble else []}


def _written(call: Call, customer: Customer, what: str, address: Address) -> None:
    customer.touch(call.site.time)
    call.site.revision += 1
    call.site.oracle.event(call.site.time, "api", what, "customer", customer.id, address=address.id)


@field("Mutation", "customerAddressCreate")
def create(_root: Any, call: Call, args: Args) -> dict[str, Any]:
    customer = call.site.customers.get(number_of(args["customerId"], "Customer") or 0)
    if customer is None:
        return _answer(None, "Customer does not exist", "customerId")
    trouble = _trouble(call.site, customer, Address(0, **words_of(args["address"])))
    if trouble:
        return _answer(None, trouble)
    made = add_address(call.site, customer, args["address"], default=bool(args.get("setAsDefault")))
    _written(call, customer, "address_created", made)
    return _answer(made)


@field("Mutation", "customerAddressUpdate")
def update(_root: Any, call: Call, args: Args) -> dict[str, Any]:
    """Only the fields that are named."""
    customer = call.site.customers.get(number_of(args["customerId"], "Customer") or 0)
    number = number_of(args["addressId"], "MailingAddress")
    found = next((each for each in customer.addresses if each.id == number), None) if customer else None
    if customer is None or found is None:
        return _answer(None, "Address does not exist", "addressId")
    changed = Address(**{**asdict(found), **words_of(args["address"])})
    trouble = _trouble(call.site, customer, changed)
    if trouble:
        return _answer(None, trouble)
    customer.addresses[customer.addresses.index(found)] = changed
    if args.get("setAsDefault"):
        customer.default_address_id = changed.id
    _written(call, customer, "address_updated", changed)
    return _answer(changed)


@field("Mutation", "customerUpdateDefaultAddress")
def set_default(_root: Any, call: Call, args: Args) -> dict[str, Any]:
    customer = call.site.customers.get(number_of(args["customerId"], "Customer") or 0)
    number = number_of(args["addressId"], "MailingAddress")
    found = next((each for each in customer.addresses if each.id == number), None) if customer else None
    if customer is None or found is None:
        return {"customer": customer, "userErrors": [user_error("Address does not exist", ["addressId"])]}
    customer.default_address_id = found.id
    _written(call, customer, "default_address", found)
    return {"customer": customer, "userErrors": []}

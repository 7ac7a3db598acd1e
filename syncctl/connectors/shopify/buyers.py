"""Who bought, as an order tells it. Pure."""

from syncctl.connectors.shopify.customer_words import Row, name_in, text, to_address, to_customer
from syncctl.model import Customer


def to_buyer(order: Row, *, group_prefix: str = "", legacy_accounts: bool = False) -> Customer | None:
    """The customer of an order, as the record is now; else the guest whom the order names; None where it names nobody.

    Read of the order: `customer` (the fragment), `email`, `phone`, `billingAddress` and `shippingAddress`.
    """
    found = order["customer"]
    if found is None:
        return _to_guest(order)
    if found["addressesV2"]["pageInfo"]["hasNextPage"]:  # an order need not say all of its buyer
        found = {**found, "addressesV2": {"nodes": [], "pageInfo": {"hasNextPage": False}}}
    return to_customer(found, group_prefix=group_prefix, legacy_accounts=legacy_accounts)


def _to_guest(order: Row) -> Customer | None:
    billing, shipping = order["billingAddress"], order["shippingAddress"]
    name = next((found for row in (billing, shipping) if row is not None and (found := name_in(row))), "")
    addresses = (to_address(billing, "billing", own_name=name), to_address(shipping, "shipping", own_name=name))
    email, phone = text(order, "email"), text(order, "phone")
    phone = phone or ("" if billing is None else text(billing, "phone"))  # that of a delivery is with its address
    guest = Customer(
        id="",
        name=name,
        emails=(email,) if email else (),
        phones=(phone,) if phone else (),
        addresses=tuple(one for one in addresses if one is not None),
        guest=True,
    )
    return guest if guest != Customer(id="", guest=True) else None

"""Who bought, as an order names them, turned into ours in the words of their accounts. Pure."""

from syncctl.connectors.reading import Fields
from syncctl.connectors.woocommerce.customer_words import addresses_in, name_in, phones_in, slot, to_address
from syncctl.connectors.woocommerce.words import record_id
from syncctl.model import Address, Customer


def to_buyer(order: Fields) -> Customer | None:
    """The buyer as the order names them, without an id for a guest; None where it names nobody at all."""
    billing, shipping = slot(order.row, "billing"), slot(order.row, "shipping")
    customer_id = _customer_id(order)
    email = buyer_email(order)
    name = name_in(billing) or name_in(shipping)
    phones, addresses = phones_in(billing), addresses_in(billing, shipping, name)
    if not (customer_id or email or name or phones or addresses):
        return None
    company = billing.get("company")
    return Customer(
        id=customer_id,
        name=name,
        company=company.strip() if isinstance(company, str) else "",
        emails=(email,) if email else (),
        phones=phones,
        addresses=addresses,
        guest=not customer_id,
    )


def buyer_address(order: Fields, kind: str) -> Address | None:
    """Where the order goes ("shipping"), or who pays it ("billing")."""
    return to_address(slot(order.row, kind), kind)


def buyer_email(order: Fields) -> str:
    """The buyer's e-mail address as on the order; "" for none."""
    email = slot(order.row, "billing").get("email")
    return email.strip() if isinstance(email, str) else ""


def _customer_id(order: Fields) -> str:
    value = order.row.get("customer_id")
    if value in (None, "", 0, "0", False):
        return ""
    found = record_id(value)
    if found is None:
        order.note("customer_id", "is no customer's id")
    return found or ""

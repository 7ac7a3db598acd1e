"""The shop as the suite for web stores acts on it: `World` of tests/conformance/web_store_kit.py, and its `Staff`."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from tests.fakes.shopify.checkout import Buy, Charge, Off, Ship
from tests.fakes.shopify.hands import Hands
from tests.fakes.shopify.order_records import Order
from tests.fakes.shopify.site import Options, Site

WORDS = {"street": "address1", "region": "province_code", "postal_code": "zip", "country": "country_code_v2"}
ODD_PRICE = "1,234.50"


class Clock:
    """A clock that a test moves."""

    def __init__(self, at: datetime = datetime(2026, 3, 1, 12, tzinfo=UTC)) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at

    def advance(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


class ShopifyWorld:
    """A listing's id is that of its product, its variant and its inventory item: `71/78/85`."""

    def __init__(self, site: Site, clock: Clock) -> None:
        site.clock = clock
        self.site = site
        self.clock = clock
        self.hands = Hands(site)
        self.location = site.oracle.location = self.hands.here
        self.made: dict[str, int] = {}  # variants by SKU

    def advance(self, seconds: float) -> None:
        self.clock.advance(seconds)

    # --- listings -----------------------------------------------------------------------------------------------------

    def add_listing(self, sku: str, units: int | None, price: str = "5.00") -> str:
        variant_id = self.made[sku] = self.hands.add_variant(sku, units, price)
        variant = self.site.variants[variant_id]
        return f"{variant.product}/{variant.id}/{variant.item}"

    def set_level(self, listing_id: str, units: int) -> None:
        self.hands.set_level(_variant(listing_id), units)

    def remove_listing(self, listing_id: str) -> None:
        self.hands.remove_variant(_variant(listing_id))

    # --- orders -------------------------------------------------------------------------------------------------------

    def place(
        self,
        lines: Sequence[tuple[str, int, str, str]],
        *,
        charges: Mapping[str, str] | None = None,
        tax_included: bool = False,
        guest_email: str | None = None,
        placed_at: datetime | None = None,
    ) -> str:
        """`shipping`, `discount` (shared over the lines) and `tip` are what they say; any other charge is a fee."""
        told = dict(charges or {})
        shipping, discount, tip = (told.pop(name, "0") for name in ("shipping", "discount", "tip"))
        order_id = self.hands.place(
            [Buy(self.made.get(sku), count, price, tax, title=f"Title of {sku}") for sku, count, price, tax in lines],
            ships=[Ship(shipping)] if Decimal(shipping) else [],
            offs=[Off(str(-Decimal(discount)))] if Decimal(discount) else [],
            charges=[Charge(name, price) for name, price in told.items()],
            tip=tip,
            placed_at=placed_at,
            taxes_included=tax_included,
            email=guest_email,
        )
        return str(order_id)

    def edit(self, order_id: str, line_id: str, quantity: int) -> None:
        self.hands.edit(int(order_id), int(line_id), quantity)

    def cancel(self, order_id: str) -> None:
        self.hands.cancel(int(order_id))

    def refund(self, order_id: str, line_id: str, quantity: int, *, restock: bool) -> str:
        return str(self.hands.refund(int(order_id), {int(line_id): quantity}, restock=restock).id)

    def remove_order(self, order_id: str) -> None:
        self.hands.remove_order(int(order_id))

    def spoil(self, order_id: str, what: str) -> None:
        order = self._order(order_id)
        if what in ("fraction", "decimal"):
            pytest.skip("Shopify counts whole units only")
        patch = {}
        if what == "unknown_status":
            patch["displayFinancialStatus"] = "WIBBLE"
        elif what == "beyond_reading":
            patch = dict.fromkeys(("createdAt", "processedAt", "updatedAt"), "half-writt")
        elif what == "no_sku":
            order.lines[0].sku = order.lines[0].variant_id = None
        else:
            assert what == "bad_price", what
            line = order.lines[0]
            line.original_unit_price_set = replace(line.original_unit_price_set, odd=ODD_PRICE)
        self.hands.change_order(order.id, patch=patch)

    def deliver(
        self, order_id: str, *, email: str, shipping: Mapping[str, str] | None, billing: Mapping[str, str] | None
    ) -> None:
        self.hands.deliver(int(order_id), email or None, address(shipping), address(billing))

    def ship(self, order_id: str) -> None:
        """Somebody of the shop sends all that is left."""
        self.hands.fulfil(int(order_id))

    def _order(self, order_id: str) -> Order:
        return self.site.orders[int(order_id)]

    # --- people -------------------------------------------------------------------------------------------------------

    @property
    def staff(self) -> "ShopifyStaff":
        return ShopifyStaff(self.hands)

    def invite(self, customer_id: str) -> object:
        return self.hands.invite(int(customer_id))

    def register(self, customer_id: str) -> None:
        self.hands.register(int(customer_id))

    def invitations(self) -> list[tuple[str, datetime]]:
        """Every mail that invited somebody, whoever sent it."""
        events = self.site.oracle.events
        return [
            (str(customer_id), events[number - 1].at if number else self.site.time)
            for number, kind, customer_id in self.site.oracle.mails
            if kind == "account_invite"
        ]


class ShopifyStaff:
    """Who looks after the customers. Groups are tags that the settings name."""

    def __init__(self, hands: Hands) -> None:
        self.hands = hands

    def delete_customer(self, customer_id: str) -> None:
        self.hands.remove_customer(int(customer_id))

    def merge_customers(self, customer_id: str, *, into: str) -> None:
        self.hands.merge_customers(int(customer_id), int(into))

    def set_consent(self, customer_id: str, channel: str, state: str | None) -> None:
        self.hands.set_consent(int(customer_id), channel, state)

    def rename_group(self, title: str, new: str) -> None:
        pytest.skip("the groups are named in the settings")

    def delete_group(self, title: str) -> None:
        pytest.skip("the groups are named in the settings")


def world(**options: object) -> ShopifyWorld:
    """A new shop with a clock to move. `options`: fields of `Options`."""
    return ShopifyWorld(Site(options=Options(**options)), Clock())  # type: ignore[arg-type]


def address(words: Mapping[str, str] | None) -> dict[str, str] | None:
    """`Address` in the shop's words; a name is two of them, a street may be two lines."""
    if words is None:
        return None
    told = {WORDS.get(word, word): text for word, text in words.items() if word not in ("name", "kind", "is_default")}
    if "name" in words:
        told["first_name"], _, told["last_name"] = words["name"].partition(" ")
    if "\n" in told.get("address1", ""):
        told["address1"], _, told["address2"] = told["address1"].partition("\n")
    return told


def _variant(listing_id: str) -> int:
    return int(listing_id.split("/")[1])

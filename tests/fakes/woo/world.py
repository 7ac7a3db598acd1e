"""The site as the suite for web stores acts on it: `World` of tests/conformance/web_store_kit.py, and its `Staff`."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import ROUND_DOWN, Decimal

import pytest

from tests.fakes.woo import selling
from tests.fakes.woo.records import Order
from tests.fakes.woo.shop import Fee, Line, Shop
from tests.fakes.woo.site import Options, Site

WORDS = {"street": "address_1", "region": "state", "postal_code": "postcode"}
SPOILT = {
    "bad_price": {"line_items.subtotal": "1,234.50", "line_items.total": "1,234.50"},
    "no_sku": {"line_items.sku": None, "line_items.product_id": 0},
    "fraction": {"line_items.quantity": 3.5},
    "decimal": {"line_items.quantity": "4.00"},
    "beyond_reading": {
        "date_created": None,
        "date_created_gmt": None,
        "date_modified_gmt": None,
        "line_items": "half-writt",
        "total": None,
    },
}


class Clock:
    """A clock that a test moves."""

    def __init__(self, at: datetime = datetime(2026, 3, 1, 12, tzinfo=UTC)) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at

    def advance(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


class WooWorld:
    """`listings`: simple, or variation: then every listing is a variation of one product, with the id `22/23`."""

    def __init__(self, site: Site, clock: Clock, *, listings: str = "simple") -> None:
        site.clock = clock
        self.site = site
        self.clock = clock
        self.shop = Shop(site)
        self.parent = self.shop.add_product("", kind="variable", name="Shirt") if listings == "variation" else 0

    @property
    def tells_edits(self) -> bool:
        return self.site.options.line_edits_move_date

    def advance(self, seconds: float) -> None:
        self.clock.advance(seconds)

    # --- listings -----------------------------------------------------------------------------------------------------

    def add_listing(self, sku: str, units: int | None, price: str = "5.00") -> str:
        if self.parent:
            return f"{self.parent}/{self.shop.add_variation(self.parent, sku, units, price)}"
        return str(self.shop.add_product(sku, units, price))

    def set_level(self, listing_id: str, units: int) -> None:
        self.shop.set_level(_last(listing_id), units)

    def remove_listing(self, listing_id: str) -> None:
        self.shop.remove_product(_last(listing_id))

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
        """`shipping` and `discount` are what they say, the latter as a coupon; any other charge is a fee."""
        told = dict(charges or {})
        shipping, discount = told.pop("shipping", None), told.pop("discount", None)
        order_id = self.shop.place(
            self._lines(lines, -Decimal(discount or "0"), tax_included),
            shipping=(shipping, "0") if shipping else None,
            fees=[Fee(name, total) for name, total in told.items()],
            coupon="ten-off" if discount else "",
            billing={"email": guest_email} if guest_email else None,
            placed_at=placed_at,
            prices_include_tax=tax_included,
        )
        return str(order_id)

    def _lines(self, lines: Sequence[tuple[str, int, str, str]], discount: Decimal, tax_included: bool) -> list[Line]:
        """The coupon takes its part of each line, whole cents; what remains is taken of the first."""
        worth = [Decimal(price) * quantity - (Decimal(tax) if tax_included else 0) for _, quantity, price, tax in lines]
        whole = sum(worth) or Decimal(1)
        parts = [(discount * each / whole).quantize(Decimal("0.01"), ROUND_DOWN) for each in worth]
        parts[0] += discount - sum(parts)
        return [
            Line(
                self.shop.made.get(sku, 0),
                quantity,
                price,
                tax,
                off=str(off),
                name="" if sku in self.shop.made else sku,
            )
            for (sku, quantity, price, tax), off in zip(lines, parts, strict=True)
        ]

    def edit(self, order_id: str, line_id: str, quantity: int) -> None:
        self.shop.edit_line(int(order_id), int(line_id), quantity)

    def cancel(self, order_id: str) -> None:
        self.shop.cancel(int(order_id))

    def refund(self, order_id: str, line_id: str, quantity: int, *, restock: bool) -> str:
        return str(self.shop.refund(int(order_id), {int(line_id): quantity}, restock=restock).id)

    def remove_order(self, order_id: str) -> None:
        self.shop.trash(int(order_id))

    def spoil(self, order_id: str, what: str) -> None:
        if what == "unknown_status":
            self.site.options.statuses = ("wibble",)
            self.shop.set_status(int(order_id), "wibble")
        else:
            self.shop.change_order(int(order_id), patch=SPOILT[what])

    def deliver(
        self, order_id: str, *, email: str, shipping: Mapping[str, str] | None, billing: Mapping[str, str] | None
    ) -> None:
        order = self._order(order_id)
        order.shipping |= _address(shipping or {})
        order.billing |= {**_address(billing or {}), "email": email}
        self.site.touch(order)

    def ship(self, order_id: str) -> None:
        """Somebody of the shop sends the goods and completes the order."""
        selling.set_status(self.site, self._order(order_id), "completed", "shop")

    def _order(self, order_id: str) -> Order:
        return self.site.orders[int(order_id)]

    # --- people -------------------------------------------------------------------------------------------------------

    @property
    def staff(self) -> "WooStaff":
        return WooStaff(self.shop)

    def invite(self, customer_id: str) -> object:
        pytest.skip("WooCommerce has no invitations")

    def register(self, customer_id: str) -> None:
        pytest.skip("a customer of WooCommerce is an account")

    def invitations(self) -> list[tuple[str, datetime]]:
        """None: the mail about a new account is the site's own, and the site's own setting."""
        return []


class WooStaff:
    """Who looks after the customers. WooCommerce has no consents, no groups of its own, and joins nobody."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop

    def delete_customer(self, customer_id: str) -> None:
        self.shop.remove_customer(int(customer_id))

    def merge_customers(self, customer_id: str, *, into: str) -> None:
        pytest.skip("WooCommerce joins no customers")

    def set_consent(self, customer_id: str, channel: str, state: str | None) -> None:
        pytest.skip("WooCommerce keeps no consents")

    def rename_group(self, title: str, new: str) -> None:
        pytest.skip("the groups are named in the settings")

    def delete_group(self, title: str) -> None:
        pytest.skip("the groups are named in the settings")


def world(*, listings: str = "simple", **options: object) -> WooWorld:
    """A new site with a clock to move. `options`: fields of `Options`."""
    return WooWorld(Site(Options(**options)), Clock(), listings=listings)  # type: ignore[arg-type]


def _last(listing_id: str) -> int:
    return int(listing_id.rpartition("/")[2])


def _address(words: Mapping[str, str]) -> dict[str, str]:
    """`Address` in WooCommerce's words; a name is two of them, a street may be two lines."""
    told = {WORDS.get(word, word): text for word, text in words.items() if word not in ("name", "kind", "is_default")}
    if "name" in words:
        told["first_name"], _, told["last_name"] = words["name"].partition(" ")
    if "\n" in told.get("address_1", ""):
        told["address_1"], _, told["address_2"] = told["address_1"].partition("\n")
    return told

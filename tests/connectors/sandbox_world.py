"""The sandbox shop as the suite acts on it, with a clock that tests move."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from syncctl.connectors.sandbox.bodies import NewLine
from syncctl.connectors.sandbox.shop import Shop


class Clock:
    def __init__(self) -> None:
        self.at = datetime(2026, 3, 1, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.at


class SandboxWorld:
    """The suite's world over a second opening of the shop's file: another process would see no more."""

    def __init__(self, shop: Shop, clock: Clock) -> None:
        self.shop = shop
        self.clock = clock

    def advance(self, seconds: float) -> None:
        self.clock.at += timedelta(seconds=seconds)

    def add_listing(self, sku: str, units: int | None, price: str = "5.00") -> str:
        return self.shop.add_listing(sku, f"Title of {sku}", price, units)

    def set_level(self, listing_id: str, units: int) -> None:
        self.shop.set_level(listing_id, units)

    def remove_listing(self, listing_id: str) -> None:
        self.shop.remove_listing(listing_id)

    def place(
        self,
        lines: Sequence[tuple[str, int, str, str]],
        *,
        charges: Mapping[str, str] | None = None,
        tax_included: bool = False,
        guest_email: str | None = None,
        placed_at: datetime | None = None,
    ) -> str:
        return self.shop.place_order(
            [NewLine(sku=sku, quantity=quantity, price=price, tax=tax) for sku, quantity, price, tax in lines],
            charges=charges,
            tax_included=tax_included,
            customer={"emails": [guest_email]} if guest_email else None,
            placed_at=placed_at,
        )

    def edit(self, order_id: str, line_id: str, quantity: int) -> None:
        self.shop.edit_order(order_id, {line_id: quantity})

    def cancel(self, order_id: str) -> None:
        self.shop.cancel_order(order_id)

    def refund(self, order_id: str, line_id: str, quantity: int, *, restock: bool) -> str:
        return self.shop.refund(order_id, {line_id: quantity}, restock=restock)

    def remove_order(self, order_id: str) -> None:
        self.shop.remove_order(order_id)

    def spoil(self, order_id: str, what: str) -> None:
        line = self.shop.order(order_id)["lines"][0]
        if what == "beyond_reading":
            self.shop.put_raw(order_id, '{"id": "half-writt')
        elif what == "unknown_status":
            self.shop.set_status(order_id, financial="wibble")
        else:
            spoilt: dict[str, object] = {
                "bad_price": {"price": "1,234.50"},
                "no_sku": {"sku": None},
                "fraction": {"quantity": 3.5},
                "decimal": {"quantity": "4.00"},
            }[what]
            self.shop.mark(order_id, lines=[{**line, **spoilt}])

    @property
    def staff(self) -> Shop:
        return self.shop

    def invite(self, customer_id: str) -> datetime:
        return self.shop.invite(customer_id)

    def register(self, customer_id: str) -> None:
        self.shop.register(customer_id)

    def invitations(self) -> list[tuple[str, datetime]]:
        return self.shop.invitations()

    def deliver(
        self, order_id: str, *, email: str, shipping: Mapping[str, str] | None, billing: Mapping[str, str] | None
    ) -> None:
        self.shop.mark(order_id, email=email, shipping_address=shipping, billing_address=billing)

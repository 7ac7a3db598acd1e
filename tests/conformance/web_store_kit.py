"""What the web-store suite stands on: the other side as it acts on it, and a few ways of reading."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import pytest

from syncctl.connectors.base import OVERLAP_SECONDS, Page, WebStore
from syncctl.model import (
    Order,
    Refund,
)
from tests.conformance.people import Staff


class World(Protocol):
    """The other side, as the suite acts on it. A method that a platform has no way to do calls `pytest.skip`.

    `tells_edits`, if it has that and it is False: an edit of an order's lines does not move its time of change.
    """

    def advance(self, seconds: float) -> None:
        """Move the platform's clock."""

    def add_listing(self, sku: str, units: int | None, price: str = "5.00") -> str: ...
    def set_level(self, listing_id: str, units: int) -> None: ...
    def remove_listing(self, listing_id: str) -> None: ...
    def place(
        self,
        lines: Sequence[tuple[str, int, str, str]],
        *,
        charges: Mapping[str, str] | None = None,
        tax_included: bool = False,
        guest_email: str | None = None,
        placed_at: datetime | None = None,
    ) -> str:
        """Lines are (sku, quantity, unit price, tax of the line); the platform adds them up and takes the stock."""

    def edit(self, order_id: str, line_id: str, quantity: int) -> None: ...
    def cancel(self, order_id: str) -> None: ...
    def refund(self, order_id: str, line_id: str, quantity: int, *, restock: bool) -> str: ...
    def remove_order(self, order_id: str) -> None: ...
    def spoil(self, order_id: str, what: str) -> None:
        """Make an order odd: bad_price (ODD_PRICE for its first line), no_sku, unknown_status, beyond_reading, fraction
        (3.5 of its first line), decimal (4.00 of it). Calls `pytest.skip` for a fraction where the platform counts
        whole units only."""

    @property
    def staff(self) -> Staff:
        """Who looks after the customers."""

    def invite(self, customer_id: str) -> object:
        """Somebody of the shop invites a customer to an account."""

    def register(self, customer_id: str) -> None:
        """The customer makes an account without being asked."""

    def invitations(self) -> Sequence[tuple[str, datetime]]:
        """(customer id, time) of every invitation that ever left: the oracle of what we sent."""

    def deliver(
        self, order_id: str, *, email: str, shipping: Mapping[str, str] | None, billing: Mapping[str, str] | None
    ) -> None:
        """Say where an order goes and who pays it; the words are those of `Address`."""


@dataclass(frozen=True, slots=True)
class Side:
    store: WebStore
    world: World


LONG = 2 * OVERLAP_SECONDS
ODD_PRICE = "1,234.50"


def read(pages: Iterator[Page[Order]]) -> tuple[dict[str, Order], str]:
    """The last state seen of each order, and the last cursor."""
    orders: dict[str, Order] = {}
    cursor = ""
    for page in pages:
        orders |= {order.id: order for order in page.records}
        cursor = page.cursor
    return orders, cursor


def now_there(store: WebStore, order_id: str) -> Order:
    (order,) = store.fetch_orders_by_id([order_id]).records
    return order


def adds_up(order: Order) -> bool:
    """Invariant I6."""
    parts = [line.amount for line in order.lines] + [charge.amount for charge in order.charges]
    return sum(parts) + order.tax == order.total


def refund_adds_up(refund: Refund) -> bool:
    return sum(part.amount + part.tax for part in (*refund.lines, *refund.charges)) == refund.total


class Kit:
    """The fixtures. `side.store` reads at most three records to a page, so that a few orders make several pages."""

    @pytest.fixture
    def side(self) -> Side:
        raise NotImplementedError("a connector's tests give the store and its world")

    @pytest.fixture
    def store(self, side: Side) -> WebStore:
        return side.store

    @pytest.fixture
    def world(self, side: Side) -> World:
        return side.world

    @pytest.fixture
    def listing(self, world: World) -> str:
        return world.add_listing("SKU-1", 50)

    def order(self, world: World, quantity: int = 1) -> str:
        return world.place([("SKU-1", quantity, "5.00", "0")])

    def orders(self, world: World, count: int) -> list[str]:
        return [self.order(world) for _ in range(count)]

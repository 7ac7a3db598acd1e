"""The sandbox's web store as a connector: what `shop.py` keeps, turned into our words, and our writes into its acts."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from syncctl import times
from syncctl.connectors.base import Page
from syncctl.connectors.patience import Patience
from syncctl.connectors.sandbox.files import reading
from syncctl.connectors.sandbox.goods import LISTING_COLUMNS, to_listing, units_of
from syncctl.connectors.sandbox.manners import ALL
from syncctl.connectors.sandbox.store_customers import StoreCustomers
from syncctl.connectors.sandbox.tables import ShopRefusal
from syncctl.connectors.sandbox.words import read_order
from syncctl.connectors.strict_json import storable
from syncctl.connectors.tokens import Tokens
from syncctl.model import (
    Fulfilment,
    FulfilmentChange,
    LevelChange,
    Listing,
    Mismatch,
    Order,
    PriceChange,
    Unreadable,
    WriteOutcome,
    Written,
)
from syncctl.settings import SandboxStoreSettings
from syncctl.units import LIMIT

PAGE_SIZE = 250


class SandboxStore(StoreCustomers):
    """One sandbox shop. `calls` counts what was asked of it, by method, one for each page; tests read it.

    `page_size` and `clock` may be replaced before the first call.
    """

    def __init__(
        self,
        name: str,
        settings: SandboxStoreSettings,
        _patience: Patience | None = None,
        _tokens: Tokens | None = None,
    ) -> None:
        super().__init__(name, settings, PAGE_SIZE)

    def fetch_orders(self, cursor: str | None, since: datetime | None) -> Iterator[Page[Order]]:
        where = "1" if since is None else f"placed_at >= '{times.to_text(since)}'"
        for step in self._walk("fetch_orders", "position, id, body", "sales_order", cursor, where):
            yield self._order_page([(order_id, body) for _, order_id, body in step.rows], step.cursor)

    def fetch_orders_by_id(self, ids: Sequence[str]) -> Page[Order]:
        self._called("fetch_orders_by_id", ids, self.abilities.order_batch)
        with reading(self.shop.connection) as connection:
            query = f"SELECT id, body FROM sales_order WHERE id IN ({_marks(ids)}) ORDER BY position"
            return self._order_page(connection.execute(query, [storable(each) for each in ids]).fetchall(), "")

    def fetch_listings(self, cursor: str | None) -> Iterator[Page[Listing]]:
        where = "NOT deleted" if cursor is None else "1"
        for step in self._walk("fetch_listings", f"position, {LISTING_COLUMNS}", "listing", cursor, where):
            records = [to_listing(row[1:]) for row in step.rows]
            yield Page(records=records, cursor=step.cursor, full=cursor is None)

    def fetch_levels(self, listing_ids: Sequence[str], location: str = "") -> dict[str, int | None]:
        self._called("fetch_levels", listing_ids, self.abilities.level_batch)
        if location:
            return {}
        query = f"SELECT id, quantity FROM listing WHERE NOT deleted AND id IN ({_marks(listing_ids)})"
        with reading(self.shop.connection) as connection:
            rows = connection.execute(query, [storable(each) for each in listing_ids]).fetchall()
        return {listing_id: units_of(level) for listing_id, level in rows}

    def fetch_prices(self, listing_ids: Sequence[str]) -> dict[str, str | None]:
        self._called("fetch_prices", listing_ids, self.abilities.price_batch)
        query = f"SELECT id, price FROM listing WHERE NOT deleted AND id IN ({_marks(listing_ids)})"
        with reading(self.shop.connection) as connection:
            return dict(connection.execute(query, [storable(each) for each in listing_ids]).fetchall())

    def push_levels(self, changes: Sequence[LevelChange]) -> list[WriteOutcome]:
        return self._each("push_levels", changes, self.abilities.level_batch, self._set_level)

    def push_prices(self, changes: Sequence[PriceChange]) -> list[WriteOutcome]:
        return self._each("push_prices", changes, self.abilities.price_batch, self._set_price)

    def find_fulfilments(self, order_ids: Sequence[str]) -> dict[str, list[Fulfilment]]:
        self._called("find_fulfilments", order_ids, self.abilities.order_batch)
        with reading(self.shop.connection) as connection:
            query = f"SELECT id, body FROM sales_order WHERE id IN ({_marks(order_ids)})"
            page = self._order_page(connection.execute(query, [storable(each) for each in order_ids]).fetchall(), "")
        return {order.id: list(order.fulfilments) for order in page.records}

    def push_fulfilments(self, changes: Sequence[FulfilmentChange]) -> list[WriteOutcome]:
        return self._each("push_fulfilments", changes, self.abilities.fulfilment_batch, self._fulfil)

    def _order_page(self, rows: Sequence[tuple[str, str]], cursor: str) -> Page[Order]:
        read = [read_order(order_id, body) for order_id, body in rows]
        orders = [order for order in read if isinstance(order, Order)]
        return Page(
            records=orders if self.manners == ALL else [self._told(order) for order in orders],
            unreadable=[order for order in read if isinstance(order, Unreadable)],
            cursor=cursor,
        )

    def _told(self, order: Order) -> Order:
        return order if order.customer is None else replace(order, customer=self.manners.told(order.customer))

    def _set_level(self, change: LevelChange) -> WriteOutcome:
        listing = self._by_id(change.listing_id)
        if change.location:
            raise ShopRefusal("unknown_location", f"The shop has no location {change.location[:60]!r}.")
        if not listing.managed or listing.quantity is None:
            raise ShopRefusal("not_managed", f"The shop keeps no stock of {listing.sku[:60]!r} ({listing.why[:60]}).")
        if not 0 <= change.quantity < LIMIT:
            raise ShopRefusal("bad_quantity", f"{change.quantity} is no number of units to show.")
        if listing.quantity != change.expected:
            return Mismatch(key=change.key, actual=listing.quantity)
        self.shop.set_level(listing.id, change.quantity)
        return Written(key=change.key)

    def _set_price(self, change: PriceChange) -> WriteOutcome:
        if change.currency != self.shop.currency:
            raise ShopRefusal(
                "wrong_currency", f"The shop sells in {self.shop.currency}, not {change.currency[:12]!r}."
            )
        self.shop.set_price(self._by_id(change.listing_id).id, change.price)
        return Written(key=change.key)

    def _by_id(self, listing_id: str) -> Listing:
        """A SKU that happens to read like the id is not meant."""
        listing = self.shop.listing(listing_id)
        if listing.id != listing_id:
            raise ShopRefusal("unknown_listing", f"The shop has no listing {listing_id[:60]!r}.")
        return listing

    def _fulfil(self, change: FulfilmentChange) -> WriteOutcome:
        order = self._readable_order(change.order_id)
        fulfilment_id = self.shop.fulfil(
            change.order_id,
            _units_by_line(order, change),
            tracking_number=change.tracking_number,
            carrier=change.carrier,
            tracking_url=change.tracking_url,
            shipped_at=change.shipped_at,
            notify=change.notify_customer,
        )
        return Written(key=change.key, remote_id=fulfilment_id)

    def _readable_order(self, order_id: str) -> Order:
        found = self.fetch_raw(order_id)
        if found is None:
            raise ShopRefusal("unknown_order", f"The shop has no order {order_id[:60]!r}.")
        order = read_order(order_id, found)
        if isinstance(order, Unreadable) or order.problems:
            raise ShopRefusal("unreadable_order", f"Order {order_id[:60]!r} cannot be read, so nothing is shipped.")
        return order

    def fetch_raw(self, order_id: str) -> str | None:
        """The order's body as the shop keeps it; None where there is no such order."""
        row = self.shop.connection.execute(
            "SELECT body FROM sales_order WHERE id = ?", (storable(order_id),)
        ).fetchone()
        return None if row is None else str(row[0])


def _units_by_line(order: Order, change: FulfilmentChange) -> dict[str, int]:
    """Units by the order's line id; a line that names only its SKU goes to the first lines that have it."""
    units: Counter[str] = Counter()
    for line in change.lines:
        if line.quantity <= 0:
            raise ShopRefusal("bad_quantity", f"{line.quantity} is no number of units to ship.")
        if line.line_id is not None:
            units[line.line_id] += line.quantity
            continue
        left = line.quantity
        for ordered in (each for each in order.lines if each.sku == line.sku):
            taken = min(left, ordered.quantity - units[ordered.id])
            units[ordered.id] += taken
            left -= taken
        if left:
            raise ShopRefusal("too_many_units", f"Order {order.id} has not so many units of {str(line.sku)[:60]!r}.")
    return {line_id: count for line_id, count in units.items() if count}


def _marks(values: Sequence[str]) -> str:
    return ",".join("?" * len(values))

"""The sandbox's web store as a connector: what `shop.py` keeps, turned into our words, and our writes into its acts."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any, Protocol, TypeVar

from syncctl import times
from syncctl.connectors.base import Page, StockWrite, StoreAbilities, WebStore
from syncctl.connectors.sandbox import people
from syncctl.connectors.sandbox.files import reading, storable
from syncctl.connectors.sandbox.goods import LISTING_COLUMNS, to_listing, units_of
from syncctl.connectors.sandbox.reading import Fields
from syncctl.connectors.sandbox.shop import Shop
from syncctl.connectors.sandbox.strict_json import parse_object
from syncctl.connectors.sandbox.tables import Clock, ShopRefusal
from syncctl.connectors.sandbox.walk import Step, walk
from syncctl.connectors.sandbox.words import read_order
from syncctl.errors import BatchRefused
from syncctl.model import (
    About,
    Customer,
    CustomerChange,
    CustomerKey,
    Fulfilment,
    FulfilmentChange,
    LevelChange,
    Listing,
    Mismatch,
    Order,
    PriceChange,
    Refused,
    Unreadable,
    WriteOutcome,
    Written,
)
from syncctl.settings import SandboxStoreSettings
from syncctl.units import LIMIT

PAGE_SIZE = 250


class _Keyed(Protocol):
    @property
    def key(self) -> str: ...


Change = TypeVar("Change", bound=_Keyed)


class SandboxStore(WebStore):
    """One sandbox shop. `calls` counts what was asked of it, by method, one for each page; tests read it.

    `page_size` and `clock` may be replaced before the first call.
    """

    abilities = StoreAbilities(
        stock_write=StockWrite.COMPARE_AND_SET,
        level_batch=100,
        price_batch=100,
        fulfilment_batch=20,
        order_batch=100,
        listing_changes=True,
        customer_batch=50,
        groups=True,
        consent_channels=people.CONSENT_CHANNELS,
    )

    def __init__(self, name: str, settings: SandboxStoreSettings) -> None:
        self.name = name
        self.settings = settings
        self.page_size = PAGE_SIZE
        self.clock: Clock = times.now
        self.calls: Counter[str] = Counter()
        self._opened: Shop | None = None

    @property
    def shop(self) -> Shop:
        """The shop itself; its file is opened, or made with the demo catalog, at first use."""
        if self._opened is None:
            self._opened = Shop(self.settings.path, clock=self.clock)
        return self._opened

    def about(self) -> About:
        self.calls["about"] += 1
        shop = self.shop
        return About(
            identity=shop.identity,
            name=shop.name,
            currency=shop.currency,
            time_zone=shop.time_zone,
            server_time=shop.clock(),
        )

    def fetch_orders(self, cursor: str | None, since: datetime | None) -> Iterator[Page[Order]]:
        where = "1" if since is None else f"placed_at >= '{times.to_text(since)}'"
        for step in self._walk("fetch_orders", "position, id, body", "sales_order", cursor, where):
            yield _order_page([(order_id, body) for _, order_id, body in step.rows], step.cursor)

    def fetch_orders_by_id(self, ids: Sequence[str]) -> Page[Order]:
        self._called("fetch_orders_by_id", ids, self.abilities.order_batch)
        with reading(self.shop.connection) as connection:
            query = f"SELECT id, body FROM sales_order WHERE id IN ({_marks(ids)}) ORDER BY position"
            return _order_page(connection.execute(query, [storable(each) for each in ids]).fetchall(), "")

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
            page = _order_page(connection.execute(query, [storable(each) for each in order_ids]).fetchall(), "")
        return {order.id: list(order.fulfilments) for order in page.records}

    def push_fulfilments(self, changes: Sequence[FulfilmentChange]) -> list[WriteOutcome]:
        return self._each("push_fulfilments", changes, self.abilities.fulfilment_batch, self._fulfil)

    def fetch_customers(self, cursor: str | None) -> Iterator[Page[Customer]]:
        for step in self._walk("fetch_customers", "position, deleted, body", "customer", cursor):
            records = [_customer(body, deleted=bool(deleted)) for _, deleted, body in step.rows]
            yield Page(records=records, cursor=step.cursor, full=cursor is None)

    def find_customers(self, keys: Sequence[CustomerKey]) -> list[list[Customer]]:
        self._called("find_customers", keys, self.abilities.customer_batch)
        with reading(self.shop.connection):
            return [self._find(key) for key in keys]

    def push_customers(self, changes: Sequence[CustomerChange]) -> list[WriteOutcome]:
        return self._each("push_customers", changes, self.abilities.customer_batch, self._upsert_customer)

    def fetch_groups(self) -> list[str]:
        self.calls["fetch_groups"] += 1
        return self.shop.groups()

    def create_groups(self, titles: Sequence[str]) -> None:
        self.calls["create_groups"] += 1
        with self.shop.atomic():
            for title in titles:
                self.shop.add_group(title)

    def close(self) -> None:
        if self._opened is not None:
            self._opened.close()
            self._opened = None

    def _walk(self, call: str, columns: str, table: str, cursor: str | None, where: str = "1") -> Iterator[Step]:
        for step in walk(self.shop, columns, table, cursor, self.page_size, where):
            self.calls[call] += 1
            yield step

    def _called(self, call: str, records: Sequence[Any], most: int) -> None:
        self.calls[call] += 1
        if len(records) > most:
            raise BatchRefused(f"{call} takes at most {most} records, not {len(records)}; nothing was done.")

    def _each(
        self, call: str, changes: Sequence[Change], most: int, act: Callable[[Change], WriteOutcome]
    ) -> list[WriteOutcome]:
        """One outcome per record, in order; a refusal of one leaves the others alone."""
        self._called(call, changes, most)
        outcomes: list[WriteOutcome] = []
        with self.shop.atomic():
            for change in changes:
                try:
                    outcomes.append(act(change))
                except ShopRefusal as refusal:
                    outcomes.append(Refused(key=change.key, reason=refusal.reason, message=str(refusal)))
        return outcomes

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

    def _find(self, key: CustomerKey) -> list[Customer]:
        searches = [
            ("id = ?", key.id),
            ("reference = ?", key.reference),
            (_BY_KEY.format("email"), key.email and people.email_key(key.email)),
            (_BY_KEY.format("phone"), key.phone and people.phone_key(key.phone)),
        ]
        wanted = [(where, storable(value)) for where, value in searches if value]
        if not wanted:
            return []
        query = f"SELECT body FROM customer WHERE NOT deleted AND ({' OR '.join(where for where, _ in wanted)})"
        rows = self.shop.connection.execute(f"{query} ORDER BY position", [value for _, value in wanted])
        return [_customer(body) for (body,) in rows]

    def _upsert_customer(self, change: CustomerChange) -> WriteOutcome:
        unknown = sorted(change.fields.keys() - people.FIELDS)
        if unknown:
            raise ShopRefusal("unknown_field", f"The shop keeps no {', '.join(unknown)} of a customer.")
        reference = change.reference if change.id is None else None
        customer_id = self.shop.write_customer(change.id, change.fields, reference=reference)
        return Written(key=change.key, remote_id=customer_id)


_BY_KEY = "id IN (SELECT customer_id FROM customer_key WHERE kind = '{}' AND value = ?)"


def _order_page(rows: Sequence[tuple[str, str]], cursor: str) -> Page[Order]:
    read = [read_order(order_id, body) for order_id, body in rows]
    return Page(
        records=[order for order in read if isinstance(order, Order)],
        unreadable=[order for order in read if isinstance(order, Unreadable)],
        cursor=cursor,
    )


def _customer(body: str, *, deleted: bool = False) -> Customer:
    return people.to_customer(Fields(parse_object(body), "customer", []), deleted=deleted)


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

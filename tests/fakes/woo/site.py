"""One WooCommerce site: settings, state, clock. Cheap to copy: a scene is set once, and each test begins from it."""

import pickle
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from tests.fakes.woo.oracle import Oracle
from tests.fakes.woo.records import Customer, Key, Meta, Note, Order, Product, Refund

CORE_STATUSES = ("pending", "processing", "on-hold", "completed", "cancelled", "refunded", "failed", "checkout-draft")
Clock = Callable[[], datetime]


def now() -> datetime:
    return datetime.now(UTC)


@dataclass
class Options:
    """How this site is set up; each of them is how some real site is."""

    version: str = "10.4.2"  # routes come with it: refunds 9.0, variations 10.3
    storage: str = "hpos"  # hpos | legacy: with legacy, a change of lines or meta alone does not move date_modified
    zone: str = "Asia/Kolkata"  # +05:30
    currency: str = "USD"
    decimals: int = 2
    prices_include_tax: bool = False
    manage_stock: bool = True
    statuses: tuple[str, ...] = ()  # what plug-ins register beside the site's own
    roles: tuple[str, ...] = ("administrator", "editor", "author", "contributor", "subscriber", "customer")
    more_roles: tuple[str, ...] = ("shop_manager",)
    plugin: bool = True  # WooCommerce is active; without it WordPress answers alone
    allow: str = "GET, POST"  # what the user of a key may do with lists, as the header Allow tells it
    permalinks: bool = True  # without them there is no /wp-json/
    application_passwords: bool = True  # WordPress takes a header that is no key's for a person's; some switch it off
    strips_authorization: bool = False  # the host drops the header before PHP sees it
    batch_limit: int = 100
    fatal_after: int | None = None  # PHP dies once, in the next batch after so many items: those are done
    page_limit: int = 100
    page_size: int = 0  # what a plug-in makes of every `per_page`; 0: nothing
    same_page: bool = False  # a cache that knows no query: offset and page are passed over
    total_told: int | None = None  # what a plug-in makes of the number of rows
    debris: str = ""  # what a plug-in prints before the JSON
    junk: bool = True  # plug-ins add fields and meta to every body
    mail_new_accounts: bool = True
    moves_stock_date: bool = False  # whether a stock move of an order moves the product's date_modified
    folder: str = ""  # "/shop": the site lives in a folder
    name: str = "Shop"

    @property
    def line_edits_move_date(self) -> bool:
        return self.storage == "hpos"

    def at_least(self, version: str) -> bool:
        def parts(text: str) -> list[int]:
            return [int(part) for part in text.split(".")[:2]]

        return parts(self.version) >= parts(version)


@dataclass(frozen=True)
class Frozen:
    """A site at rest: to thaw it costs a fifth of copying it. That is why the records have no slots."""

    data: bytes

    def thaw(self, clock: Clock = now) -> "Site":
        site: Site = pickle.loads(self.data)  # noqa: S301  # bytes of our own
        site.clock = clock
        return site


@dataclass(repr=False)
class Site:
    options: Options = field(default_factory=Options)
    clock: Clock = now
    keys: dict[str, Key] = field(default_factory=dict)
    products: dict[int, Product] = field(default_factory=dict)
    orders: dict[int, Order] = field(default_factory=dict)
    refunds: dict[int, Refund] = field(default_factory=dict)
    customers: dict[int, Customer] = field(default_factory=dict)
    notes: dict[int, Note] = field(default_factory=dict)
    tax_rates: dict[int, tuple[str, str]] = field(default_factory=lambda: {1: ("IN-GST-1", "GST")})
    oracle: Oracle = field(default_factory=Oracle)
    counters: dict[str, int] = field(default_factory=lambda: {"post": 10, "user": 1, "item": 100, "meta": 1000})
    families: dict[int, list[int]] = field(default_factory=dict)  # product -> its variations
    catalog: int = 0  # moves when a SKU, a title or the being of a product changes
    cache: dict[Any, Any] = field(default_factory=dict)

    def copy(self, clock: Clock | None = None) -> "Site":
        """The same site again, apart from this one; with this one's clock where none is given."""
        return self.freeze().thaw(clock or self.clock)

    def freeze(self) -> "Frozen":
        """A scene that is set once, to begin many tests from."""
        mine, cache = self.clock, self.cache
        self.clock, self.cache = now, {}
        try:
            return Frozen(pickle.dumps(self, pickle.HIGHEST_PROTOCOL))
        finally:
            self.clock, self.cache = mine, cache

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.options.zone)

    @property
    def time(self) -> datetime:
        """Now, in whole seconds as the site keeps them."""
        return self.clock().astimezone(UTC).replace(microsecond=0)

    @property
    def order_statuses(self) -> tuple[str, ...]:
        return (*CORE_STATUSES, *self.options.statuses)

    def next(self, counter: str) -> int:
        self.counters[counter] += 1
        return self.counters[counter]

    def meta(self, key: str, value: Any) -> Meta:
        return Meta(self.next("meta"), key, value)

    def refunds_of(self, order: Order) -> list[Refund]:
        """Newest first, as the site lists them."""
        found = [refund for refund in self.refunds.values() if refund.parent_id == order.id]
        return sorted(found, key=lambda refund: (refund.created, refund.id), reverse=True)

    def variations_of(self, product: Product) -> Iterator[Product]:
        ids = self.families.get(product.id, ())
        return (self.products[each] for each in ids if each in self.products)

    def touch(self, order: Order, *, date: bool = True) -> None:
        """Something of an order changed; `date`: so much that its date of change moves."""
        order.stamp += 1
        if date:
            order.modified = self.time

"""One shop: settings, state, clock. Cheap to copy: a scene is set once, and each test begins from it.

Tables and settings are flat (`site.variants`, `site.options.index_lag`) and live with the records of their domain:
`goods_records`, `order_records`, `people_records`, `bulk_records`.
"""

import pickle
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from tests.fakes.shopify.bulk_records import BulkOptions, BulkTables
from tests.fakes.shopify.goods_records import GoodsOptions, GoodsTables
from tests.fakes.shopify.grants import ALL_SCOPES
from tests.fakes.shopify.oracle import Oracle
from tests.fakes.shopify.order_records import OrderOptions, OrderTables
from tests.fakes.shopify.people_records import PeopleOptions, PeopleTables
from tests.fakes.shopify.records import Record

T = TypeVar("T")
Clock = Callable[[], datetime]


def now() -> datetime:
    return datetime.now(UTC)


@dataclass
class Options(GoodsOptions, OrderOptions, PeopleOptions, BulkOptions):
    """How this shop is set up; each of them is how some real shop is."""

    name: str = "Shop"
    currency: str = "USD"
    zone: str = "America/New_York"
    taxes_included: bool = False
    plan: str = "Basic"
    customer_accounts: str = "NEW_CUSTOMER_ACCOUNTS"  # NEW_CUSTOMER_ACCOUNTS | CLASSIC
    versions: tuple[str, ...] = ("2026-01", "2026-04", "2026-07", "2026-10")  # served; an older one falls forward
    scopes: tuple[str, ...] = ALL_SCOPES
    protected_data: str = "granted"  # | null | fields | customers | denied: what an app without leave is answered
    bucket: int = 2000  # points that it holds
    restore_rate: int = 100  # points that come back in a second
    most_cost: int = 1000  # of one document
    dearer: float = 1  # what a list costs, times so much: the shop's own formula is measured by others, not promised
    throttled_status: int = 200  # 200 | 429
    index_lag: float = 0  # seconds by which what is searched and sorted lags behind what is read
    trouble: str = ""  # frozen (402) | forbidden (403) | locked (423) | rejected (430)
    own_schema: bool = False  # execute against the small schema, though the vendor's is there


@dataclass(frozen=True)
class Frozen:
    """A shop at rest: to thaw it costs a fifth of copying it. That is why the records have no slots."""

    data: bytes

    def thaw(self, clock: Clock = now) -> "Site":
        site: Site = pickle.loads(self.data)  # noqa: S301  # bytes of our own
        site.clock = clock
        return site


@dataclass(repr=False)
class Site(GoodsTables, OrderTables, PeopleTables, BulkTables):
    options: Options = field(default_factory=Options)
    clock: Clock = now
    shop_id: int = 65001
    oracle: Oracle = field(default_factory=Oracle)
    tokens: dict[str, Any] = field(default_factory=dict)  # see auth
    apps: dict[str, Any] = field(default_factory=dict)  # see auth
    buckets: dict[str, Any] = field(default_factory=dict)  # see cost
    keys: dict[tuple[str, str], Any] = field(default_factory=dict)  # see idempotency
    last_id: int = 70000
    revision: int = 0  # moves with all that is made, changed or removed: `next_id`, `touch`, by hand for the last
    cache: dict[Any, Any] = field(default_factory=dict)

    def copy(self, clock: Clock | None = None) -> "Site":
        """The same shop again, apart from this one; with this one's clock where none is given."""
        return self.freeze().thaw(clock or self.clock)

    def freeze(self) -> Frozen:
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
        """Now, in whole seconds as the shop tells them."""
        return self.clock().astimezone(UTC).replace(microsecond=0)

    def touch(self, record: Record) -> None:
        """Something of a record changed: its date of change moves, and what is cached of its table is made anew."""
        record.touch(self.time)
        self.revision += 1

    def cached(self, name: str, make: Callable[[], T]) -> T:
        """What `make` makes, once for as long as nothing changes."""
        revision, made = self.cache.get(name, (-1, None))
        if revision != self.revision:
            made = make()
            self.cache[name] = (self.revision, made)
        found: T = made
        return found

    def next_id(self) -> int:
        """A number for a new record. No two records share one, so that no connector takes one for another unseen."""
        self.last_id += 7
        self.revision += 1
        return self.last_id

"""Sandbox shops that can do less than the sandbox, or do it otherwise: as the shops of other vendors do."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from syncctl.connectors.base import Page
from syncctl.connectors.sandbox.store import SandboxStore
from syncctl.connectors.sandbox.tables import ShopRefusal
from syncctl.errors import BatchRefused
from syncctl.model import Customer, CustomerKey, LevelChange, PriceChange, WriteOutcome, Written

Bad = Callable[[str, Any], bool]


def _nothing(_sku: str, _value: Any) -> bool:
    return False


class PricedStore(SandboxStore):
    """A shop that takes a level and the price of its listing in one write: both are done, or neither.

    `bad_level`, `bad_price`: what it refuses, by SKU and what was sent; it does not say which of two was the bad one.
    """

    bad_level: Bad = staticmethod(_nothing)
    bad_price: Bad = staticmethod(_nothing)

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.abilities = replace(self.abilities, priced_levels=True)

    def push_levels(self, changes: Sequence[LevelChange]) -> list[WriteOutcome]:
        return self._each("push_levels", changes, self.abilities.level_batch, self._set_both)

    def _set_both(self, change: LevelChange) -> WriteOutcome:
        listing = self._by_id(change.listing_id)
        if self.bad_level(listing.sku, change.quantity):
            raise ShopRefusal("invalid", "The shop takes no such product.")
        outcome = self._set_level(replace(change, price=None))
        if change.price is not None and isinstance(outcome, Written):
            try:
                self._set_price(_price_of(change))
            except ShopRefusal:
                self.shop.set_level(listing.id, listing.quantity)
                raise
        return outcome

    def _set_price(self, change: PriceChange) -> WriteOutcome:
        if self.bad_price(self._by_id(change.listing_id).sku, change.price):
            raise ShopRefusal("invalid", "The shop takes no such product.")
        return super()._set_price(change)


def _price_of(change: LevelChange) -> PriceChange:
    assert change.price is not None
    return PriceChange(key=change.key, listing_id=change.listing_id, price=change.price, currency=change.currency)


class UntoldStore(SandboxStore):
    """A shop that does not tell who changed: after a first reading it tells who is new, and everybody when asked to.

    Nobody who was deleted is told of; found are customers by id and e-mail only. `everybody`: it is time for all.
    """

    everybody = False

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        search = frozenset({"id", "email"})
        self.abilities = replace(self.abilities, customer_changes=False, customer_search=search)

    def fetch_customers(self, cursor: str | None) -> Iterator[Page[Customer]]:
        known = int(cursor or 0)
        since = 0 if self.everybody else known
        people = {int(one.id): one for page in super().fetch_customers(None) for one in page.records if not one.deleted}
        new = sorted(one for one in people if one > since)
        for start in range(0, len(new), self.page_size) or [0]:
            part = new[start : start + self.page_size]
            yield Page(records=[people[one] for one in part], cursor=str(max([known, *part])))

    def find_customers(self, keys: Sequence[CustomerKey]) -> list[list[Customer]]:
        assert all(key.reference is None and key.phone is None for key in keys), "it was asked what it cannot tell"
        return super().find_customers(keys)


class FixedGroupsStore(SandboxStore):
    """A shop whose groups (`groups`) are named in the settings: it makes none."""

    groups: tuple[str, ...] = ()

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.abilities = replace(self.abilities, makes_groups=False)

    def fetch_groups(self) -> list[str]:
        return list(self.groups)

    def create_groups(self, titles: Sequence[str]) -> None:
        if strange := set(titles) - set(self.groups):
            raise BatchRefused(f"The settings name no group {min(strange)!r}.")

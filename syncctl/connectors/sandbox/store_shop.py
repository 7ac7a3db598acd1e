"""What every part of the sandbox's web store stands on: the shop that it opens, and how it is called."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any, Protocol, TypeVar

from syncctl import times
from syncctl.connectors.base import StockWrite, StoreAbilities, WebStore
from syncctl.connectors.sandbox.examine import examined
from syncctl.connectors.sandbox.manners import Manners
from syncctl.connectors.sandbox.shop import Shop
from syncctl.connectors.sandbox.tables import APPLICATION_ID, Clock, ShopRefusal
from syncctl.connectors.sandbox.walk import Step, walk
from syncctl.errors import BatchRefused
from syncctl.model import About, Finding, Refused, WriteOutcome
from syncctl.settings import SandboxStoreSettings


class _Keyed(Protocol):
    @property
    def key(self) -> str: ...


Change = TypeVar("Change", bound=_Keyed)


class ShopStore(WebStore):
    """A web store over one shop's file, opened at first use. The settings have their say in its abilities."""

    abilities = StoreAbilities(
        stock_write=StockWrite.COMPARE_AND_SET,
        level_batch=100,
        price_batch=100,
        fulfilment_batch=20,
        order_batch=100,
        listing_changes=True,
        customer_batch=50,
        groups=True,
    )

    def __init__(self, name: str, settings: SandboxStoreSettings, page_size: int) -> None:
        self.name = name
        self.settings = settings
        self.manners = Manners.of(settings)
        invites = "" if settings.invites == "none" else settings.invites
        self.abilities = replace(self.abilities, consent_channels=self.manners.channels, invites=invites)
        self.page_size = page_size
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

    def examine(self) -> Iterator[Finding]:
        return examined(self.name, self.settings.path, APPLICATION_ID, "Sandbox shop")

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
        with self.shop.atomic():
            return [tried(change.key, act, change) for change in changes]


Record = TypeVar("Record")


def tried(key: str, act: Callable[[Record], WriteOutcome], record: Record) -> WriteOutcome:
    """The outcome for one record; what the shop refuses is Refused."""
    try:
        return act(record)
    except ShopRefusal as refusal:
        return Refused(key=key, reason=refusal.reason, message=str(refusal))

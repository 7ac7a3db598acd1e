"""Every setting, with its default, as frozen models. No I/O: `config` fills them, everything else is given them.

The field descriptions are the comments of `config.example.yaml`; a test keeps the two equal.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from os.path import normpath
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, model_validator

from syncctl.settings.connectors import (
    BackOfficeSettings,
    SandboxBooksSettings,
    SandboxStoreSettings,
    StoreSettings,
)
from syncctl.settings.customers import CustomerSettings, Winner, WinnerSettings
from syncctl.settings.kinds import Duration, Moment, Section, Status, StoreName, Units
from syncctl.settings.shopify import ShopifyStoreSettings
from syncctl.settings.tryton import TrytonBooksSettings
from syncctl.settings.woocommerce import WooCommerceStoreSettings

__all__ = [
    "BackOfficeSettings",
    "CustomerSettings",
    "HubSettings",
    "OrderSettings",
    "ProductSettings",
    "SafetySettings",
    "SandboxBooksSettings",
    "SandboxStoreSettings",
    "Section",
    "Settings",
    "ShopifyStoreSettings",
    "StockSettings",
    "StoreSettings",
    "TrytonBooksSettings",
    "Winner",
    "WinnerSettings",
    "WooCommerceStoreSettings",
]


class OrderSettings(Section):
    """Which web orders are brought in, and how they are booked."""

    enabled: bool = Field(default=True, description="Main switch: pull web orders and push them to the back office.")
    book_from: Moment = Field(
        examples=["2026-11-21T09:00:00Z"],
        description="Required. Orders placed before this moment are in your books already and are never booked.",
    )
    import_from: Moment | None = Field(
        default=None,
        description="Also bring in older orders from here on, as history only. Empty: the same moment as book_from.",
    )
    import_sales: bool = Field(
        default=True, description="Book web sales in the back office. Off needs `stock.enabled: false`."
    )
    import_taxes: bool = Field(
        default=True,
        description="Include tax in what is booked. Off when the web store remits the tax itself: total less tax.",
    )
    store_number: int = Field(
        default=98, ge=0, le=99_999, description="The back office's number for the web store, where it has one."
    )
    financial_statuses: tuple[Status, ...] = Field(
        default=("paid", "partially_refunded", "refunded"),
        min_length=1,
        description="Orders are booked when their financial status is one of these.",
    )
    fulfilment_statuses: tuple[Status, ...] = Field(
        default=(), description="... and their fulfilment status is one of these. Empty: any status that is known."
    )
    skip_channels: tuple[str, ...] = Field(
        default=("pos",), description="Channels whose orders the back office made itself; they are never booked."
    )
    book_test_orders: bool = Field(default=False, description="Book orders that the store marks as tests.")
    zero_value: Literal["book", "leave_out"] = Field(
        default="book", description="Sales whose every line costs nothing: book or leave_out."
    )
    unknown_sku: Literal["hold", "placeholder", "create"] = Field(
        default="hold",
        description="A line whose SKU the back office does not know: hold the order, book placeholder, or create it.",
    )
    edited: Literal["amend", "hold"] = Field(
        default="amend",
        description="An order edited after booking: amend its sale where the back office can, or always hold it.",
    )
    placeholder_sku: str = Field(
        default="WEB-ITEM", min_length=1, description="The back office's item that stands for unknown SKUs."
    )
    charges: dict[str, str] = Field(
        default={
            "shipping": "SHIPPING",
            "discount": "DISCOUNT",
            "fee": "FEE",
            "gift_card": "GIFT-CARD",
            "tip": "TIP",
            "rounding": "ROUNDING",
            "adjustment": "ADJUSTMENT",
        },
        description="The back office's item for each kind of charge.",
    )
    tenders: dict[str, str] = Field(
        default={}, description="The back office's tender or account for each payment gateway."
    )
    default_tender: str = Field(default="web", description="The tender for gateways that are not listed.")
    reread_open: Duration = Field(
        default=timedelta(days=1), description="How often open orders are read again, whatever their change time says."
    )

    @model_validator(mode="after")
    def _history_comes_first(self) -> Self:
        if self.import_from is not None and self.import_from > self.book_from:
            raise ValueError("import_from: must not be later than book_from: what is booked is brought in anyway")
        return self

    @property
    def history_from(self) -> datetime:
        """The oldest moment whose orders are brought in at all."""
        return min(self.import_from or self.book_from, self.book_from)


class ProductSettings(Section):
    """What of the catalog goes from the back office to the web stores."""

    enabled: bool = Field(
        default=True, description="Main switch: pull prices (the catalog itself is read for stock, too)."
    )
    push_prices: bool = Field(default=True, description="The back office owns prices: write those that differ.")
    price_list: str = Field(default="", description="The price list that feeds the web. Empty: the ordinary price.")


class StockSettings(Section):
    """How stock reaches the web stores."""

    enabled: bool = Field(default=True, description="Main switch: pull stock and write it to the web stores.")
    safety_stock: Units = Field(
        default=0, description="Units kept back of every SKU; covers what two stores sell at once."
    )
    safety_stock_by_type: dict[str, Units] = Field(
        default={}, description="... instead of that, for the SKUs of these product types of the back office."
    )
    safety_stock_by_sku: dict[str, Units] = Field(default={}, description="... instead of both, for these SKUs.")
    locations: tuple[str, ...] = Field(
        default=(), description="The back office's locations that feed the web, summed. Empty: all of them."
    )
    missing: Literal["keep", "zero", "hold"] = Field(
        default="keep", description="A SKU that a full reading no longer has: keep its level, zero it, or hold it."
    )
    max_age: Duration = Field(
        default=timedelta(hours=24), description="A stock reading older than this publishes nothing."
    )
    verify: Duration = Field(
        default=timedelta(days=1), description="How often levels and prices are read back in full from each store."
    )


class SafetySettings(Section):
    """When to stop and ask a person."""

    max_shrink: float = Field(
        default=0.2, ge=0, le=1, description="Stop when more than this share of SKUs is gone or falls to zero at once."
    )
    min_shrink: int = Field(default=10, ge=1, description="... and at least this many of them.")
    max_price_share: float = Field(
        default=0.5, ge=0, le=1, description="Stop when more than this share of the prices changes ..."
    )
    max_price_change: float = Field(default=0.5, gt=0, description="... by more than this share of the old price.")
    settle: Duration = Field(
        default=timedelta(seconds=60),
        description="After a lost reply, wait this long before looking whether the document was made. "
        "Units that no order explains are held back as long.",
    )
    max_wait: Duration = Field(
        default=timedelta(minutes=10),
        description="How long one run may wait in all for sides that ask it to slow down.",
    )
    assume_booked_after: Duration | None = Field(
        default=None,
        description="Only for back offices that never confirm: take a document as booked after this time.",
    )


class HubSettings(Section):
    """The local database."""

    path: Path = Field(default=Path("hub.db"), description="The hub's file; relative to this configuration file.")
    keep_backups: int = Field(default=7, ge=1, le=1000, description="How many backups are kept beside the hub.")
    keep_payloads: Duration = Field(
        default=timedelta(days=400), description="How long raw orders and the details of writes are kept."
    )


class Settings(Section):
    """All of it: one back office and one or more named web stores."""

    back_office: BackOfficeSettings = Field(description="Where the books and the stock are kept.")
    stores: dict[StoreName, StoreSettings] = Field(
        min_length=1,
        examples=["{shop: {connector: sandbox, path: sandbox/shop.db}}"],
        description="The web stores, each under a name of your choice.",
    )
    orders: OrderSettings
    products: ProductSettings = ProductSettings()
    customers: CustomerSettings = CustomerSettings()
    stock: StockSettings = StockSettings()
    safety: SafetySettings = SafetySettings()
    hub: HubSettings = HubSettings()

    @model_validator(mode="after")
    def _sections_agree(self) -> Self:
        problems = [
            *self._taken_names(),
            *self._oversold(),
            *self._customers_nowhere(),
            *self._foreign_locations(),
            *self._shared_files(),
        ]
        if problems:
            raise ValueError("\n".join(problems))  # each line begins with the key that it is about
        return self

    def feeding(self, store: str) -> tuple[str, ...]:
        """The back office's locations that feed a store, empty: all of them."""
        return self.stores[store].locations or self.stock.locations

    def leaving_from(self, store: str) -> str:
        """The location that a store's orders leave from, "": the back office decides."""
        feeding = self.feeding(store)
        return self.stores[store].sells_from or (feeding[0] if len(set(feeding)) == 1 else "")

    def takes_from(self, seller: str, store: str) -> bool:
        """Whether an order placed in `seller` may take units that `store` shows.

        Also where the back office decides from where it leaves: it may decide on any location.
        """
        ours, theirs = self.feeding(store), self.feeding(seller)
        if not ours or not theirs or not self.leaving_from(seller):
            return True
        return not set(ours).isdisjoint(theirs)

    def _taken_names(self) -> Iterator[str]:
        if "back-office" in self.stores:
            yield "stores.back-office: this name is taken by the back office; choose another"

    def _oversold(self) -> Iterator[str]:
        if self.stock.enabled and not (self.orders.enabled and self.orders.import_sales):
            yield (
                "stock.enabled: needs orders.enabled and orders.import_sales: without booked sales, sold units would "
                "go back on sale; set stock.enabled: false or switch the orders on"
            )

    def _customers_nowhere(self) -> Iterator[str]:
        customers = self.customers
        if customers.enabled and not (customers.web_to_back_office or customers.back_office_to_web):
            yield (
                "customers.enabled: is on, but nothing moves: set customers.web_to_back_office: true or "
                "customers.back_office_to_web: true, or customers.enabled: false"
            )
        makes = customers.enabled and customers.web_to_back_office
        if self.orders.enabled and self.orders.import_sales and customers.fallback == "create" and not makes:
            yield (
                "customers.fallback: create needs customers.enabled and customers.web_to_back_office: web sales are "
                "booked on customers; set them to true, or customers.fallback: guest_account"
            )

    def _foreign_locations(self) -> Iterator[str]:
        """What leaves from a location that feeds the store no units would be sold again from those that do."""
        for name, store in self.stores.items():
            feeding = self.feeding(name)
            if store.sells_from and feeding and store.sells_from not in feeding:
                yield (
                    f"stores.{name}.sells_from: {store.sells_from!r} is none of the locations that feed this store: "
                    f"name one of {', '.join(feeding)}, or add it to stores.{name}.locations"
                )

    def _shared_files(self) -> Iterator[str]:
        """Two databases in one file would destroy each other."""
        files = {"hub.path": self.hub.path}
        if isinstance(self.back_office, SandboxBooksSettings):
            files["back_office.path"] = self.back_office.path
        local = {name: one for name, one in self.stores.items() if isinstance(one, SandboxStoreSettings)}
        files |= {f"stores.{name}.path": store.path for name, store in local.items()}
        owners: dict[str, str] = {}
        for key, path in files.items():
            owner = owners.setdefault(normpath(path), key)
            if owner != key:
                yield f"{key}: this is also the file of {owner}; each needs its own"

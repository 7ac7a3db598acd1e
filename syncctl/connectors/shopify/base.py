"""What every part of the Shopify store stands on: the shop that it speaks to, and what it can do.

Each part is a class on `ShopStore` in a module of its own, with its documents in `*_documents.py` (see `documents`) and
its words, which turn Shopify's records into ours, in `*_words.py`. `store` puts them together.
"""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from syncctl.connectors.base import StockWrite, StoreAbilities, WebStore
from syncctl.connectors.patience import Patience
from syncctl.connectors.shopify.about_documents import about
from syncctl.connectors.shopify.admin import Admin
from syncctl.connectors.shopify.along import Along
from syncctl.connectors.shopify.answers import Answer
from syncctl.connectors.shopify.catalog_documents import LIST
from syncctl.connectors.shopify.customer_documents import MOST_FIELDS
from syncctl.connectors.shopify.customer_words import FIELDS
from syncctl.connectors.shopify.documents import Row
from syncctl.connectors.shopify.gids import digits_of
from syncctl.connectors.tokens import Tokens
from syncctl.errors import BatchRefused
from syncctl.model import About
from syncctl.settings import ShopifyStoreSettings

HORIZON_DAYS = 60
"""How old the orders are that an app may see without the right to read all of them. Source: Order, in the schema."""


class ShopStore(WebStore):
    """A web store over one shop's Admin API. The settings have their say in its abilities."""

    def __init__(
        self,
        name: str,
        settings: ShopifyStoreSettings,
        patience: Patience | None = None,
        tokens: Tokens | None = None,
    ) -> None:
        self.name = name
        self.settings = settings
        self.address = f"shopify {urlsplit(settings.url).netloc}"
        self.abilities = abilities_of(settings)
        self.patience = patience or Patience()
        self.admin = Admin(name, settings, self.patience, tokens or Tokens())
        self.along = Along()

    def about(self) -> About:
        answer = self.admin.read(about(), {})
        return about_of(answer.data["shop"], answer)

    def close(self) -> None:
        self.admin.close()

    def called(self, call: str, records: Sequence[Any], most: int) -> None:
        """Errors: BatchRefused for more than fit into one call."""
        if len(records) > most:
            raise BatchRefused(f"{call} takes at most {most} records, not {len(records)}; nothing was done.")


def about_of(shop: Row, answer: Answer) -> About:
    """Who the shop says it is; its id stays the same, whatever its address and its name become."""
    return About(
        identity=f"shopify {digits_of(shop['id'])}",
        name=shop["name"],
        currency=shop["currencyCode"],
        time_zone=shop["ianaTimezone"],
        server_time=answer.at,
    )


def abilities_of(settings: ShopifyStoreSettings) -> StoreAbilities:
    """What the shop can do, as the app's rights and the shop's own choices leave it."""
    people = settings.customer_data
    return StoreAbilities(
        stock_write=StockWrite.COMPARE_AND_SET,
        levels_together=LIST,
        level_batch=300,
        price_batch=250,
        fulfilment_batch=20,
        order_batch=50,
        listing_changes=False,
        locations=True,
        customer_batch=MOST_FIELDS if people else 0,
        customer_search=frozenset({"id", "email", "phone"}),
        customer_fields=FIELDS,
        customer_departures=False,
        e164_phones=True,
        groups=people and bool(settings.group_prefix),
        makes_groups=False,
        consent_channels=frozenset({"email", "sms"}) if people else frozenset(),
        invites="state" if people and settings.customer_accounts == "legacy" else "",
        order_horizon_days=None if settings.all_orders else HORIZON_DAYS,
    )

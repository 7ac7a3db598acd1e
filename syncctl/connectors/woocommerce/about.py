"""What every part of the WooCommerce store stands on: the shop that it speaks to, and what it can do."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from syncctl.connectors.base import StockWrite, StoreAbilities, WebStore
from syncctl.connectors.patience import Patience
from syncctl.connectors.tokens import Tokens
from syncctl.connectors.woocommerce.customer_words import FIELDS
from syncctl.connectors.woocommerce.order_words import Manners
from syncctl.connectors.woocommerce.site import MOST_ROWS, Site, address_of
from syncctl.errors import BatchRefused, DataError
from syncctl.model import About
from syncctl.settings import WooCommerceStoreSettings


class SiteStore(WebStore):
    """A web store over one shop's REST API. The settings have their say in its abilities."""

    abilities = StoreAbilities(
        stock_write=StockWrite.ABSOLUTE,
        level_batch=MOST_ROWS,
        price_batch=MOST_ROWS,
        fulfilment_batch=20,  # the shop may send an e-mail for each, one after the other, before it answers
        order_batch=MOST_ROWS,
        listing_changes=False,
        customer_batch=MOST_ROWS,
        customer_search=frozenset({"id", "email"}),
        customer_fields=FIELDS,
        customer_changes=False,
        customer_departures=False,
        makes_groups=False,
        priced_levels=True,
    )

    def __init__(
        self,
        name: str,
        settings: WooCommerceStoreSettings,
        patience: Patience | None = None,
        _tokens: Tokens | None = None,
    ) -> None:
        self.name = name
        self.settings = settings
        self.address = address_of(settings)
        self.abilities = replace(self.abilities, groups=settings.group_by == "meta")
        self.manners = Manners(settings.statuses, settings.tracking_key)
        self.patience = patience or Patience()
        self.site = Site(name, settings, self.patience)

    def about(self) -> About:
        reply = self.site.get("data/currencies/current", {})
        code = reply.body.get("code") if isinstance(reply.body, dict) else None
        if not isinstance(code, str):
            raise DataError(f"{self.name}: WooCommerce does not say which currency it sells in.")
        host = self.address.partition(" ")[2]
        return About(identity=self.address, name=host, currency=code, server_time=reply.at)

    def close(self) -> None:
        self.site.http.close()

    def called(self, call: str, records: Sequence[Any], most: int) -> None:
        """Errors: BatchRefused for more than fit into one call."""
        if len(records) > most:
            raise BatchRefused(f"{call} takes at most {most} records, not {len(records)}; nothing was done.")

"""Connectors by name, loaded only when one is used. A connector turns a vendor's words into ours and back."""

from collections.abc import Mapping
from importlib import import_module
from typing import cast

from syncctl.connectors.base import BackOffice, WebStore
from syncctl.connectors.patience import Patience
from syncctl.connectors.tokens import Tokens
from syncctl.errors import ConfigError
from syncctl.settings import BackOfficeSettings, Settings, StoreSettings

WEB_STORES = {
    "sandbox": "syncctl.connectors.sandbox.store:SandboxStore",
    "woocommerce": "syncctl.connectors.woocommerce.store:WooCommerceStore",
    "shopify": "syncctl.connectors.shopify.store:ShopifyStore",
}
BACK_OFFICES = {
    "sandbox": "syncctl.connectors.sandbox.books:SandboxBooks",
    "tryton": "syncctl.connectors.tryton.books:TrytonBooks",
}


def open_store(
    name: str, settings: StoreSettings, patience: Patience | None = None, tokens: Tokens | None = None
) -> WebStore:
    """The web store configured as `name`. Nothing is contacted yet.

    What it waits for goes through `patience`; access tokens that it is given are kept in `tokens`.
    """
    return cast(WebStore, _load(WEB_STORES, settings.connector)(name, settings, patience, tokens))


def open_back_office(
    settings: BackOfficeSettings, patience: Patience | None = None, tokens: Tokens | None = None
) -> BackOffice:
    """The back office. Nothing is contacted yet; `patience` and `tokens` as for a store."""
    return cast(BackOffice, _load(BACK_OFFICES, settings.connector)("back-office", settings, patience, tokens))


def check_locations(settings: Settings, back_office: BackOffice, stores: Mapping[str, WebStore]) -> None:
    """A location that is named where stock is kept by none would be passed over in silence, and so would all levels of
    a store that keeps them by location where none is named. Errors: ConfigError."""
    for name, one in settings.stores.items():
        if settings.stock.enabled and stores[name].abilities.locations and not one.location:
            raise ConfigError(
                f"stores.{name}.location: this store keeps stock by location, and none is named; nothing was contacted",
                hint="`syncctl doctor` lists them. Or write no levels at all: stock.enabled: false.",
            )
    named = [
        f"stores.{name}.location"
        for name, one in settings.stores.items()
        if one.location and not stores[name].abilities.locations
    ]
    if not back_office.abilities.locations:
        named += [f"stores.{name}.sells_from" for name, one in settings.stores.items() if one.sells_from]
        named += [f"stores.{name}.locations" for name, one in settings.stores.items() if one.locations]
        named += ["stock.locations"] if settings.stock.locations else []
    if named:
        raise ConfigError(
            f"{named[0]}: this side keeps no stock by location; nothing was contacted",
            hint=f"Take these lines out: {', '.join(named)}.",
        )


def _load(registry: dict[str, str], connector: str) -> type:
    if connector not in registry:
        raise ConfigError(f"no connector {connector!r}", hint=f"One of: {', '.join(sorted(registry))}.")
    module, _, attribute = registry[connector].partition(":")
    return cast(type, getattr(import_module(module), attribute))

"""Connectors by name, loaded only when one is used. A connector turns a vendor's words into ours and back."""

from importlib import import_module
from typing import cast

from syncctl.connectors.base import BackOffice, WebStore
from syncctl.connectors.patience import Patience
from syncctl.errors import ConfigError
from syncctl.settings import BackOfficeSettings, StoreSettings

WEB_STORES = {
    "sandbox": "syncctl.connectors.sandbox.store:SandboxStore",
    "woocommerce": "syncctl.connectors.woocommerce.store:WooCommerceStore",
}
BACK_OFFICES = {"sandbox": "syncctl.connectors.sandbox.books:SandboxBooks"}


def open_store(name: str, settings: StoreSettings, patience: Patience | None = None) -> WebStore:
    """The web store configured as `name`; what it waits for goes through `patience`. Nothing is contacted yet."""
    return cast(WebStore, _load(WEB_STORES, settings.connector)(name, settings, patience))


def open_back_office(settings: BackOfficeSettings, patience: Patience | None = None) -> BackOffice:
    """The back office; what it waits for goes through `patience`. Nothing is contacted yet."""
    return cast(BackOffice, _load(BACK_OFFICES, settings.connector)("back-office", settings, patience))


def _load(registry: dict[str, str], connector: str) -> type:
    if connector not in registry:
        raise ConfigError(f"no connector {connector!r}", hint=f"One of: {', '.join(sorted(registry))}.")
    module, _, attribute = registry[connector].partition(":")
    return cast(type, getattr(import_module(module), attribute))

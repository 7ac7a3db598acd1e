"""The README's tables of systems: what each can do, asked of connectors that are made, never contacted."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from pydantic import TypeAdapter

from syncctl.connectors import BACK_OFFICES, WEB_STORES, open_back_office, open_store
from syncctl.connectors.base import BackOfficeAbilities, StockWrite, StoreAbilities
from syncctl.settings import BackOfficeSettings, StoreSettings

Abilities = TypeVar("Abilities")

BEGIN, END = "<!-- systems: python tests/test_docs.py -->", "<!-- end of systems -->"
TITLES = {"sandbox": "the sandbox", "woocommerce": "WooCommerce 7 to 11", "shopify": "Shopify", "tryton": "Tryton 8.2"}
_WOO = {"connector": "woocommerce", "url": "https://shop.example", "consumer_key": "ck_1", "consumer_secret": "cs_1"}
_SHOPIFY = {"connector": "shopify", "url": "https://example.myshopify.com", "access_token": "shpat_1"}
_SHOP, _BOOKS = {"connector": "sandbox", "path": "shop.db"}, {"connector": "sandbox", "path": "books.db"}
_TRYTON = {
    "connector": "tryton",
    "url": "https://tryton.example",
    "database": "retail",
    "user": "syncctl",
    "password": "1",
    "web_shop": "store",
}
# Of each system, settings that change what it can do; the first is as it comes.
STORES: dict[str, list[dict[str, Any]]] = {
    "sandbox": [_SHOP, {**_SHOP, "invites": "none", "consent_channels": []}],
    "woocommerce": [_WOO, {**_WOO, "group_by": "meta", "group_key": "group", "groups": ["Trade"]}],
    "shopify": [
        _SHOPIFY,
        {**_SHOPIFY, "group_prefix": "group:", "customer_accounts": "legacy", "all_orders": True},
        {**_SHOPIFY, "customer_data": False},
    ],
}
OFFICES: dict[str, list[dict[str, Any]]] = {
    "sandbox": [
        _BOOKS,
        {**_BOOKS, "stock_falls_on": "shipment", "answers": "later", "amend": [], "consent_channels": []},
    ],
    "tryton": [_TRYTON, {**_TRYTON, "stock_falls_on": "shipment"}],
}
_WAYS = {
    StockWrite.COMPARE_AND_SET: "comparing and setting",
    StockWrite.RELATIVE: "a difference",
    StockWrite.ABSOLUTE: "setting",
}


def tables() -> str:
    """Both tables, as they stand in README.md between their marks."""
    stores = {kind: [_store(one) for one in STORES[kind]] for kind in WEB_STORES}
    offices = {kind: [_office(one) for one in OFFICES[kind]] for kind in BACK_OFFICES}
    return "\n\n".join(
        [BEGIN, _table("web store", _STORE_COLUMNS, stores), _table("back office", _OFFICE_COLUMNS, offices), END]
    )


def _store(given: dict[str, Any]) -> StoreAbilities:
    return open_store("shop", TypeAdapter(StoreSettings).validate_python(given)).abilities


def _office(given: dict[str, Any]) -> BackOfficeAbilities:
    return open_back_office(TypeAdapter(BackOfficeSettings).validate_python(given)).abilities


def _table(title: str, columns: dict[str, Callable[[Abilities], str]], systems: dict[str, list[Abilities]]) -> str:
    lines = [[title, *columns], ["---"] * (len(columns) + 1)]
    for kind, variants in systems.items():
        lines.append([TITLES[kind], *(_cell([column(one) for one in variants]) for column in columns.values())])
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _cell(found: list[str]) -> str:
    """What holds for all settings, or that a setting decides."""
    return found[0] if len(set(found)) == 1 else f"{found[0]}; by setting"


def _yes(flag: bool) -> str:
    return "yes" if flag else "no"


def _listed(words: Sequence[str] | frozenset[str]) -> str:
    return ", ".join(sorted(words)) or "no"


def _groups(abilities: StoreAbilities) -> str:
    return "no" if not abilities.groups else "yes" if abilities.makes_groups else "those that the settings name"


_STORE_COLUMNS: dict[str, Callable[[StoreAbilities], str]] = {
    "a level is written by": lambda one: _WAYS[one.stock_write],
    "levels, prices, shipments, customers in one call": lambda one: ", ".join(
        str(each) for each in (one.level_batch, one.price_batch, one.fulfilment_batch, one.customer_batch)
    ),
    "a price goes with its level": lambda one: _yes(one.priced_levels),
    "tells which levels changed": lambda one: _yes(one.listing_changes),
    "has locations": lambda one: _yes(one.locations),
    "keeps of a customer": lambda one: _listed(one.customer_fields),
    "finds a customer by": lambda one: _listed(one.customer_search),
    "tells which customers changed": lambda one: _yes(one.customer_changes),
    "customer groups": _groups,
    "consent": lambda one: _listed(one.consent_channels),
    "invitations": lambda one: _yes(bool(one.invites)),
    "oldest order that is seen": lambda one: (
        "any" if one.order_horizon_days is None else f"{one.order_horizon_days} days"
    ),
}
_OFFICE_COLUMNS: dict[str, Callable[[BackOfficeAbilities], str]] = {
    "documents": lambda one: _listed([str(kind) for kind in one.kinds]),
    "in one call": lambda one: str(one.document_batch),
    "its stock falls on": lambda one: one.stock_falls_on,
    "answers": lambda one: "later" if one.answers_later else "at once",
    "a booked sale is changed by": lambda one: _listed(one.amend),
    "makes items": lambda one: _yes(one.creates_variants),
    "has locations": lambda one: _yes(one.locations),
    "keeps of a customer": lambda one: _listed(one.customer_fields),
    "customer groups": lambda one: _yes(one.groups),
    "consent": lambda one: _listed(one.consent_channels),
}

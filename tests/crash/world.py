"""The scenario: a shop and a back office that are in step, and then a busy day on both sides that one cycle must carry.

Everything is a folder, so that each point of a crash begins from the very same bytes.
"""

import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import syncctl.connectors.sandbox.walk
import syncctl.cycle
from syncctl.connectors.base import BackOffice, WebStore
from syncctl.connectors.sandbox.bodies import NewLine
from syncctl.connectors.sandbox.books import SandboxBooks
from syncctl.connectors.sandbox.office import Office
from syncctl.connectors.sandbox.shop import Shop
from syncctl.connectors.sandbox.store import SandboxStore
from syncctl.cycle import STEPS, run_cycle
from syncctl.model import Address, Consent, CustomerKey, DocumentKind, Report
from syncctl.settings import SandboxBooksSettings, SandboxStoreSettings, Settings, StoreSettings

HUB, SHOP, BOOKS = "hub.db", "shop.db", "books.db"
CATALOG = {  # SKU -> price, units
    "MUG": ("8.50", 40),
    "TEAPOT": ("24.00", 12),
    "LANTERN": ("14.25", 30),
    "CANDLE": ("9.75", 48),
    "TRAY": ("32.95", 8),
    "BUNTING": ("11.00", 60),
    "SPOON": ("4.00", 20),  # no order touches it
}
GUEST = {"name": "Gus Guest", "emails": ["gus@example.com"]}
ADDRESS = Address(name="Ada Byron", street="12 Mill Lane", city="Leeds", country="GB")
BATCH = 4  # records in a page or a batch: small, so that one cycle has several of each

amend = ("amend",)  # how the back office lets a booked sale be changed; another way: a driver's own choice
store_tells_changes = True  # whether the store lists changed levels and prices; False: a driver's own choice
Wrap = Callable[[WebStore | BackOffice], WebStore | BackOffice]


def settings_for(folder: Path, stock_falls_on: str) -> Settings:
    return Settings.model_validate(
        {
            "back_office": {
                "connector": "sandbox",
                "path": folder / BOOKS,
                "stock_falls_on": stock_falls_on,
                "amend": amend,
            },
            "stores": {"shop": {"connector": "sandbox", "path": folder / SHOP}},
            "orders": {"book_from": "2010-01-01"},
            "customers": {"send_invite": True},
            "safety": {"settle": "0s"},
            "hub": {"path": folder / HUB},
        }
    )


def as_is(connector: WebStore | BackOffice) -> WebStore | BackOffice:
    return connector


def connect(wrap: Wrap = as_is) -> None:
    """Let every cycle of this process run between sandboxes that read and write a few records at a time.

    Without overlap: it would bring a page that was lost back, for ten minutes.
    """
    syncctl.connectors.sandbox.walk.OVERLAP_SECONDS = 0

    def open_store(name: str, settings: StoreSettings, *_rest: object) -> WebStore:
        assert isinstance(settings, SandboxStoreSettings)
        store = SandboxStore(name, settings)
        store.page_size = BATCH
        store.abilities = replace(
            store.abilities,
            level_batch=BATCH,
            price_batch=BATCH,
            fulfilment_batch=2,
            order_batch=2 * BATCH,
            listing_changes=store_tells_changes,
        )
        return wrap(store)  # type: ignore[return-value]

    def open_back_office(settings: SandboxBooksSettings, *_rest: object) -> BackOffice:
        office = SandboxBooks("back-office", settings)
        office.page_size = BATCH  # type: ignore[misc]
        office.abilities = replace(office.abilities, document_batch=BATCH, look_up_batch=2 * BATCH)
        return wrap(office)  # type: ignore[return-value]

    syncctl.cycle.open_store = open_store  # type: ignore[assignment]
    syncctl.cycle.open_back_office = open_back_office  # type: ignore[assignment]


def cycle(folder: Path, stock_falls_on: str, wrap: Wrap = as_is) -> Report:
    """All four steps, once."""
    connect(wrap)
    return run_cycle(settings_for(folder, stock_falls_on), command="sync-all", steps=STEPS)


def open_sides(folder: Path, stock_falls_on: str) -> tuple[Shop, Office]:
    return Shop(folder / SHOP, demo=False), Office(folder / BOOKS, demo=False, stock_falls_on=stock_falls_on)


def begin(folder: Path, stock_falls_on: str) -> None:
    """Both sides with a small past, before syncctl was ever run."""
    shop, office = open_sides(folder, stock_falls_on)
    with closing(shop), closing(office):
        _name(shop.connection, "crash-shop")
        _name(office.connection, "crash-office")
        office.add_groups(["Trade"])
        for sku, (price, units) in CATALOG.items():
            shop.add_listing(sku, f"A {sku.lower()}", price, units)
            office.add_item(sku, f"A {sku.lower()}", price, units)
        office.add_item("PAIR", "Two spoons", "7.00", None)
        office.make_kit("PAIR", {"SPOON": 2})  # no shop lists it
        office.upsert_customer(name="Carl Known", emails=("carl@example.com",))
        office.upsert_customer(name="Dora Counter", emails=("dora@example.com",), group="Trade")
        yes = Consent(channel="email", state="subscribed", source="checkout")
        ada = shop.upsert_customer(name="Ada Byron", emails=("ada@example.com",), addresses=(ADDRESS,), consents=(yes,))
        carl = shop.upsert_customer(name="Carl Known", emails=("carl@example.com",))
        place = shop.place_order
        place([("MUG", 2), ("CANDLE", 1)], customer=ada, order_id="edited")
        place([("MUG", 1), ("TEAPOT", 1)], customer=ada, charges={"shipping": "4.95"}, order_id="cancelled")
        place([("LANTERN", 3)], customer=carl, order_id="restocked")
        place([("CANDLE", 3), ("LANTERN", 2)], customer=ada, order_id="written-off")
        place([("TEAPOT", 2)], customer=carl, order_id="shipped")
        place([("LANTERN", 2)], customer=ada, order_id="two-parcels")
        place([("TRAY", 1)], customer=GUEST, financial_status="pending", order_id="paid-late")
        place([("TRAY", 2)], customer=ada, financial_status="pending", order_id="edited-unbooked")
        place([("BUNTING", 4)], customer=ada, financial_status="pending", order_id="cancelled-unbooked")


def _name(connection: sqlite3.Connection, identity: str) -> None:
    """The same name in every process: references are made of it."""
    connection.execute("UPDATE meta SET value = ? WHERE key = 'identity'", [identity])


def go_on(folder: Path, stock_falls_on: str, *, next_day: bool) -> None:
    """What happens on both sides before the cycle that is disturbed. `next_day`: its daily work is due as well."""
    shop, office = open_sides(folder, stock_falls_on)
    with closing(shop), closing(office):
        _trade_online(shop)
        _trade_at_the_counter(office, _references(office))
        _meet_at_the_counter(office)
    if next_day:
        with closing(sqlite3.connect(folder / HUB)) as hub, hub:
            long_ago = "2020-01-01T00:00:00.000Z"
            hub.execute("UPDATE state SET value = ? WHERE key = 'checked_at'", [long_ago])
            hub.execute("UPDATE cursor SET moved_at = ? WHERE stream NOT IN ('orders', 'shipments')", [long_ago])


def _trade_online(shop: Shop) -> None:
    ada, carl = shop.customers()
    lines = {order: [line["id"] for line in shop.order(order)["lines"]] for order in shop.order_ids()}
    shop.edit_order("edited", {lines["edited"][0]: 1})
    shop.cancel_order("cancelled", refund=False)
    shop.refund("restocked", {lines["restocked"][0]: 1}, restock=True)
    shop.refund("written-off", {lines["written-off"][0]: 2}, restock=False)
    shop.pay("paid-late")
    shop.edit_order("edited-unbooked", {lines["edited-unbooked"][0]: 1}, add=[("MUG", 1)])
    shop.pay("edited-unbooked")
    shop.cancel_order("cancelled-unbooked")
    shop.upsert_customer(ada["id"], phones=("+447700900123",), addresses=(replace(ADDRESS, street="9 High Street"),))
    no = Consent(channel="email", state="unsubscribed", source="checkout")
    bea = shop.upsert_customer(name="Bea New", consents=(no,))  # nothing but our reference finds her again
    place = shop.place_order
    place([("MUG", 3), ("MUG", 1)], customer=ada["id"], charges={"discount": "-1.00"}, order_id="new")
    place([NewLine(sku="BUNTING", quantity=2, tax="4.40"), ("CANDLE", 1)], customer=bea, order_id="new-buyer")
    place([("TRAY", 1)], customer={"name": "Greta", "emails": ["greta@example.com"]}, order_id="new-guest")
    place([NewLine(sku="NOWHERE", price="5.00", title="Nobody knows")], customer=carl["id"], order_id="unknown-sku")
    place([("BUNTING", 5)], customer=ada["id"], order_id="come-and-gone")
    shop.cancel_order("come-and-gone")


def _meet_at_the_counter(office: Office) -> None:
    """A known customer says more of himself, and another one is to be on the web from now on."""
    [carl] = [one for found in office.search_customers([CustomerKey(email="carl@example.com")]) for one in found]
    office.upsert_customer(carl.id, company="Known & Sons")


def assign(folder: Path, name: str = "Dora Counter") -> None:
    """What `customers assign` does. It is known to the hub alone, so that one from before has lost it."""
    with closing(sqlite3.connect(folder / HUB)) as hub, hub:
        hub.execute(
            "INSERT OR IGNORE INTO upload (party, customer_id, why, since) "
            "SELECT 'shop', id, 'assigned', '2026-01-01T00:00:00.000Z' FROM customer WHERE name = ?",
            [name],
        )


def _references(office: Office) -> Mapping[str, str]:
    posted = [one.document for one in office.documents()]
    return {document.number: document.reference for document in posted if document.kind == DocumentKind.SALE}


def _trade_at_the_counter(office: Office, references: Mapping[str, str]) -> None:
    office.sell("CANDLE", 4)
    office.sell("SPOON", 3)
    office.receive("TEAPOT", 5)
    office.set_price("LANTERN", "15.00")
    office.ship(references["#shipped"], tracking_number="TRACK-1", carrier="Royal Mail")
    for _ in range(2):  # twins: only their number tells them apart
        [line] = next(office.documents(references["#two-parcels"])).document.lines
        office.ship(references["#two-parcels"], {line.line_id: 1})


def turn_back(folder: Path, stock_falls_on: str) -> None:
    """Levels and prices of the back office return to what they were: who remembers an old `shown` writes nothing."""
    shop, office = open_sides(folder, stock_falls_on)
    with closing(shop), closing(office):
        office.receive("CANDLE", 4)
        office.receive("SPOON", 3)
        office.sell("TEAPOT", 5)
        office.set_price("LANTERN", "14.25")

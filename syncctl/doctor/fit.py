"""What the settings ask of each side, against what it can do. Asks abilities, never names; contacts nobody."""

from collections.abc import Iterator, Mapping
from datetime import timedelta

from syncctl import times
from syncctl.connectors.base import BackOffice, StockWrite, WebStore
from syncctl.doctor.rules import keeps_some_back
from syncctl.model import Finding
from syncctl.settings import Settings

_GRADES = {
    StockWrite.COMPARE_AND_SET: "levels are compared as they are set: an order in between is never written over",
    StockWrite.RELATIVE: "levels are changed by a difference: an order in between is never written over",
    StockWrite.ABSOLUTE: "levels can only be set, not compared: an order or a hand edit between the last look and the"
    " write is written over, and put right by the next cycle",
}


def look_at_fit(settings: Settings, back_office: BackOffice, stores: Mapping[str, WebStore]) -> Iterator[Finding]:
    """Every ability that the settings call for and a side lacks, and how safely each store takes levels."""
    for name, store in stores.items():
        if settings.stock.enabled:
            yield _stock(settings, name, store)
        yield from _orders(settings, name, store)
        if settings.customers.enabled:
            yield from _customers_in(settings, name, store)
            yield from _customers_out(settings, name, store)
    yield from _books(settings, back_office)


def _stock(settings: Settings, name: str, store: WebStore) -> Finding:
    way = store.abilities.stock_write
    if way is StockWrite.ABSOLUTE and not keeps_some_back(settings):
        return _warn(name, _GRADES[way], "Cover that moment: stock.safety_stock: 1, or more for what sells fast.")
    covered = "; stock.safety_stock covers that moment" if way is StockWrite.ABSOLUTE else ""
    return Finding(level="ok", subject=name, text=_GRADES[way] + covered)


def _orders(settings: Settings, name: str, store: WebStore) -> Iterator[Finding]:
    days = store.abilities.order_horizon_days
    if days is not None and settings.orders.history_from < times.now() - timedelta(days=days):
        fix = "Set orders.book_from, or orders.import_from, to a later moment, or widen the rights of the key."
        yield _warn(name, f"orders older than {days} days cannot be seen there", fix)


def _customers_in(settings: Settings, name: str, store: WebStore) -> Iterator[Finding]:
    wants_changes = settings.customers.web_to_back_office and settings.customers.trigger == "any"
    if wants_changes and not store.abilities.customer_changes:
        text = "it does not tell which customers changed: changes are seen with an order, or when all are read anew"
        yield _warn(name, text, f"How often all are read anew, stores.{name}.customers_pass says.")
    elif not store.abilities.customer_departures:
        yield _ok(
            name, "it does not tell who was deleted or merged: that shows when something of theirs is to be written"
        )
    if not store.abilities.consent_channels:
        yield _ok(name, "it keeps no answers about marketing: none is read there and none is sent")
    if not store.abilities.groups:
        yield _ok(name, "no customer's group is sent there, as it is set up")


def _customers_out(settings: Settings, name: str, store: WebStore) -> Iterator[Finding]:
    abilities, customers = store.abilities, settings.customers
    if not customers.back_office_to_web:
        return
    if not abilities.customer_batch:
        yield _warn(name, "customers cannot be written there", "Set customers.back_office_to_web: false.")
    if customers.send_invite and not abilities.invites:
        text = "customers.send_invite is on, but not applicable: this store cannot invite anybody, as it is set up"
        yield _warn(name, text, "Set customers.send_invite: false.")


def _books(settings: Settings, back_office: BackOffice) -> Iterator[Finding]:
    abilities, orders = back_office.abilities, settings.orders
    if orders.unknown_sku == "create" and not abilities.creates_variants:
        yield _warn("back-office", "it cannot make items: orders.unknown_sku: create holds them instead")
    if orders.edited == "amend" and not abilities.amend:
        yield _ok("back-office", "booked sales cannot be changed there: an order that is edited later is held for you")
    if not abilities.look_up:
        text = "it cannot be asked whether it has a document: after a lost reply or a restore a person must say"
        yield _warn("back-office", text)


def _ok(subject: str, text: str) -> Finding:
    return Finding(level="ok", subject=subject, text=text)


def _warn(subject: str, text: str, fix: str = "") -> Finding:
    return Finding(level="warn", subject=subject, text=text, fix=fix)

"""Step 4: what differs out to one web store: levels, prices, shipments. Equal is not written, unknown is read first."""

import json
from dataclasses import replace

from syncctl import times
from syncctl.connectors.base import WebStore
from syncctl.errors import SafetyStop
from syncctl.hub.holds import Hold
from syncctl.rules.guards import strange_listing
from syncctl.rules.prices import shown_price
from syncctl.steps.confirm import confirm
from syncctl.steps.lost_levels import recall_levels
from syncctl.steps.publish_levels import publish_levels
from syncctl.steps.publish_prices import publish_prices
from syncctl.steps.push_customers import push_customers
from syncctl.steps.run import Counts, Run
from syncctl.steps.show_shipments import show_shipments


def push_data(run: Run, name: str) -> Counts:
    """Write what differs to one store; what must not be written, and why, is counted."""
    store = run.stores[name]
    confirm(run, name, store)
    counts = _read_listings(run, name, store)
    _want_again_if_set_otherwise(run)
    products = run.settings.products
    prices = products.enabled and products.push_prices and _may_go_out(run, ready=run.prices_ready)
    if run.settings.stock.enabled and _stock_is_good(run, counts) and _locations_are_known(run, name, counts):
        counts += publish_levels(run, name, store, prices=prices)
    if prices:
        counts += publish_prices(run, name, store)
    counts += show_shipments(run, name, store)
    counts += push_customers(run, name)  # last: where customers cannot be written, levels and prices are
    return counts


def _read_listings(run: Run, name: str, store: WebStore) -> Counts:
    """What the store lists, with the levels and prices it shows: what changed, and once in `stock.verify` all."""
    counts = Counts()
    run.hub.catalog.edited_by_hand = 0
    last = run.hub.cursors.moved_at(name, "verify")
    whole = times.is_due(last, run.settings.stock.verify)
    cursor = None if whole else run.hub.cursors.get(name, "listings")
    if not whole and not store.abilities.listing_changes:
        return counts
    currency = run.hub.parties.currency(name) or ""
    run.hub.catalog.begin_listings()
    read = 0
    for page in store.fetch_listings(cursor):
        wants = run.hub.catalog.wanted_prices(name, [one.id for one in page.records])
        listings = [
            replace(one, price=shown_price(one.price, wants.get(one.id), currency)) if one.price else one
            for one in page.records
        ]
        with run.hub.transaction():
            counts["listings changed"] += run.hub.catalog.record_listings(
                name, listings, run.settings.products.price_list
            )
            recall_levels(run, name, {one.id: one.quantity for one in listings})
            run.hub.journal.supersede(name, "price.set", [one.id for one in listings])
            run.hub.cursors.put(name, "listings", page.cursor)
        read += len(listings)
        run.progress(f"{name}: {read} listings read")
        run.checkpoint()
    counts["edited by hand"] += run.hub.catalog.edited_by_hand
    if whole:
        _stop_if_it_shrank(run, name)
        with run.hub.transaction():
            counts["listings gone"] += run.hub.catalog.remove_unlisted(name)
            run.hub.cursors.put(name, "verify", None)
    return counts


def _stop_if_it_shrank(run: Run, name: str) -> None:
    """A store that suddenly lists little is not believed: what it does not list would get no levels any more."""
    had, gone = run.hub.catalog.unlisted(name)
    problem = strange_listing(had, gone, run.settings.safety, run.allow_shrink)
    if problem:
        raise SafetyStop(f"{name}: {problem}", hint=f"If it is right: syncctl sync-all --allow-shrink {gone}")


def _want_again_if_set_otherwise(run: Run) -> None:
    """A changed safety stock, choice of locations or price list changes what every listing should show."""
    settings = run.settings
    stock, products = settings.stock, settings.products
    falls_on = run.back_office.abilities.stock_falls_on
    deciding = {"safety_stock", "safety_stock_by_type", "safety_stock_by_sku"}
    fed = {name: (settings.feeding(name), settings.leaving_from(name)) for name in settings.stores}
    under = json.dumps([stock.model_dump_json(include=deciding), fed, falls_on, products.price_list])
    if run.hub.state("wants_under") != under:
        with run.hub.transaction():
            run.hub.catalog.want_again(products.price_list)
            run.hub.set_state("wants_under", under)


def _stock_is_good(run: Run, counts: Counts) -> bool:
    """Whether the last reading may be published: taken in this run, or young enough if none was tried."""
    reading = run.hub.stock.reading()
    if reading is None or not _may_go_out(run, ready=run.stock_ready):
        return False
    if times.now() - reading.source_time > run.settings.stock.max_age:
        counts["stock too old"] += 1
        return False
    return True


def _locations_are_known(run: Run, name: str, counts: Counts) -> bool:
    """A location that no full reading has is written wrong, or is gone: what feeds the store is not known then."""
    record = f"{name}/locations"
    missing = run.hub.locations.missing(run.settings.feeding(name))
    if missing:
        text = (
            f"the back office's stock reading has no location {', '.join(map(repr, missing))}, which the settings name "
            f"for {name}; no levels were written there: change stores.{name}.locations or stock.locations"
        )
        hold = Hold(party=name, kind="stock", record=record, reason="unknown location", message=text)
        counts["newly held"] += run.hub.holds.put(hold)
    else:
        run.hub.holds.clear("stock", [record])
    return not missing


def _may_go_out(run: Run, *, ready: bool | None) -> bool:
    """Whether what was read last may be written out; where step 3 is no part of this run, as its last run ended."""
    return run.hub.runs.last_state("pull-data") != "failed" if ready is None else ready

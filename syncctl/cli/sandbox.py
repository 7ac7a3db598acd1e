"""The commands that play the buyer, the counter and the warehouse of a sandbox: the other side of both interfaces."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from functools import partial
from typing import TYPE_CHECKING

import click

from syncctl.cli.app import App, as_text
from syncctl.errors import ConfigError, DataError, MoneyError

if TYPE_CHECKING:  # for the start-up time of --help
    from pathlib import Path

    from syncctl.connectors.sandbox.office import Office
    from syncctl.connectors.sandbox.shop import Shop

STORE = click.option("--store", metavar="NAME", help="Which web store, where there are several.")
RESTOCK = click.option("--restock/--no-restock", default=True, help="Whether the units can be sold again.")
LOCATION = click.option("--location", default="main", show_default=True, help="Where in the back office.")
ORDER_COLUMNS = ("order", "store", "placed", "paid", "shipped", "units", "total", "currency")
DOCUMENT_COLUMNS = ("document", "kind", "date", "reference", "order", "units", "total", "currency")


BOOKS = "back-office"


@click.group("sandbox")
def sandbox() -> None:
    """A web store and a back office in local files, to try things out on."""


@sandbox.command("init", short_help="Make the files, with a small catalog.")
@click.option("--force", is_flag=True, help="Throw away what is there and start anew.")
@click.pass_obj
def init(app: App, force: bool) -> None:
    """Make the sandbox's files, with a small catalog; files that exist are left alone."""
    with _refusals():
        for name, path in _paths(app).items():
            state = _init(partial(_open_office, app) if name == BOOKS else partial(_open_shop, app, name), path, force)
            app.say(f"{name}: {path} {state}.")


@sandbox.command("load", short_help="Load a history of orders (CSV, .gz, .xz).")
@click.argument("file", metavar="FILE", type=click.Path(exists=True, dir_okay=False))
@click.option("--opening-stock", type=click.IntRange(0, 10**9), default=0, help="Units of each SKU before the history.")
@STORE
@click.pass_obj
def load(app: App, file: str, opening_stock: int, store: str | None) -> None:
    """Load a history of orders: CSV in the columns of the online-retail data, also as .gz or .xz."""
    from syncctl.connectors.sandbox.load import load_history

    with _refusals(), _shop(app, store) as shop, _office(app) as office:
        report = load_history(file, shop, office, opening_stock=opening_stock)
    kinds = ", ".join(f"{count:,} {kind}" for kind, count in sorted(report.kinds.items()))
    app.say(
        f"Loaded {report.orders:,} orders ({kinds}) with {report.lines:,} lines, {report.skus:,} SKUs"
        f" and {report.customers:,} customers."
    )


@sandbox.command("order", short_help="Buy something in the web store, as a guest.")
@click.argument("items", metavar="SKU[:QTY]...", nargs=-1, required=True)
@click.option("--email", help="The buyer's e-mail address.")
@click.option("--guest-name", metavar="NAME", help="The buyer's name.")
@click.option("--shipping", metavar="AMOUNT", help="What shipping costs.")
@click.option("--discount", metavar="AMOUNT", help="What is taken off the whole order.")
@STORE
@click.pass_obj
def order(
    app: App,
    items: tuple[str, ...],
    email: str | None,
    guest_name: str | None,
    shipping: str | None,
    discount: str | None,
    store: str | None,
) -> None:
    """Buy something in the web store, as a guest."""
    charges = {"shipping": shipping, "discount": f"-{discount}" if discount else None}
    guest = {"name": guest_name or email, "emails": [email] if email else []} if guest_name or email else None
    with _refusals(), _shop(app, store) as shop:
        lines = list(_units(items).items())
        for sku, _ in lines:
            shop.listing(sku)  # a typing error is not to become an order
        number = shop.place_order(
            lines, customer=guest, charges={kind: amount for kind, amount in charges.items() if amount}
        )
    app.say(f"Order {number} was placed.")


@sandbox.command("cancel", short_help="Cancel an order in the web store.")
@click.argument("order_id", metavar="ORDER")
@RESTOCK
@STORE
@click.pass_obj
def cancel(app: App, order_id: str, restock: bool, store: str | None) -> None:
    """Cancel an order; what was paid is given back."""
    number = order_id.removeprefix("#")
    with _refusals(), _shop(app, store) as shop:
        shop.cancel_order(number, restock=restock, refund=bool(shop.order(number)["payments"]))
    app.say(f"Order {number} was cancelled.")


@sandbox.command("refund", short_help="Give money back for an order.")
@click.argument("order_id", metavar="ORDER")
@click.argument("items", metavar="[SKU[:QTY]...]", nargs=-1)
@RESTOCK
@STORE
@click.pass_obj
def refund(app: App, order_id: str, items: tuple[str, ...], restock: bool, store: str | None) -> None:
    """Give money back for some units of an order, or for all that is left of it."""
    number = order_id.removeprefix("#")
    with _refusals(), _shop(app, store) as shop:
        if items:
            lines = _lines_of(shop.order(number)["lines"], _units(items))
            refund_id = shop.refund(number, lines, restock=restock)
        else:
            refund_id = shop.refund_all(number, restock=restock)
    app.say(f"Refund {refund_id} of order {number} was made.")


@sandbox.command("sell", short_help="Sell something at the counter.")
@click.argument("sku")
@click.argument("quantity", metavar="[QTY]", type=int, default=1)
@LOCATION
@click.pass_obj
def sell(app: App, sku: str, quantity: int, location: str) -> None:
    """Sell something at the counter: the back office books it, the web knows nothing."""
    with _refusals(), _office(app) as office:
        number = office.sell(sku, quantity, location=location)
    app.say(f"Sold {quantity} of {sku} at the counter: {number}.")


@sandbox.command("receive", short_help="Put goods on the back office's shelf.")
@click.argument("sku")
@click.argument("quantity", metavar="[QTY]", type=int, default=1)
@LOCATION
@click.pass_obj
def receive(app: App, sku: str, quantity: int, location: str) -> None:
    """Put goods on the back office's shelf."""
    with _refusals(), _office(app) as office:
        office.receive(sku, quantity, location=location)
        left = office.on_hand(sku, location=location)
    app.say(f"Received {quantity} of {sku}: {left} on hand.")


@sandbox.command("kit", short_help="Sell some items together under one SKU.")
@click.argument("sku")
@click.argument("items", metavar="COMPONENT[:QTY]...", nargs=-1, required=True)
@click.option("--price", metavar="AMOUNT", default="0", help="What it costs, where it is new.")
@click.pass_obj
def kit(app: App, sku: str, items: tuple[str, ...], price: str) -> None:
    """Sell some items together: the back office takes the stock of a kit from its components.

    Where the kit is new, the back office gets an item for it, and each sandbox store a listing.
    """
    with _refusals(), _office(app) as office:
        if not office.variants([sku]):
            office.add_item(sku, sku, price, None)
        office.make_kit(sku, _units(items))
        for name in _paths(app):
            if name != BOOKS:
                with _shop(app, name) as shop:
                    if sku not in {listing.sku for listing in shop.listings()}:
                        shop.add_listing(sku, sku, price, 0)
    app.say(f"{sku} is a kit of {', '.join(items)}.")


@sandbox.command("ship", short_help="Ship a sale in the back office.")
@click.argument("which", metavar="ORDER", callback=as_text)
@click.option("--tracking", metavar="NUMBER", default="", help="The tracking number.")
@click.option("--carrier", default="", help="Who carries it.")
@click.pass_obj
def ship(app: App, which: str, tracking: str, carrier: str) -> None:
    """Ship what is left of a sale in the back office, named by order number or reference."""
    with _refusals(), _office(app) as office:
        number = office.ship(which, tracking_number=tracking, carrier=carrier)
    app.say(f"Shipment {number} left.")


@sandbox.command("show", short_help="Show levels, orders and documents.")
@click.option("--limit", type=click.IntRange(1, 1_000_000), default=20, help="How many of each at most.")
@click.option(
    "--format", "output_format", type=click.Choice(["table", "json"]), default="table", help="How to print it."
)
@click.pass_obj
def show(app: App, limit: int, output_format: str) -> None:
    """Show the levels on both sides, the last orders and the last documents."""
    with _refusals():
        stores = {name: path for name, path in _paths(app).items() if name != BOOKS}
        levels = list(_levels(app, list(stores), limit))
        orders = [row for name in stores for row in _orders(app, name, limit)]
        documents = _documents(app, limit)
    parts = (
        ("levels", ("sku", "back office", *stores), levels),
        ("orders", ORDER_COLUMNS, orders),
        ("documents", DOCUMENT_COLUMNS, documents),
    )
    if output_format == "json":
        app.show_json({name: [dict(zip(columns, row, strict=True)) for row in rows] for name, columns, rows in parts})
        return
    for number, (name, columns, rows) in enumerate(parts):
        if number:
            app.show_line()
        app.show_line(name.capitalize())
        app.show_rows(columns, rows)


def _init(open_file: Callable[[], "Office | Shop"], path: "Path", force: bool) -> str:
    had_file = path.exists() and path.stat().st_size > 0
    open_file().close()  # refuses a file that is no sandbox, before anything is thrown away
    if had_file and not force:
        return "was left as it is"
    if had_file:
        for suffix in ("", "-wal", "-shm"):
            path.with_name(path.name + suffix).unlink(missing_ok=True)
        open_file().close()
    return "is ready"


@contextmanager
def _refusals() -> Iterator[None]:
    """What the sandbox refuses was asked for on the command line."""
    try:
        yield
    except (DataError, MoneyError) as error:
        raise ConfigError(str(error), hint=error.hint or "See what is there: syncctl sandbox show") from error


def _paths(app: App) -> dict[str, "Path"]:
    """The sandbox's files by name; other connectors are none of our business. Errors: ConfigError if there are none."""
    from syncctl.settings import SandboxBooksSettings, SandboxStoreSettings

    parties = {BOOKS: app.settings.back_office, **app.settings.stores}
    sandboxes = (SandboxBooksSettings, SandboxStoreSettings)
    found = {name: party.path for name, party in parties.items() if isinstance(party, sandboxes)}
    if not found:
        raise ConfigError("nothing in the configuration is a sandbox", hint="Set connector: sandbox for a party.")
    return found


def _open_office(app: App) -> "Office":
    from syncctl.connectors.sandbox.office import Office

    books = app.settings.back_office
    return Office(books.path, stock_falls_on=books.stock_falls_on, answers=books.answers)


def _open_shop(app: App, name: str) -> "Shop":
    from syncctl.connectors.sandbox.shop import Shop

    return Shop(app.settings.stores[name].path)


@contextmanager
def _office(app: App) -> Iterator["Office"]:
    if BOOKS not in _paths(app):
        raise ConfigError("the back office is no sandbox", hint="Set back_office.connector: sandbox.")
    with closing(_open_office(app)) as office:
        yield office


@contextmanager
def _shop(app: App, store: str | None) -> Iterator["Shop"]:
    names = [name for name in _paths(app) if name != BOOKS]
    if store is not None:
        app.check_stores([store])
    name = store or (names[0] if len(names) == 1 else None)
    if name is None or name not in names:
        what = f"the store {store!r} is no sandbox" if store else f"there are {len(names)} sandbox stores"
        raise ConfigError(what, hint=f"Give --store with one of: {', '.join(names)}." if names else "")
    with closing(_open_shop(app, name)) as shop:
        yield shop


def _units(items: Sequence[str]) -> dict[str, int]:
    """Units by SKU from `SKU` or `SKU:QTY`; a SKU may itself have a colon."""
    units: dict[str, int] = {}
    for item in items:
        sku, colon, number = item.rpartition(":")
        if not (colon and number.isascii() and number.isdigit()):
            sku, number = item, "1"
        if not sku or not 0 < int(number[:10]) <= 10**6:
            raise ConfigError(f"{item[:60]!r} is no item", hint="Write SKU or SKU:QTY, at least 1.")
        units[sku] = units.get(sku, 0) + int(number[:10])
    return units


def _lines_of(lines: Sequence[Mapping[str, object]], units: Mapping[str, int]) -> dict[str, int]:
    """Units by line id; a SKU that stands on several lines is taken from the first ones."""
    left, chosen = dict(units), dict[str, int]()
    for line in lines:
        sku, quantity = str(line["sku"]), int(str(line["quantity"]))
        if taken := min(left.get(sku, 0), quantity):
            chosen[str(line["id"])] = taken
            left[sku] -= taken
    if missing := [sku for sku, count in left.items() if count]:
        raise ConfigError(f"the order has not so many units of {missing[0][:60]!r}")
    return chosen


def _levels(app: App, stores: Sequence[str], limit: int) -> Iterator[tuple[object, ...]]:
    levels: dict[str, dict[str, int | None]] = {}
    if BOOKS in _paths(app):
        with _office(app) as office:
            for sku, _, on_hand in office.levels():
                row = levels.setdefault(sku, {})
                row[""] = (row.get("") or 0) + on_hand
    for name in stores:
        with _shop(app, name) as shop:
            for listing in shop.listings():
                levels.setdefault(listing.sku, {})[name] = listing.quantity
    for sku in sorted(levels)[:limit]:
        yield (sku, levels[sku].get(""), *(levels[sku].get(name) for name in stores))


def _orders(app: App, store: str, limit: int) -> list[tuple[object, ...]]:
    with _shop(app, store) as shop:
        return [(number, store, *shop.facts(number)) for number in shop.order_ids()[-limit:]]


def _documents(app: App, limit: int) -> list[tuple[object, ...]]:
    if BOOKS not in _paths(app):
        return []
    with _office(app) as office:
        posted = office.last_documents(limit)
    return [
        (
            one.number,
            str(one.document.kind),
            one.document.dated_on.isoformat(),
            one.document.reference,
            one.document.number,
            sum(line.quantity for line in one.document.lines),
            one.total,
            one.document.currency,
        )
        for one in posted
    ]

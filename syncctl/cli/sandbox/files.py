"""The sandbox's files as a whole: made, loaded with a history, and shown."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING

import click

from syncctl.cli.app import App
from syncctl.cli.sandbox.sides import (
    BOOKS,
    FORMAT,
    STORE,
    open_office,
    open_shop,
    paths,
    refusals,
    the_office,
    the_shop,
)

if TYPE_CHECKING:
    from pathlib import Path

    from syncctl.connectors.sandbox.office import Office
    from syncctl.connectors.sandbox.shop import Shop

ORDER_COLUMNS = ("order", "store", "placed", "paid", "shipped", "units", "total", "currency")
DOCUMENT_COLUMNS = ("document", "kind", "date", "reference", "order", "units", "total", "currency")


@click.command("init", short_help="Make the files, with a small catalog.")
@click.option("--force", is_flag=True, help="Throw away what is there and start anew.")
@click.pass_obj
def init(app: App, force: bool) -> None:
    """Make the sandbox's files, with a small catalog; files that exist are left alone."""
    with refusals():
        for name, path in paths(app).items():
            state = _init(partial(open_office, app) if name == BOOKS else partial(open_shop, app, name), path, force)
            app.say(f"{name}: {path} {state}.")


@click.command("load", short_help="Load a history of orders (CSV, .gz, .xz).")
@click.argument("file", metavar="FILE", type=click.Path(exists=True, dir_okay=False))
@click.option("--opening-stock", type=click.IntRange(0, 10**9), default=0, help="Units of each SKU before the history.")
@STORE
@click.pass_obj
def load(app: App, file: str, opening_stock: int, store: str | None) -> None:
    """Load a history of orders: CSV in the columns of the online-retail data, also as .gz or .xz."""
    from syncctl.connectors.sandbox.load import load_history

    with refusals(), the_shop(app, store) as shop, the_office(app) as office:
        report = load_history(file, shop, office, opening_stock=opening_stock)
    kinds = ", ".join(f"{count:,} {kind}" for kind, count in sorted(report.kinds.items()))
    app.say(
        f"Loaded {report.orders:,} orders ({kinds}) with {report.lines:,} lines, {report.skus:,} SKUs"
        f" and {report.customers:,} customers."
    )


@click.command("show", short_help="Show levels, orders and documents.")
@click.option("--limit", type=click.IntRange(1, 1_000_000), default=20, help="How many of each at most.")
@FORMAT
@click.pass_obj
def show(app: App, limit: int, output_format: str) -> None:
    """Show the levels on both sides, the last orders and the last documents."""
    with refusals():
        stores = {name: path for name, path in paths(app).items() if name != BOOKS}
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


def _levels(app: App, stores: Sequence[str], limit: int) -> Iterator[tuple[object, ...]]:
    levels: dict[str, dict[str, int | None]] = {}
    if BOOKS in paths(app):
        with the_office(app) as office:
            for sku, _, on_hand in office.levels():
                row = levels.setdefault(sku, {})
                row[""] = (row.get("") or 0) + on_hand
    for name in stores:
        with the_shop(app, name) as shop:
            for listing in shop.listings():
                levels.setdefault(listing.sku, {})[name] = listing.quantity
    for sku in sorted(levels)[:limit]:
        yield (sku, levels[sku].get(""), *(levels[sku].get(name) for name in stores))


def _orders(app: App, store: str, limit: int) -> list[tuple[object, ...]]:
    with the_shop(app, store) as shop:
        return [(number, store, *shop.facts(number)) for number in shop.order_ids()[-limit:]]


def _documents(app: App, limit: int) -> list[tuple[object, ...]]:
    if BOOKS not in paths(app):
        return []
    with the_office(app) as office:
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

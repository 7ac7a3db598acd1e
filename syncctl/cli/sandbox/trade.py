"""The commands that play the buyer, the counter and the warehouse of a sandbox: the other side of both interfaces."""

from collections.abc import Mapping, Sequence

import click

from syncctl.cli.app import App, as_text
from syncctl.cli.sandbox.sides import BOOKS, STORE, paths, refusals, the_office, the_shop
from syncctl.errors import ConfigError

RESTOCK = click.option("--restock/--no-restock", default=True, help="Whether the units can be sold again.")
LOCATION = click.option("--location", default="main", show_default=True, help="Where in the back office.")


@click.command("order", short_help="Buy something in the web store.")
@click.argument("items", metavar="SKU[:QTY]...", nargs=-1, required=True)
@click.option("--email", help="The buyer's e-mail address.")
@click.option("--guest-name", metavar="NAME", help="The buyer's name.")
@click.option("--customer", metavar="ID", callback=as_text, help="The buyer is this customer of the store.")
@click.option("--shipping", metavar="AMOUNT", help="What shipping costs.")
@click.option("--discount", metavar="AMOUNT", help="What is taken off the whole order.")
@STORE
@click.pass_obj
def order(
    app: App,
    items: tuple[str, ...],
    email: str | None,
    guest_name: str | None,
    customer: str | None,
    shipping: str | None,
    discount: str | None,
    store: str | None,
) -> None:
    """Buy something in the web store, as a guest or as a customer who is known there."""
    if customer and (email or guest_name):
        raise ConfigError("a known customer is no guest", hint="Give --customer, or --email and --guest-name.")
    charges = {"shipping": shipping, "discount": f"-{discount}" if discount else None}
    guest = {"name": guest_name or email, "emails": [email] if email else []} if guest_name or email else None
    with refusals(), the_shop(app, store) as shop:
        lines = list(_units(items).items())
        for sku, _ in lines:
            shop.listing(sku)  # a typing error is not to become an order
        number = shop.place_order(
            lines, customer=customer or guest, charges={kind: amount for kind, amount in charges.items() if amount}
        )
    app.say(f"Order {number} was placed.")


@click.command("cancel", short_help="Cancel an order in the web store.")
@click.argument("order_id", metavar="ORDER")
@RESTOCK
@STORE
@click.pass_obj
def cancel(app: App, order_id: str, restock: bool, store: str | None) -> None:
    """Cancel an order; what was paid is given back."""
    number = order_id.removeprefix("#")
    with refusals(), the_shop(app, store) as shop:
        shop.cancel_order(number, restock=restock, refund=bool(shop.order(number)["payments"]))
    app.say(f"Order {number} was cancelled.")


@click.command("refund", short_help="Give money back for an order.")
@click.argument("order_id", metavar="ORDER")
@click.argument("items", metavar="[SKU[:QTY]...]", nargs=-1)
@RESTOCK
@STORE
@click.pass_obj
def refund(app: App, order_id: str, items: tuple[str, ...], restock: bool, store: str | None) -> None:
    """Give money back for some units of an order, or for all that is left of it."""
    number = order_id.removeprefix("#")
    with refusals(), the_shop(app, store) as shop:
        if items:
            lines = _lines_of(shop.order(number)["lines"], _units(items))
            refund_id = shop.refund(number, lines, restock=restock)
        else:
            refund_id = shop.refund_all(number, restock=restock)
    app.say(f"Refund {refund_id} of order {number} was made.")


@click.command("sell", short_help="Sell something at the counter.")
@click.argument("sku")
@click.argument("quantity", metavar="[QTY]", type=int, default=1)
@LOCATION
@click.pass_obj
def sell(app: App, sku: str, quantity: int, location: str) -> None:
    """Sell something at the counter: the back office books it, the web knows nothing."""
    with refusals(), the_office(app) as office:
        number = office.sell(sku, quantity, location=location)
    app.say(f"Sold {quantity} of {sku} at the counter: {number}.")


@click.command("receive", short_help="Put goods on the back office's shelf.")
@click.argument("sku")
@click.argument("quantity", metavar="[QTY]", type=int, default=1)
@LOCATION
@click.pass_obj
def receive(app: App, sku: str, quantity: int, location: str) -> None:
    """Put goods on the back office's shelf."""
    with refusals(), the_office(app) as office:
        office.receive(sku, quantity, location=location)
        left = office.on_hand(sku, location=location)
    app.say(f"Received {quantity} of {sku}: {left} on hand.")


@click.command("kit", short_help="Sell some items together under one SKU.")
@click.argument("sku")
@click.argument("items", metavar="COMPONENT[:QTY]...", nargs=-1, required=True)
@click.option("--price", metavar="AMOUNT", default="0", help="What it costs, where it is new.")
@click.pass_obj
def kit(app: App, sku: str, items: tuple[str, ...], price: str) -> None:
    """Sell some items together: the back office takes the stock of a kit from its components.

    Where the kit is new, the back office gets an item for it, and each sandbox store a listing.
    """
    with refusals(), the_office(app) as office:
        if not office.variants([sku]):
            office.add_item(sku, sku, price, None)
        office.make_kit(sku, _units(items))
        for name in paths(app):
            if name != BOOKS:
                with the_shop(app, name) as shop:
                    if sku not in {listing.sku for listing in shop.listings()}:
                        shop.add_listing(sku, sku, price, 0)
    app.say(f"{sku} is a kit of {', '.join(items)}.")


@click.command("ship", short_help="Ship a sale in the back office.")
@click.argument("which", metavar="ORDER", callback=as_text)
@click.option("--tracking", metavar="NUMBER", default="", help="The tracking number.")
@click.option("--carrier", default="", help="Who carries it.")
@click.pass_obj
def ship(app: App, which: str, tracking: str, carrier: str) -> None:
    """Ship what is left of a sale in the back office, named by order number or reference."""
    with refusals(), the_office(app) as office:
        number = office.ship(which, tracking_number=tracking, carrier=carrier)
    app.say(f"Shipment {number} left.")


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

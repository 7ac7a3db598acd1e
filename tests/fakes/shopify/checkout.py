"""An order as the checkout makes it: prices, discounts and their shares, taxes, shipping, fees, and what is paid."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from tests.fakes.shopify import money, order_stock
from tests.fakes.shopify.money import Bag
from tests.fakes.shopify.numbered import numbered
from tests.fakes.shopify.order_records import Allocation, Discount, Duty, Fee, Line, Order, ShippingLine, Tax
from tests.fakes.shopify.site import Site


@dataclass(frozen=True)
class Buy:
    """Units of a variant, or of something that is typed in (`variant` None). `price`: of one; None: what it costs.

    `tax` is of the whole line after discounts; `rate` in its place reckons it. `off`: what a discount of its own takes.
    """

    variant: int | None = None
    quantity: int = 1
    price: str | None = None
    tax: str = "0"
    rate: str = ""
    off: str = "0"
    title: str = ""
    sku: str | None = None
    gift_card: bool = False
    location: int | None = None
    duty: str = "0"
    more: dict[str, Any] = field(default_factory=dict)  # fields of `Line`


@dataclass(frozen=True)
class Ship:
    """How it is sent. `tax` or `rate` as of a line."""

    price: str
    tax: str = "0"
    rate: str = ""
    title: str = "Standard"


@dataclass(frozen=True)
class Off:
    """A discount of the whole order, shared over its lines by their worth, or over its shipping."""

    amount: str
    title: str = "TEN"
    target: str = "LINE_ITEM"
    automatic: bool = False


@dataclass(frozen=True)
class Charge:
    """An additional fee."""

    name: str
    price: str
    tax: str = "0"


def add_lines(site: Site, order: Order, wanted: Sequence[Buy], *, added: bool = False) -> list[Line]:
    """Lines for what is bought, with the discounts that are theirs alone; nothing is taxed yet."""
    made = [_line(site, order, buy, added) for buy in wanted]
    for line, buy in zip(made, wanted, strict=True):
        if Decimal(buy.off):
            discount = _discount(order, Off(buy.off, f"OFF-{line.title}"), own=True)
            line.discount_allocations.append(Allocation(order.money.bag(buy.off), discount))
    order.lines += made
    return made


def _line(site: Site, order: Order, buy: Buy, added: bool) -> Line:
    variant = site.variants.get(buy.variant or 0)
    price = buy.price if buy.price is not None else str(variant.price) if variant else "0"
    line = Line(
        numbered(site, order, "LineItem"),
        buy.quantity,
        order.money.bag(price, exact=True),
        buy.title,
        sku=buy.sku,
        added=added,
        converted_whole=site.options.converted_lines,
    )
    line.is_gift_card, line.unfulfilled_quantity = buy.gift_card, buy.quantity
    if variant:
        product, item = site.products[variant.product], site.items[variant.item]
        line.variant_id, line.item_id, line.sku = variant.id, item.id, item.sku
        line.title, line.vendor = buy.title or product.title, product.vendor
        line.variant_title = None if variant.title == "Default Title" else variant.title
        line.taxable, line.requires_shipping = variant.taxable, item.requires_shipping
        line.is_gift_card = buy.gift_card or product.is_gift_card
    line.requires_shipping &= not line.is_gift_card
    line.location_id = order_stock.home_of(site, line.item_id, buy.location)
    for name, value in buy.more.items():
        setattr(line, name, value)
    if Decimal(buy.duty):
        line.duties.append(Duty(numbered(site, order, "Duty"), "Duty", order.money.bag(buy.duty)))
    return line


def _discount(order: Order, off: Off, *, own: bool = False) -> Discount:
    kind = "AutomaticDiscountApplication" if off.automatic else "DiscountCodeApplication"
    made = Discount(len(order.discounts), off.title, Decimal(off.amount), off.target, kind, own)
    order.discounts.append(made)
    return made


def take_off(order: Order, off: Off) -> None:
    """Share a discount: gift cards and tips are never cheaper."""
    shipping = off.target == "SHIPPING_LINE"
    lines: Sequence[Any] = (
        order.shipping if shipping else [line for line in order.lines if not (line.is_gift_card or line.tip)]
    )
    worth = [each.discounted_price_set if shipping else each.net for each in lines]
    whole, discount = order.money.bag(off.amount), _discount(order, off)
    presented = money.shares(whole.presentment, [each.presentment for each in worth], order.money.presentment)
    kept = money.shares(whole.shop, [each.shop for each in worth], order.money.shop)
    for line, shop, presentment in zip(lines, kept, presented, strict=True):
        if shop or presentment:
            line.discount_allocations.append(Allocation(order.money.shown(shop, presentment), discount))


def tax_line(order: Order, worth: Bag, tax: str, rate: str, title: str = "State tax") -> list[Tax]:
    """The tax of a line that comes to `worth`: as it is told, or by a rate; none where it is nothing."""
    if not rate:
        told = order.money.bag(tax)
        share = Decimal(0) if not worth.presentment else Decimal(tax) / worth.presentment
        return [Tax(title, share.quantize(Decimal("0.0001")), told)] if told else []
    part = Decimal(rate) / (1 + Decimal(rate)) if order.taxes_included else Decimal(rate)
    shop = money.rounded(worth.shop * part, order.money.shop)
    presentment = money.rounded(worth.presentment * part, order.money.presentment)
    return [Tax(title, Decimal(rate), order.money.shown(shop, presentment))]


def add_shipping(site: Site, order: Order, ship: Ship, *, added: bool = False) -> ShippingLine:
    made = ShippingLine(
        numbered(site, order, "ShippingLine"), ship.title, order.money.bag(ship.price), ship.title.lower(), custom=added
    )
    order.shipping.append(made)
    return made


def tax(order: Order, lines: Sequence[Line], wanted: Sequence[Buy], ships: Sequence[Ship]) -> None:
    """After all discounts. What cannot be taxed is not."""
    for line, buy in zip(lines, wanted, strict=True):
        if line.taxable and not line.is_gift_card:
            line.tax_lines = tax_line(order, line.net, buy.tax, buy.rate)
    for shipped, ship in zip(order.shipping[-len(ships) :] if ships else (), ships, strict=True):
        shipped.tax_lines = tax_line(order, shipped.discounted_price_set, ship.tax, ship.rate)


def add_tip(site: Site, order: Order, amount: str) -> None:
    """A line item that is no product, cannot be sent and is never taxed."""
    number = numbered(site, order, "LineItem")
    line = Line(number, 1, order.money.bag(amount), "Tip", tip=True, taxable=False, requires_shipping=False)
    order.lines.append(line)


def add_fee(site: Site, order: Order, charge: Charge) -> None:
    bag = order.money.bag(charge.price)
    order.additional_fees.append(
        Fee(numbered(site, order, "AdditionalFee"), charge.name, bag, tax_line(order, bag, charge.tax, "", "Fee tax"))
    )


def enlarge(order: Order, line: Line, units: int) -> None:
    """More units of a line. Its tax grows with it; its discounts stay what they are."""
    before, old = line.quantity, line.net
    line.quantity += units
    line.unfulfilled_quantity += units
    for each in line.tax_lines:
        each.price_set = _grown(order, each.price_set, line.net, old, before, line.quantity)


def _grown(order: Order, price: Bag, net: Bag, old: Bag, before: int, after: int) -> Bag:
    ratio = net.presentment / old.presentment if old.presentment else Decimal(after) / before
    return order.money.bag(price.presentment * ratio)

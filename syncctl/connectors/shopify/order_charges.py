"""What stands on an order beside its goods, what it comes to, and what was paid, in Shopify's words, turned into ours.

Pure. Amounts are in the shop's currency.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from syncctl.connectors.reading import Fields
from syncctl.connectors.shopify.order_fields import (
    amount,
    amount_if_any,
    digits,
    moment_of,
    nodes,
    sum_of_bags,
    text_of,
)
from syncctl.connectors.shopify.order_lines import Sold, split
from syncctl.connectors.shopify.order_refunds import NOTHING, read_refunds, shipping_back
from syncctl.connectors.shopify.order_totals import Settled, Told, settled
from syncctl.model import Charge, ChargeKind, Lines, Payment
from syncctl.money import round_minor, to_minor

MOST = 50
"""How many refunds, transactions and fulfilments of one order are asked for: these lists do not say where they end."""

_MOVED = {"SALE": 1, "CAPTURE": 1, "REFUND": -1}


def read_total(
    order: Fields, sold: Sold, refunds: Sequence[Any], currency: str, gross: bool, problems: list[str]
) -> Settled:
    """The order's total, all its charges, and what was given back. `refunds`: as they were sent."""
    backs = read_refunds(order, currency, gross, sold.others or {}) if refunds else [NOTHING]
    charges = (*sold.charges, *_beside(order, shipping_back(refunds), currency, gross))
    lines = Lines.of(sold.lines)
    tax = sum(lines.taxes) + sum(charge.tax for charge in charges)
    parts = sum(lines.amounts) + tax + sum(charge.amount for charge in charges)
    count = len(lines) + sum(charge.line_id is None for charge in charges)
    found = settled(parts, count, tax, _told(order, sold, currency), backs, edited=sold.edited)
    if found.problem and not problems:
        problems.append(found.problem)
    return replace(found, charges=(*charges, *found.charges))


def _told(order: Fields, sold: Sold, currency: str) -> Told:
    extras = (
        [] if sold.tipped else [(ChargeKind.TIP, "Tip", amount(order, "totalTipReceivedSet", round_minor, currency))]
    )
    extras.append((ChargeKind.FEE, "Duties", amount_if_any(order, "originalTotalDutiesSet", round_minor, currency)))
    cash = order.within(order.row["totalCashRoundingAdjustment"])
    extras.append((ChargeKind.ROUNDING, "Cash rounding", amount(cash, "paymentSet", round_minor, currency)))
    return Told(
        before=amount(order, "totalPriceSet", to_minor, currency),
        now=amount(order, "currentTotalPriceSet", to_minor, currency),
        extras=tuple(Charge(kind=kind, title=title, amount=minor) for kind, title, minor in extras if minor),
        tax_now=amount(order, "currentTotalTaxSet", round_minor, currency)
        if sold.edited and order.has("currentTotalTaxSet")
        else None,
    )


def _beside(order: Fields, back: frozenset[str], currency: str, gross: bool) -> Iterator[Charge]:
    """Shipping with what was taken off it, and fees. Shipping that was removed counts where a refund took it back."""
    for row in nodes(order, "shippingLines", "shipping"):
        if row.flag("isRemoved") and digits(row.row["id"], "ShippingLine") not in back:
            continue
        price = amount(row, "originalPriceSet", round_minor, currency)
        off = sum_of_bags(row, "discountAllocations", "allocatedAmountSet", round_minor, currency)
        tax = sum_of_bags(row, "taxLines", "priceSet", round_minor, currency)
        title, (net, own_tax, less, less_tax) = text_of(row, "title"), split(price, off, tax, included=gross)
        yield Charge(kind=ChargeKind.SHIPPING, title=title, amount=net, tax=own_tax)
        if less or less_tax:
            yield Charge(kind=ChargeKind.DISCOUNT, title=title, amount=less, tax=less_tax)
    for row in order.fields("additionalFees", "fee"):
        price = amount(row, "price", round_minor, currency)
        tax = sum_of_bags(row, "taxLines", "priceSet", round_minor, currency)
        yield Charge(kind=ChargeKind.FEE, title=text_of(row, "name"), amount=price - (tax if gross else 0), tax=tax)


def read_payments(order: Fields, currency: str) -> Iterator[Payment]:
    """Money that really moved: what was sold or captured, and what was paid back."""
    listed(order, "transactions")
    for row in order.fields("transactions", "transaction"):
        kind = row.text("kind")
        if row.row["status"] == "SUCCESS" and kind in _MOVED:
            yield Payment(
                id=digits(row.row["id"], "OrderTransaction") or "",
                gateway=text_of(row, "gateway"),
                amount=_MOVED[kind] * amount(row, "amountSet", round_minor, currency),
                paid_at=moment_of(row, "processedAt"),
            )


def listed(order: Fields, name: str) -> list[Any]:
    """A list that does not say where it ends."""
    rows = order.rows(name)
    if len(rows) >= MOST:
        order.note(name, f"has {MOST} of them or more, and more cannot be read")
    return rows

"""What was given back on an order, in Shopify's words, turned into ours. Pure.

A refund takes back units of lines, shipping and duties; what was paid back less than these come to is an adjustment
above zero, and what was paid back more is one below it. Edits leave refunds behind too, that took units away before
anybody paid for them. Money that really moved stands in the order's transactions.

Where prices have the tax in them, nothing says whether what a refund takes back has it in, too. So there are several
ways to read such refunds, and whoever knows what the order comes to chooses.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import product
from typing import Any, TypeVar

from syncctl.connectors.reading import Fields
from syncctl.connectors.shopify.order_fields import amount, digits, moment_of, nodes, text_of
from syncctl.model import Charge, ChargeKind, Refund, RefundLine
from syncctl.money import round_minor

Part = TypeVar("Part", RefundLine, Charge)

ADJUSTMENT = "adjustment"
_RESTOCKED = frozenset({"RETURN", "CANCEL", "LEGACY_RESTOCK"})
_NOT_RESTOCKED = "NO_RESTOCK"
_PENDING = "PENDING_REFUND_DISCREPANCY"


@dataclass(frozen=True, slots=True)
class GivenBack:
    """What all refunds of an order say, read in one way. Minor units, with tax.

    `taken`: what lines, shipping and duties come to; `adjusted`: what was given back beyond that, and `pending`: the
    part of it that was not paid out yet; `tax`: in all of it. `paid`: each refund comes to what was paid back for it.
    """

    refunds: tuple[Refund, ...] = ()
    taken: int = 0
    adjusted: int = 0
    pending: int = 0
    tax: int = 0
    paid: bool = False

    @property
    def sums(self) -> tuple[int, ...]:
        """What the order's total may have become less by, the likeliest first: what is said of it is not exact."""
        whole, without_pending = self.taken + self.adjusted, self.taken + self.adjusted - self.pending
        return tuple(dict.fromkeys((self.taken, whole, without_pending)))


NOTHING = GivenBack()


@dataclass(frozen=True, slots=True)
class Told:
    """One refund with its amounts as they were told. `paid`: what was paid back for it; `pending`: adjustments too."""

    id: str
    at: datetime | None
    lines: tuple[RefundLine, ...]
    other_lines: tuple[Charge, ...]  # gift cards, tips
    duties: tuple[Charge, ...]
    shipping: tuple[Charge, ...]
    adjustments: tuple[Charge, ...]
    pending: tuple[Charge, ...]
    paid: int

    def read(self, lines: bool, shipping: bool, adjustments: bool) -> "_Read":
        """The refund, where these have, or have not, their tax in them."""
        goods, others = _net(self.lines, lines), _net(self.other_lines, lines)
        sent = _net(self.shipping, shipping)
        adjusted, pending = _net(self.adjustments, adjustments), _net(self.pending, adjustments)
        taken = _sum(goods) + _sum((*others, *self.duties, *sent))
        more = _sum((*adjusted, *pending))
        charges = (*others, *self.duties, *sent, *(one for one in (*adjusted, *pending) if one.amount or one.tax))
        refund = Refund(id=self.id, total=taken + more, lines=goods, charges=charges, refunded_at=self.at)
        return _Read(refund, taken, more, _sum(pending), self.paid > 0 and refund.total == self.paid)


@dataclass(frozen=True, slots=True)
class _Read:
    refund: Refund
    taken: int
    adjusted: int
    pending: int
    paid: bool


def units_back(rows: Sequence[Any]) -> Mapping[str, int]:
    """Units of each line that came back in any of these refunds, by the line's id."""
    units: Counter[str] = Counter()
    for refund in rows:
        for row in refund["refundLineItems"]["nodes"] if isinstance(refund, dict) else ():
            line_id = digits(row["lineItem"]["id"], "LineItem")
            if line_id is not None and type(row["quantity"]) is int:
                units[line_id] += row["quantity"]
    return units


def shipping_back(rows: Sequence[Any]) -> frozenset[str]:
    """The shipping lines of which any of these refunds gave something back."""
    found = (
        digits(row["shippingLine"]["id"], "ShippingLine")
        for refund in rows
        for row in (refund["refundShippingLines"]["nodes"] if isinstance(refund, dict) else ())
    )
    return frozenset(one for one in found if one is not None)


def read_refunds(order: Fields, currency: str, gross: bool, others: Mapping[str, str]) -> list[GivenBack]:
    """What the order's refunds say, oldest first: each way to read them, the likeliest first; there is one at least.

    `gross`: prices have the tax in them; `others`: lines that are charges with us, and of which kind.
    """
    rows = sorted(order.fields("refunds", "refund"), key=lambda row: (len(text_of(row, "id")), text_of(row, "id")))
    told = [_told(row, currency, others) for row in rows]
    taxes = (
        [part.tax for one in told for part in one.lines] + [part.tax for one in told for part in one.other_lines],
        [part.tax for one in told for part in one.shipping],
        [part.tax for one in told for part in (*one.adjustments, *one.pending)],
    )
    doubts = [(True, False) if gross and any(each) else (False,) for each in taxes]
    return [_given_back([one.read(*way) for one in told]) for way in product(*doubts)]


def _given_back(read: Sequence[_Read]) -> GivenBack:
    return GivenBack(
        refunds=tuple(one.refund for one in read),
        taken=sum(one.taken for one in read),
        adjusted=sum(one.adjusted for one in read),
        pending=sum(one.pending for one in read),
        tax=sum(_tax(one.refund.lines) + _tax(one.refund.charges) for one in read),
        paid=all(one.paid for one in read),
    )


def _told(row: Fields, currency: str, others: Mapping[str, str]) -> Told:
    refund_id = digits(row.row["id"], "Refund")
    if refund_id is None:
        row.note("id", "is no refund's id")
    lines = [_line(item, currency, others) for item in nodes(row, "refundLineItems", "line")]
    adjustments = [(_adjustment(item, currency), item) for item in nodes(row, "orderAdjustments", "adjustment")]
    return Told(
        id=refund_id or "",
        at=moment_of(row, "processedAt"),
        lines=tuple(one for one in lines if isinstance(one, RefundLine)),
        other_lines=tuple(one for one in lines if isinstance(one, Charge)),
        duties=tuple(_duty(item, currency) for item in row.fields("duties", "duty")),
        shipping=tuple(_shipping(item, currency) for item in nodes(row, "refundShippingLines", "shipping")),
        adjustments=tuple(one for one, item in adjustments if item.row["reason"] != _PENDING),
        pending=tuple(one for one, item in adjustments if item.row["reason"] == _PENDING),
        paid=amount(row, "totalRefundedSet", round_minor, currency),
    )


def _line(item: Fields, currency: str, others: Mapping[str, str]) -> RefundLine | Charge | None:
    quantity = item.units("quantity")
    back, tax = amount(item, "subtotalSet", round_minor, currency), amount(item, "totalTaxSet", round_minor, currency)
    line_id = digits(item.row["lineItem"]["id"], "LineItem")
    if line_id is None or quantity is None:
        item.note("lineItem", "is no line that units can have come back of")
        return None
    if line_id in others:
        return Charge(kind=others[line_id], title="Refund", amount=back, tax=tax)
    return RefundLine(line_id=line_id, quantity=quantity, amount=back, tax=tax, restock=_restock(item))


def _restock(item: Fields) -> bool:
    """Whether the units can be sold again; of a word that nobody knows not, which sells too little."""
    word = text_of(item, "restockType")
    if word not in _RESTOCKED and word != _NOT_RESTOCKED:
        item.note("restockType", "is not known: whether the units can be sold again is not certain")
    return word in _RESTOCKED


def _duty(item: Fields, currency: str) -> Charge:
    return Charge(kind=ChargeKind.FEE, title="Duties", amount=amount(item, "amountSet", round_minor, currency))


def _shipping(item: Fields, currency: str) -> Charge:
    title = text_of(item.within(item.row["shippingLine"]), "title")
    back = amount(item, "subtotalAmountSet", round_minor, currency)
    return Charge(
        kind=ChargeKind.SHIPPING, title=title, amount=back, tax=amount(item, "taxAmountSet", round_minor, currency)
    )


def _adjustment(item: Fields, currency: str) -> Charge:
    more, tax = amount(item, "amountSet", round_minor, currency), amount(item, "taxAmountSet", round_minor, currency)
    return Charge(kind=ADJUSTMENT, title="Refund", amount=-more, tax=-tax)


def _net(parts: tuple[Part, ...], gross: bool) -> tuple[Part, ...]:
    """The same parts with their amounts net of tax."""
    return tuple(replace(one, amount=one.amount - one.tax) for one in parts) if gross else parts


def _sum(parts: Sequence[RefundLine] | Sequence[Charge]) -> int:
    return sum(part.amount + part.tax for part in parts)


def _tax(parts: Sequence[RefundLine] | Sequence[Charge]) -> int:
    return sum(part.tax for part in parts)

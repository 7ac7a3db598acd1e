"""What was given back on an order, in Shopify's words, turned into ours. Pure.

A refund takes back units of lines, shipping and duties; what was paid back less than these come to is an adjustment
above zero, and what was paid back more is one below it. Edits leave refunds behind too, that took units away before
anybody paid for them. Money that really moved stands in the order's transactions.

Where prices have the tax in them, so has what is taken back of a line. Whether that holds for shipping and for
adjustments is said nowhere: the money that was paid back tells it, and where that cannot tell either, it is a problem.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from syncctl.connectors.reading import Fields
from syncctl.connectors.shopify.order_fields import amount, digits, moment_of, nodes, text_of
from syncctl.model import Charge, ChargeKind, Refund, RefundLine
from syncctl.money import round_minor

ADJUSTMENT = "adjustment"
_RESTOCKED = {"RETURN": True, "CANCEL": True, "LEGACY_RESTOCK": True, "NO_RESTOCK": False}
_PENDING = "PENDING_REFUND_DISCREPANCY"


@dataclass(frozen=True, slots=True)
class GivenBack:
    """What all refunds of an order say. Minor units, with tax.

    `taken`: what lines, shipping and duties come to, `adjusted`: what was given back beyond that, `pending`: the part
    of it that was not paid out yet; `tax`: in all of it.
    """

    refunds: tuple[Refund, ...] = ()
    taken: int = 0
    adjusted: int = 0
    pending: int = 0
    tax: int = 0
    shipping_ids: frozenset[str] = frozenset()

    @property
    def sums(self) -> tuple[int, ...]:
        """What the order's total may have become less by, the likeliest first: what is said of it is not exact."""
        whole, without_pending = self.taken + self.adjusted, self.taken + self.adjusted - self.pending
        return tuple(dict.fromkeys((self.taken, whole, without_pending)))


def units_back(rows: Sequence[Any]) -> dict[str, int]:
    """Units of each line that came back in any of these refunds, by the line's id."""
    units: dict[str, int] = {}
    for refund in rows:
        for row in refund["refundLineItems"]["nodes"] if isinstance(refund, dict) else ():
            line_id = digits(row["lineItem"]["id"], "LineItem")
            if line_id is not None and type(row["quantity"]) is int:
                units[line_id] = units.get(line_id, 0) + row["quantity"]
    return units


def read_refunds(order: Fields, currency: str, gross: bool, others: Mapping[str, str]) -> GivenBack:
    """The order's refunds, oldest first. `gross`: prices have the tax in them; `others`: lines that are charges."""
    read = [_Reading(row, currency, gross, others) for row in _sorted(order.fields("refunds", "refund"))]
    refunds = [one.refund() for one in read]
    return GivenBack(
        refunds=tuple(refunds),
        taken=sum(one.taken for one in read),
        adjusted=sum(one.adjusted for one in read),
        pending=sum(one.pending for one in read),
        tax=sum(_tax(refund.lines) + _tax(refund.charges) for refund in refunds),
        shipping_ids=frozenset(shipping for one in read for shipping in one.shipping_ids),
    )


def _sorted(rows: list[Fields]) -> list[Fields]:
    return sorted(rows, key=lambda row: (len(text_of(row, "id")), text_of(row, "id")))


class _Reading:
    """One refund while it is read."""

    def __init__(self, row: Fields, currency: str, gross: bool, others: Mapping[str, str]) -> None:
        self.row, self.currency, self.gross, self.others = row, currency, gross, others
        self.lines: list[RefundLine] = []
        self.charges: list[Charge] = []
        self.shipping_ids: list[str] = []
        for item in nodes(row, "refundLineItems", "line"):
            self._line(item)
        for duty in row.fields("duties", "duty"):
            self.charges.append(Charge(kind=ChargeKind.FEE, title="Duties", amount=self._money(duty, "amountSet")))
        self.shipping = [self._shipping(item) for item in nodes(row, "refundShippingLines", "shipping")]
        self.adjustments = [self._adjustment(item) for item in nodes(row, "orderAdjustments", "adjustment")]
        self._settle()
        self.adjusted = sum(one.amount + one.tax for one, _ in self.adjustments)
        self.pending = sum(one.amount + one.tax for one, reason in self.adjustments if reason == _PENDING)
        self.taken = _sum(self.lines) + _sum(self.charges) + _sum(self.shipping)

    def refund(self) -> Refund:
        refund_id = digits(self.row.row["id"], "Refund")
        if refund_id is None:
            self.row.note("id", "is no refund's id")
        adjustments = (one for one, _ in self.adjustments if one.amount or one.tax)
        return Refund(
            id=refund_id or "",
            total=self.taken + self.adjusted,
            lines=tuple(self.lines),
            charges=(*self.charges, *self.shipping, *adjustments),
            refunded_at=moment_of(self.row, "processedAt"),
        )

    def _money(self, row: Fields, name: str) -> int:
        return amount(row, name, round_minor, self.currency)

    def _line(self, item: Fields) -> None:
        quantity, tax = item.units("quantity"), self._money(item, "totalTaxSet")
        net = self._money(item, "subtotalSet") - (tax if self.gross else 0)
        line_id = digits(item.row["lineItem"]["id"], "LineItem")
        if line_id is None or quantity is None:
            item.note("lineItem", "is no line that units can have come back of")
        elif line_id in self.others:
            self.charges.append(Charge(kind=self.others[line_id], title="Refund", amount=net, tax=tax))
        else:
            restock = self._restock(item)
            self.lines.append(RefundLine(line_id=line_id, quantity=quantity, amount=net, tax=tax, restock=restock))

    @staticmethod
    def _restock(item: Fields) -> bool:
        """Whether the units can be sold again; of a word that nobody knows not, which sells too little."""
        word = text_of(item, "restockType")
        if word not in _RESTOCKED:
            item.note("restockType", "is not known: whether the units can be sold again is not certain")
        return _RESTOCKED.get(word, False)

    def _shipping(self, item: Fields) -> Charge:
        line = item.row["shippingLine"]
        shipping_id = digits(line["id"], "ShippingLine")
        self.shipping_ids += [shipping_id] if shipping_id else []
        net, tax = self._money(item, "subtotalAmountSet"), self._money(item, "taxAmountSet")
        return Charge(kind=ChargeKind.SHIPPING, title=text_of(item.within(line), "title"), amount=net, tax=tax)

    def _adjustment(self, item: Fields) -> tuple[Charge, str]:
        more, tax = -self._money(item, "amountSet"), -self._money(item, "taxAmountSet")
        return Charge(kind=ADJUSTMENT, title="Refund", amount=more, tax=tax), text_of(item, "reason")

    def _settle(self) -> None:
        """Where prices have the tax in them: find out what of shipping and of adjustments has it in, too."""
        doubtful = [one for one in (*self.shipping, *(each for each, _ in self.adjustments)) if one.tax]
        if not (self.gross and doubtful):
            return
        paid = self._money(self.row, "totalRefundedSet")
        rest = paid - _sum(self.lines) - _sum(self.charges)
        for ships, adjusts in ((True, True), (True, False), (False, True), (False, False)):
            shipping = [_net(one) if ships else one for one in self.shipping]
            adjustments = [(_net(one) if adjusts else one, reason) for one, reason in self.adjustments]
            if rest == _sum(shipping) + _sum([one for one, _ in adjustments]):
                self.shipping, self.adjustments = shipping, adjustments
                return
        self.row.note("totalRefundedSet", "does not tell whether what was given back has its tax in it")


def _net(charge: Charge) -> Charge:
    """The charge, where its amount had the tax in it."""
    return Charge(kind=charge.kind, title=charge.title, amount=charge.amount - charge.tax, tax=charge.tax)


def _sum(parts: Sequence[RefundLine] | Sequence[Charge]) -> int:
    return sum(part.amount + part.tax for part in parts)


def _tax(parts: Sequence[RefundLine] | Sequence[Charge]) -> int:
    return sum(part.tax for part in parts)

"""Money adds up (invariant I6): the check, and the fingerprints of what was agreed on."""

import hashlib
from collections.abc import Iterable
from typing import Protocol

from syncctl.model import Lines, Order, Refund


class Amounted(Protocol):
    """A line or a charge, of an order, a refund or a document."""

    @property
    def amount(self) -> int: ...

    @property
    def tax(self) -> int: ...


def sum_of(*groups: Iterable[Amounted]) -> int:
    """Amounts and tax of all these parts together, minor units."""
    return sum(part.amount + part.tax for group in groups for part in group)


def order_problem(order: Order) -> str | None:
    """Why the order's money does not add up, in a sentence; None if it does. Minor units throughout."""
    lines = Lines.of(order.lines)
    parts, tax = sum(lines.amounts), sum(lines.taxes)
    for charge in order.charges:
        parts += charge.amount
        tax += charge.tax
    if parts + tax != order.total:
        return (
            f"lines and charges {parts} + tax {tax} = {parts + tax}, but the total is {order.total} "
            f"(minor units of {order.currency})"
        )
    for refund in order.refunds:
        if problem := refund_problem(refund):
            return problem
    return None


def refund_problem(refund: Refund) -> str | None:
    """Why a refund's money does not add up; None if it does."""
    parts = sum_of(refund.lines, refund.charges)
    if parts != refund.total:
        return f"the parts of refund {refund.id} make {parts}, but its total is {refund.total} (minor units)"
    return None


def order_fingerprint(order: Order) -> str:
    """The hash of what was sold: goods, charges and total; not of addresses, statuses or notes."""
    lines = [(line.id, line.sku, line.quantity, line.amount, line.tax) for line in order.lines]
    charges = [(charge.kind, charge.amount, charge.tax) for charge in order.charges]
    return _hash((order.kind, order.currency, order.total, lines, charges))


def refund_fingerprint(refund: Refund) -> str:
    """The hash of what was given back."""
    lines = [(line.line_id, line.quantity, line.amount, line.tax, line.restock) for line in refund.lines]
    charges = [(charge.kind, charge.amount, charge.tax) for charge in refund.charges]
    return _hash((refund.id, refund.total, lines, charges))


def _hash(content: object) -> str:
    return hashlib.blake2b(repr(content).encode(), digest_size=12).hexdigest()

"""The lines of a sale in Tryton, made of a document's: exact to the minor unit.

Tryton keeps a unit price of four places and rounds each line by itself. Where that does not give the line's amount, the
last unit stands on a line of its own.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, Decimal
from typing import Any

from syncctl.connectors.tryton.lines import note_of
from syncctl.model import Document, DocumentLine

_PLACES = Decimal("0.0001")
Values = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Product:
    """What a line is booked on: its id, that of the unit that its stock is kept in, and whether it is moved at all."""

    id: int
    unit: int
    moves: bool


Products = Mapping[str, Product]


def priced(amount: int, quantity: int, digits: int) -> list[tuple[int, Decimal]]:
    """Quantities and unit prices whose rounded products add up to `amount`, minor units.

    >>> priced(1000, 3, 2), priced(1000, 1001, 2)[0]
    ([(3, Decimal('3.3333'))], (1000, Decimal('0.0099')))
    """
    whole = Decimal(amount).scaleb(-digits)
    price = (whole / quantity).quantize(_PLACES, ROUND_HALF_EVEN)
    if _rounded(price * quantity, digits) == whole:
        return [(quantity, price)]
    price = (whole / quantity).quantize(_PLACES, ROUND_DOWN)
    most = _rounded(price * (quantity - 1), digits)
    return [(quantity - 1, price), (1, whole - most)]


def goods_lines(document: Document, products: Products, digits: int, sign: int = 1) -> Iterator[Values]:
    """The lines of what was sold, or with `sign` -1 of what came back."""
    for line in document.lines:
        yield from lines_for(line, line.quantity, line.amount, products[line.sku], digits, note_of(line.line_id), sign)


def lines_for(
    line: DocumentLine, quantity: int, amount: int, product: Product, digits: int, note: str, sign: int
) -> Iterator[Values]:
    """So many units of a document's line, for so much."""
    for units, price in priced(amount, quantity, digits):
        values = {"type": "line", "product": product.id, "unit": product.unit, "quantity": sign * units}
        yield {**values, "unit_price": price, "note": note, "description": line.title[:200] or None}


def charge_lines(document: Document, products: Products, tax_item: str, digits: int, sign: int = 1) -> Iterator[Values]:
    """What stands on the document beside its goods, and its tax as one line."""
    charges = [(one.item, one.title, one.amount) for one in document.charges]
    if document.tax:
        charges.append((tax_item, "Tax", document.tax))
    for item, title, amount in charges:
        product = products[item]
        yield {
            "type": "line",
            "product": product.id,
            "unit": product.unit,
            "quantity": sign,
            "unit_price": Decimal(amount).scaleb(-digits),
            "description": title[:200] or None,
        }


def skus_of(document: Document, tax_item: str) -> set[str]:
    """All items that a document is booked on."""
    items = {line.sku for line in document.lines} | {one.item for one in document.charges}
    return items | ({tax_item} if document.tax else set())


def _rounded(amount: Decimal, digits: int) -> Decimal:
    return amount.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_EVEN)

"""A Tryton database as the back office: put together of what it stands on and what it can do."""

from collections.abc import Iterator

from syncctl.connectors.tryton.customers import CustomerBooks
from syncctl.connectors.tryton.documents import DocumentBooks
from syncctl.connectors.tryton.examine import examined
from syncctl.connectors.tryton.shipments import ShipmentBooks
from syncctl.connectors.tryton.stock import StockBooks
from syncctl.connectors.tryton.variants import VariantBooks
from syncctl.model import Finding


class TrytonBooks(DocumentBooks, StockBooks, VariantBooks, ShipmentBooks, CustomerBooks):
    """The books of one company in Tryton 8.2."""

    def examine(self) -> Iterator[Finding]:
        return examined(self)

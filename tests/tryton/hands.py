"""What people do in Tryton without us: goods, prices, stock, sales at the counter, shipments."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from tests.tryton.client import Client

TOGETHER = 25  # records that Tryton takes in one call


class Hands:
    """One person at work, through a client of their own."""

    currency = "GBP"

    def __init__(self, client: Client) -> None:
        self.do = client
        self._unit = client.one("product.uom", [["name", "=", "Unit"]])["id"]
        self._category = client.one("product.category", [["name", "=", "Goods"]])["id"]
        self.warehouses = {
            one["name"]: one
            for one in client.rows("stock.location", [["type", "=", "warehouse"]], "name", "storage_location")
        }
        self._counter: int | None = None

    # --- goods --------------------------------------------------------------------------------------------------------

    def add_item(self, sku: str, title: str, price: str | None, units: int | None) -> None:
        """Goods, or a service where `units` is None."""
        self.do("product.template", "create", [self._template(sku, title, price, units)])
        if units:
            self.set_stock(sku, units)

    def add_items(self, items: Iterable[tuple[str, str, str, int]]) -> None:
        """Goods, many at once: SKU, title, price, units."""
        every = list(items)
        for begin in range(0, len(every), TOGETHER):
            self.do("product.template", "create", [self._template(*one) for one in every[begin : begin + TOGETHER]])
        wanted = [["code", "in", [sku for sku, *_ in every]]]
        products = {one["code"]: one["id"] for one in self.do.rows("product.product", wanted, "code")}
        self._count([(products[sku], units) for sku, _, _, units in every if units])

    def _template(self, sku: str, title: str, price: str | None, units: int | None) -> dict[str, Any]:
        return {
            "name": title,
            "type": "service" if units is None else "goods",
            "default_uom": self._unit,
            "sale_uom": self._unit,
            "salable": True,
            "list_price": Decimal(price or 0),
            "account_category": self._category,
            "products": [["create", [{"suffix_code": sku}]]],
        }

    def add_goods(self, skus: Sequence[str], price: str) -> None:
        """Many goods at one price, none of them there."""
        self.add_items((sku, sku, price, 0) for sku in skus)

    def reprice(self, skus: Sequence[str], amount: str) -> None:
        """One price for all of these."""
        rows = self.do.rows("product.product", [["code", "in", list(skus)]], "template")
        self.do("product.template", "write", [row["template"] for row in rows], {"list_price": Decimal(amount)})

    def product(self, sku: str) -> int:
        return int(self.do.one("product.product", [["code", "=", sku]])["id"])

    def template(self, sku: str) -> int:
        return int(self.do.one("product.product", [["code", "=", sku]], "template")["template"])

    def deactivate_item(self, sku: str) -> None:
        self.do("product.product", "write", [self.product(sku)], {"active": False})

    def set_price(self, sku: str, amount: str) -> None:
        self.do("product.template", "write", [self.template(sku)], {"list_price": Decimal(amount)})

    # --- stock --------------------------------------------------------------------------------------------------------

    def set_stock(self, sku: str, units: int | str, *, location: str = "Warehouse") -> None:
        """Count the shelf. Goods are counted in whole units here, and none is missing from a shelf."""
        if float(units) != int(float(units)) or float(units) < 0:
            pytest.skip("a unit of these goods is whole, and a shelf has no less than none")
        self._count([(self.product(sku), float(units))], location)

    def _count(self, units: Sequence[tuple[int, float]], location: str = "Warehouse") -> None:
        for begin in range(0, len(units), TOGETHER):
            lines = [{"product": one, "quantity": float(count)} for one, count in units[begin : begin + TOGETHER]]
            count = {
                "location": self.warehouses[location]["storage_location"],
                "empty_quantity": "keep",
                "company": self.do.company,
                "lines": [["create", lines]],
            }
            made = self.do("stock.inventory", "create", [count])
            self.do("stock.inventory", "confirm", made)

    def warehouse(self, name: str) -> int:
        """A warehouse that the web shop sells from; made where there is none of that name."""
        if name not in self.warehouses:
            parts = {}
            for part in ("input", "output", "storage"):
                (parts[part],) = self.do("stock.location", "create", [{"name": f"{name} {part}", "type": "storage"}])
            values = {f"{part}_location": one for part, one in parts.items()}
            (made,) = self.do("stock.location", "create", [{"name": name, "type": "warehouse", **values}])
            self.do("web.shop", "write", [1], {"warehouses": [["add", [made]]]})
            self.warehouses[name] = {"id": made, "name": name, "storage_location": parts["storage"]}
        return int(self.warehouses[name]["id"])

    def count(self, skus: Sequence[str], units: int) -> None:
        """The same count of all of these, in one go."""
        products = self.do("product.product", "search", [["code", "in", list(skus)]])
        lines = [{"product": one, "quantity": float(units)} for one in products]
        shelf = self.warehouses["Warehouse"]["storage_location"]
        count = {"location": shelf, "empty_quantity": "keep", "company": self.do.company}
        made = self.do("stock.inventory", "create", [{**count, "lines": [["create", lines]]}])
        self.do("stock.inventory", "confirm", made)

    def receive(self, sku: str, quantity: int, *, location: str = "Warehouse") -> None:
        """Goods come in."""
        self.warehouse(location)
        self.receive_all([(sku, quantity)], location=location)

    def receive_all(self, units: Iterable[tuple[str, int]], *, location: str = "Warehouse") -> None:
        """Goods of several SKUs come in."""
        wanted = dict(units)
        products = self.do.rows("product.product", [["code", "in", list(wanted)]], "code")
        (lost,) = self.do("stock.location", "search", [["type", "=", "lost_found"]], 0, 1)
        move = {
            "unit": self._unit,
            "from_location": lost,
            "to_location": self.warehouses[location]["storage_location"],
            "company": self.do.company,
        }
        moves = [{**move, "product": one["id"], "quantity": float(wanted[one["code"]])} for one in products]
        made = self.do("stock.move", "create", moves)
        self.do("stock.move", "do", made)

    # --- selling ------------------------------------------------------------------------------------------------------

    @property
    def counter(self) -> int:
        """The party that buys at the counter."""
        if self._counter is None:
            address = ["create", [{"street": "1 Counter"}]]
            (self._counter,) = self.do("party.party", "create", [{"name": "At the counter", "addresses": [address]}])
        return self._counter

    def sell(self, sku: str, quantity: int, *, shipped: bool = True, location: str = "Warehouse") -> int:
        """A sale at the counter; the goods are taken along, or wait to be sent. The sale's id."""
        party = self.do.one("party.party", [["id", "=", self.counter]], "addresses")
        line: dict[str, Any] = {"type": "line", "product": self.product(sku), "quantity": float(quantity)}
        line |= {"unit": self._unit, "unit_price": Decimal("2.50")}
        sale = {
            "party": party["id"],
            "invoice_address": party["addresses"][0],
            "shipment_address": party["addresses"][0],
            "company": self.do.company,
            "currency": 1,
            "sale_date": date.today(),
            "invoice_method": "order",
            "shipment_method": "order",
            "shipment_cost_method": None,
            "warehouse": self.warehouses[location]["id"],
            "lines": [["create", [line]]],
        }
        (made,) = self.do("sale.sale", "create", [sale])
        self.do("sale.sale", "quote", [made])
        self.do("sale.sale", "confirm", [made])
        if shipped:
            self.send_off(made)
        return int(made)

    def send_off(self, sale: int) -> None:
        """All shipments of a sale leave."""
        for shipment in self.do.one("sale.sale", [["id", "=", sale]], "shipments")["shipments"]:
            for step in ("assign_force", "pick", "pack", "do"):
                self.do("stock.shipment.out", step, [shipment])

    def prices(self, title: str, formulas: Mapping[str, str]) -> None:
        """Say what one price list has for single goods, beside its formula for all."""
        (found,) = self.do("product.price_list", "search", [["name", "=", title]])
        general = self.do("product.price_list.line", "search", [["price_list", "=", found]])
        self.do("product.price_list.line", "write", general, {"sequence": 10})
        lines = [{"product": self.product(sku), "formula": formula, "sequence": 1} for sku, formula in formulas.items()]
        self.do("product.price_list", "write", [found], {"lines": [["create", lines]]})

"""Whole cycles between a sandbox shop and a real Tryton.

world = TrytonWorld(tmp_path, server)
order = world.shop.place_order([("MUG", 2)])
world.run()
assert world.sales() == {…}                  # as Tryton has them, read by a client that is not ours
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.builders import GOODS, World
from tests.tryton.client import Client
from tests.tryton.server import DATABASE, PASSWORD, USER, TrytonServer
from tests.tryton.vendor import Vendor

CHARGES = {"shipping": "SHIPPING", "discount": "DISCOUNT", "fee": "FEE", "rounding": "ROUNDING"}


class TrytonWorld(World):
    """The world of `builders`, whose back office is a real Tryton: `people` work in it.

    `books`: settings of the back office beside how it is reached.
    """

    def __init__(
        self, folder: Path, server: TrytonServer, *, books: Mapping[str, Any] | None = None, **sections: Any
    ) -> None:
        super().__init__(folder, goods=())
        self.people = Vendor(Client(server.address))
        reached = {"url": server.address, "database": DATABASE, "user": USER, "password": PASSWORD}
        own = {"connector": "tryton", **reached, "web_shop": "store", "tax_item": "TAX", **(books or {})}
        del self.sections["back_office"]
        orders = {"charges": CHARGES, **sections.pop("orders", {})}
        self.change(back_office=own, orders=orders, **sections)
        for sku, price, units in GOODS:
            self.add(sku, price, units)

    def add(self, sku: str, price: str = "1.00", units: int = 10) -> None:
        self.people.add_item(sku, f"Title of {sku}", price, units)
        for shop in self.shops.values():
            shop.add_listing(sku, f"Title of {sku}", price, units)

    def shown(self) -> dict[str, int | None]:
        """The levels that the shop shows."""
        return {one.sku: one.quantity for one in self.shop.listings()}

    def sales(self) -> list[tuple[str, str, str]]:
        """(the order's number, state, total) of what is in Tryton's books under a web shop, in the order of booking."""
        domain = [["web_shop", "!=", None]]
        rows = self.people.do.rows("sale.sale", domain, "reference", "state", "total_amount")
        return [(row["reference"], row["state"], f"{row['total_amount']:.2f}") for row in rows]

    def shelf(self, sku: str) -> tuple[int, int]:
        """Units of a SKU on the shelf, and those that are to leave, as Tryton's own pages have them."""
        context = {"locations": [self.people.warehouses["Warehouse"]["id"]], "with_childs": True}
        product = self.people.product(sku)
        fields = ["quantity", "forecast_quantity"]
        [row] = self.people.do("product.product", "read", [product], fields, **context)
        return int(row["quantity"]), int(row["quantity"] - row["forecast_quantity"])

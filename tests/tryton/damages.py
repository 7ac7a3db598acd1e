"""Differences planted by hand on either side after a season, each with what the comparison has to say of it."""

import json
import sqlite3
from contextlib import closing
from decimal import Decimal
from typing import Any

from tests.tryton.audit import Books
from tests.tryton.client import Client
from tests.tryton.season import Season
from tests.tryton.server import TrytonServer
from tests.tryton.vendor import Vendor


class Damages:
    """`plant` does each thing that is named after it, to an order, an item or a person of its own."""

    def __init__(self, season: Season, server: TrytonServer, books: Books) -> None:
        self._shop, self._ledger = season.shop, season.ledger
        self._server, self._books = server, books
        self._people = Vendor(Client(server.address))
        self._free = [body for body in map(season.shop.order, season.shop.order_ids()) if books.by_number[body["name"]]]
        self._skus = sorted(season.ledger.opening)

    def plant(self) -> dict[str, str]:
        """Do all of them: what was done -> what a sentence of the comparison must hold."""
        return {name[1:]: getattr(self, name)() for name in sorted(vars(Damages)) if name.startswith("_a_")}

    def _next(self, has: str = "lines") -> tuple[dict[str, Any], dict[str, Any]]:
        """A booked order of which nothing was changed yet and which has some of these, and its sale."""
        body = next(one for one in self._free if one["kind"] == "sale" and one.get(has) and not self._is_over(one))
        self._free.remove(body)
        return body, self._books.by_number[body["name"]][0]

    def _is_over(self, body: dict[str, Any]) -> bool:
        """Cancelled, or booked anew."""
        return bool(body.get("cancelled_at") or self._ledger.edited[body["id"]])

    def _sql(self, statement: str, *values: object) -> None:
        with closing(sqlite3.connect(self._server.path, timeout=30)) as there, there:
            assert there.execute(statement, values).rowcount == 1

    # --- in Tryton ----------------------------------------------------------------------------------------------------

    def _a_cent_more_on_a_line(self) -> str:
        body, sale = self._next("charges")
        line = next(one for one in sale["lines"] if one["sku"] in ("SHIPPING", "FEE", "DISCOUNT"))
        price = str(Decimal(line["unit_price"]) + Decimal("0.01"))
        self._sql("UPDATE sale_line SET unit_price = ? WHERE id = ?", price, line["id"])
        return f"order {body['name']}: other items in all"

    def _a_cent_less_in_the_total(self) -> str:
        body, sale = self._next()
        total = str(Decimal(sale["total_amount"]) - Decimal("0.01"))
        self._sql("UPDATE sale_sale SET total_amount_cache = ? WHERE id = ?", total, sale["id"])
        return f"order {body['name']}: total in all"

    def _a_line_on_another_item(self) -> str:
        body, sale = self._next()
        other = self._people.product("TRAY")
        self._sql("UPDATE sale_line SET product = ? WHERE id = ?", other, sale["lines"][0]["id"])
        return f"order {body['name']}: lines in all"

    def _a_tracking_number_taken_away(self) -> str:
        body, sale = self._next("fulfilments")
        shipment, *_ = self._people.do.rows("stock.shipment.out", _of(sale))
        self._people.do("stock.shipment.out", "write", [shipment["id"]], {"reference": None})
        return f"order {body['name']}: sent"

    def _a_sale_made_twice(self) -> str:
        body, sale = self._next()
        again = self._people.do("sale.sale", "copy", [sale["id"]], {"reference": sale["reference"]})
        for step in ("quote", "confirm"):
            self._people.do("sale.sale", step, again)
        return f"order {body['name']}: documents"

    def _a_parcel_to_somebody_else(self) -> str:
        body, sale = self._next("shipping_address")
        address = self._people.do.rows("party.address", [["party", "=", self._people.counter]])[0]["id"]
        self._sql("UPDATE sale_sale SET shipment_address = ? WHERE id = ?", address, sale["id"])
        return f"order {body['name']}: goes to"

    def _a_sale_that_is_gone(self) -> str:
        body, sale = self._next()
        self._sql("UPDATE sale_sale SET reference = '#0' WHERE id = ?", sale["id"])
        return f"order {body['name']}: documents"

    def _a_payment_that_is_gone(self) -> str:
        body, sale = self._next("payments")
        note, *_ = self._people.do.rows("ir.attachment", [["resource", "=", f"sale.sale,{sale['id']}"]])
        self._people.do("ir.attachment", "delete", [note["id"]])
        return f"order {body['name']}: payments"

    def _a_sale_of_somebody_else_s(self) -> str:
        body, sale = self._next()
        self._sql("UPDATE sale_sale SET party = ? WHERE id = ?", self._people.counter, sale["id"])
        return f"order {body['name']}: documents"

    def _a_unit_that_nobody_noted(self) -> str:
        self._people.receive(self._skus[0], 1)
        return f"of {self._skus[0]!r}, of which"

    def _a_price_of_another_day(self) -> str:
        self._people.set_price(self._skus[1], "123.45")
        return f"for {self._skus[1]!r}, Tryton's price is"

    def _a_person_with_another_name(self) -> str:
        party = self._people.do.one("party.party", [["name", "=", "Wanda Web"]])["id"]
        self._people.do("party.party", "write", [party], {"name": "Wanda Weaver"})
        return "only Tryton has ('Wanda Weaver'"

    def _a_person_made_twice(self) -> str:
        party = self._people.do.one("party.party", [["name", "=", "Bertha Books"]])["id"]
        self._people.do("party.party", "copy", [party])
        return "only Tryton has ('Bertha Books'"

    def _a_change_taken_back(self) -> str:
        customer = next(one["id"] for one in self._shop.customers() if one["name"] == "One Word")
        self._shop.upsert_customer(customer, name="Another Word")
        party = self._people.do.one("party.party", [["name", "=", "One Word"]])["id"]
        self._people.do("party.party", "write", [party], {"name": "Another Word"})
        return f"customer {customer}: name: Another Word"

    # --- in the store -------------------------------------------------------------------------------------------------

    def _a_level_one_too_high(self) -> str:
        level = (self._shop.level(self._skus[2]) or 0) + 1
        self._shop.set_level(self._skus[2], level)
        return f"the store shows {level} of {self._skus[2]!r}"

    def _a_parcel_that_the_store_was_not_told_of(self) -> str:
        body, _ = self._next("fulfilments")
        self._shop.mark(body["id"], fulfilments=[])
        return f"order {body['name']}: sent: the store has []"

    def _a_cent_that_the_store_did_not_ask_for(self) -> str:
        body, _ = self._next()
        lines = json.loads(json.dumps(body["lines"]))
        lines[0]["price"] = str(Decimal(lines[0]["price"]) + Decimal("0.01"))
        self._shop.mark(body["id"], lines=lines)
        return f"order {body['name']}: lines in all"


def _of(sale: dict[str, Any]) -> list[Any]:
    """Shipments of a sale that have left."""
    return [["moves.origin.sale", "=", sale["id"], "sale.line"], ["state", "=", "done"]]

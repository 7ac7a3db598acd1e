"""The people in Tryton, as the suite of back offices has them act."""

from collections.abc import Mapping

import pytest

from tests.tryton.hands import Hands


class Vendor(Hands):
    """All that the suite wants done over there."""

    def set_type(self, sku: str, product_type: str) -> None:
        """A type is the one category that a product is in."""
        (made,) = self.do("product.category", "create", [{"name": product_type}])
        [row] = self.do("product.template", "read", [self.template(sku)], ["categories"])
        steps = [*([["remove", row["categories"]]] if row["categories"] else []), ["add", [made]]]
        self.do("product.template", "write", [row["id"]], {"categories": steps})

    def make_kit(self, sku: str, components: Mapping[str, int]) -> None:
        pytest.skip("there are no kits without a further module")

    def references(self) -> list[str]:
        """Of all documents that are in the books, in the order in which they were made."""
        domain = [["web_shop", "!=", None], ["state", "not in", ["draft", "quotation"]]]
        return [one["web_id"] for one in self.do.rows("sale.sale", domain, "web_id")]

    def ship(
        self, document: str, lines: Mapping[str, int] | None = None, *, tracking_number: str = "", carrier: str = ""
    ) -> None:
        """Send what is left of a sale, or so many units of these lines; the rest waits for the next shipment."""
        sale = self.do.one("sale.sale", [["web_id", "=", document]], "shipments", "lines")
        notes = {one["id"]: one["note"] for one in self.do("sale.line", "read", sale["lines"], ["note"])}
        for shipment in self.do("stock.shipment.out", "read", sale["shipments"], ["state", "outgoing_moves"]):
            if shipment["state"] in ("done", "cancelled"):
                continue
            if lines is not None:
                self._cut(shipment, notes, lines)
            self._leave(shipment["id"], tracking_number, carrier)

    def _cut(self, shipment: Mapping[str, object], notes: Mapping[int, str], lines: Mapping[str, int]) -> None:
        self.do("stock.shipment.out", "draft", [shipment["id"]])
        for move in self.do("stock.move", "read", shipment["outgoing_moves"], ["origin", "quantity"]):
            wanted = lines.get(str(notes[int(move["origin"].partition(",")[2])]).removeprefix("web line "), 0)
            if wanted:
                self.do("stock.move", "write", [move["id"]], {"quantity": float(wanted)})
            else:
                self.do("stock.move", "delete", [move["id"]])
        self.do("stock.shipment.out", "wait", [shipment["id"]])

    def _leave(self, shipment: int, tracking_number: str, carrier: str) -> None:
        values: dict[str, object] = {"reference": tracking_number or None}
        if carrier:
            values["carrier"] = self.carrier(carrier)
        self.do("stock.shipment.out", "write", [shipment], values)
        for step in ("assign_force", "pick", "pack", "do"):
            self.do("stock.shipment.out", step, [shipment])

    def carrier(self, name: str) -> int:
        """The carrier of that name; made where there is none."""
        found = self.do("carrier", "search", [["party.name", "=", name]])
        if not found:
            (party,) = self.do("party.party", "create", [{"name": name}])
            found = self.do("carrier", "create", [{"party": party, "carrier_product": self.product("SHIPPING")}])
        return int(found[0])

    def delete_customer(self, customer_id: str) -> None:
        """Put out of use: what a party with sales can only be."""
        self.do("party.party", "write", [int(customer_id)], {"active": False})

    def merge_customers(self, customer_id: str, *, into: str) -> None:
        state = self.do.wizard("party.replace", "create")
        values = {"ask": {"source": int(customer_id), "destination": int(into)}}
        self.do.wizard("party.replace", "execute", state[0], values, "replace")
        self.do.wizard("party.replace", "delete", state[0])

    def set_consent(self, customer_id: str, channel: str, state: str | None) -> None:
        pytest.skip("Tryton keeps no consent")

    def rename_group(self, title: str, new: str) -> None:
        found = self.do.one("party.category", [["name", "=", title]])
        self.do("party.category", "write", [found["id"]], {"name": new})

    def delete_group(self, title: str) -> None:
        found = self.do.one("party.category", [["name", "=", title]])
        self.do("party.category", "delete", [found["id"]])

    def close(self) -> None:
        """Nothing is open here."""

"""Read a Tryton database through `proteus`, its own client library, over the wire; the result is JSON on stdout.

Run by the Python of Tryton's own environment, never imported. Records of the library's own kind cost a call for each
field; so all is read through its proxies, and the sales that are named once more as such records.

    VENV/bin/python tests/tryton/readback.py URL USER PASSWORD [WEB_ID ...]
"""

import json
import sys
from decimal import Decimal

from proteus import Model, config

COMPANY = {"company": 1}
EVERY = ["active", "in", [True, False]]


def main(url: str, user: str, password: str, *web_ids: str) -> None:
    with config.set_xmlrpc_session(url, user, password) as session:
        book = Reader(session)
        told = {"sales": book.sales(), "moves": book.moves(), "shipments": book.shipments()}
        told |= {"payments": book.payments(), "parties": book.parties(), "products": book.products()}
        told["records"] = [record(one) for one in web_ids]
        json.dump(told, sys.stdout, default=str)


class Reader:
    """Everything of a kind, each row a flat dict; amounts as text, quantities as they are."""

    def __init__(self, session):
        self._session = session

    def _rows(self, model, domain, fields, **context):
        proxy = self._session.get_proxy(model)
        full = {**self._session.context, **COMPANY, **context}
        return proxy.search_read(domain, 0, None, [["id", "ASC"]], fields, full)

    def sales(self):
        fields = ["number", "reference", "web_id", "state", "total_amount", "sale_date", "party", "origin"]
        fields += ["currency.code", "web_shop", "party.name", "party.code", "invoices", "invoice_state"]
        fields += ["shipment_address.street", "shipment_address.city"]
        lines = self._rows("sale.line", [], ["sale", "product.code", "quantity", "unit_price", "amount", "note"])
        by_sale = {}
        for line in lines:
            line["sku"] = below(line, "product")["code"]
            by_sale.setdefault(line["sale"], []).append(line)
        sales = self._rows("sale.sale", [], fields)
        for sale in sales:
            party, currency = below(sale, "party"), below(sale, "currency")
            place = below(sale, "shipment_address")
            sale["goes_to"] = [place.get("street") or "", place.get("city") or ""]
            sale |= {"party_name": party["name"], "party_code": party["code"], "currency": currency["code"]}
            sale["lines"] = by_sale.get(sale["id"], [])
        return sales

    def moves(self):
        """All that was, or is to be, moved to customers and back."""
        fields = ["product.code", "quantity", "state", "shipment", "origin", "from_location.type", "to_location.type"]
        wanted = ["OR", ["to_location.type", "=", "customer"], ["from_location.type", "=", "customer"]]
        rows = self._rows("stock.move", [wanted], fields)
        for row in rows:
            row["sku"] = below(row, "product")["code"]
            row["back"] = below(row, "from_location")["type"] == "customer"
        return rows

    def shipments(self):
        rows = self._rows("stock.shipment.out", [], ["number", "state", "reference", "carrier.party.name"])
        for row in rows:
            carrier = below(row, "carrier")
            row["carrier"] = below(carrier, "party")["name"] if carrier else ""
        return rows

    def payments(self):
        """What is noted beside sales."""
        return self._rows("ir.attachment", [["resource", "like", "sale.sale,%"]], ["resource", "name", "description"])

    def parties(self):
        fields = ["name", "code", "active", "replaced_by", "categories.name"]
        fields += [f"contact_mechanisms.{name}" for name in ("type", "value", "active")]
        fields += [f"addresses.{name}" for name in ("party_name", "street", "city", "postal_code", "country.code")]
        fields += [f"addresses.{name}" for name in ("active", "invoice", "delivery")]
        return self._rows("party.party", [EVERY], fields, active_test=False)

    def products(self):
        """Each product with what is on the shelf of all warehouses, and its prices."""
        warehouses = [one["id"] for one in self._rows("stock.location", [["type", "=", "warehouse"]], [])]
        fields = ["code", "type", "list_price_used", "quantity"]
        rows = self._rows("product.product", [], fields, locations=warehouses, with_childs=True)
        for price_list in self._rows("product.price_list", [], ["name"]):
            context = {"price_list": price_list["id"], "currency": 1}
            for row, priced in zip(rows, self._rows("product.product", [], ["sale_price_uom"], **context), strict=True):
                row.setdefault("prices", {})[price_list["name"]] = priced["sale_price_uom"]
        return rows


def below(row, name):
    return row.pop(f"{name}.", None) or {}


def record(web_id):
    """One sale, read as a program that uses the library would."""
    (sale,) = Model.get("sale.sale").find([("web_id", "=", web_id)])
    lines = [[line.product.code, line.quantity, line.amount, line.note] for line in sale.lines]
    return {
        "web_id": sale.web_id,
        "reference": sale.reference,
        "state": sale.state,
        "total_amount": Decimal(sale.total_amount),
        "party_name": sale.party.name,
        "lines": sorted(lines, key=str),
        "shipments": sorted(one.reference or "" for one in sale.shipments if one.state == "done"),
    }


if __name__ == "__main__":
    main(*sys.argv[1:])

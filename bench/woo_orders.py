"""The online-retail file as the orders of a WooCommerce shop: one JSON body each, the way PHP writes them.

One file holds them all as a list, in the order of their ids, and another where each of them begins: a page of the API
is a slice of the first. Of a body stand there the fields that the connector asks for, as `_fields` leaves them.
"""

import csv
import json
import lzma
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from decimal import ROUND_HALF_UP, Decimal
from html import escape
from itertools import count
from pathlib import Path
from typing import Any, TextIO
from zlib import crc32

Row = dict[str, Any]

CURRENCY = "GBP"
COUNTRIES = {
    "Australia": "AU",
    "Austria": "AT",
    "Bahrain": "BH",
    "Belgium": "BE",
    "Brazil": "BR",
    "Canada": "CA",
    "Channel Islands": "JE",
    "Cyprus": "CY",
    "Czech Republic": "CZ",
    "Denmark": "DK",
    "EIRE": "IE",
    "Finland": "FI",
    "France": "FR",
    "Germany": "DE",
    "Greece": "GR",
    "Hong Kong": "HK",
    "Iceland": "IS",
    "Israel": "IL",
    "Italy": "IT",
    "Japan": "JP",
    "Lebanon": "LB",
    "Lithuania": "LT",
    "Malta": "MT",
    "Netherlands": "NL",
    "Norway": "NO",
    "Poland": "PL",
    "Portugal": "PT",
    "RSA": "ZA",
    "Saudi Arabia": "SA",
    "Singapore": "SG",
    "Spain": "ES",
    "Sweden": "SE",
    "Switzerland": "CH",
    "USA": "US",
    "United Arab Emirates": "AE",
    "United Kingdom": "GB",
}
"""By the file's own words; others ("Unspecified", "European Community") are no country."""

_ADDRESS = ("first_name", "last_name", "company", "address_1", "address_2", "city", "state", "postcode", "country")


def write_shop(data: Path, folder: Path, fields: Iterable[str]) -> int:
    """Write `orders.json` and `orders.offsets` into `folder`; returns how many orders there are."""
    kept = frozenset(fields)
    offsets = array("Q")
    with (folder / "orders.json").open("wb") as file:
        file.write(b"[")
        for body in order_bodies(data):
            offsets.append(file.tell())
            text = json.dumps({name: value for name, value in body.items() if name in kept}, separators=(",", ":"))
            file.write(text.replace("/", "\\/").encode() + b",")
        offsets.append(file.tell())
    (folder / "orders.offsets").write_bytes(offsets.tobytes())
    return len(offsets) - 1


def order_bodies(data: Path) -> Iterator[Row]:
    """Every invoice as an order, with the ids that posts and order items have: one sequence each."""
    items, metas = count(5001), count(90001)
    for order_id, rows in enumerate(invoices(data), 1001):
        yield _body(order_id, rows, items, metas)


def invoices(data: Path) -> Iterable[list[dict[str, str]]]:
    found: dict[str, list[dict[str, str]]] = {}
    opened: Callable[..., TextIO] = lzma.open if data.suffix == ".xz" else open
    with opened(data, "rt", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            found.setdefault(row["InvoiceNo"], []).append(row)
    return found.values()


def _body(order_id: int, rows: Sequence[dict[str, str]], items: Iterator[int], metas: Iterator[int]) -> Row:
    first = rows[0]
    lines = [_line(row, next(items), next(metas)) for row in rows]
    total = _text(sum((Decimal(line["total"]).quantize(Decimal("0.01"), ROUND_HALF_UP) for line in lines), Decimal()))
    at, customer, country = first["InvoiceDate"][:19], first["CustomerID"], COUNTRIES.get(first["Country"], "")
    came_back = all(line["quantity"] < 0 for line in lines)
    zero = _text(Decimal())
    nothing: list[list[Row]] = [[] for _ in range(5)]
    link = "https://shop.example/wp-json/wc/v3/orders"
    return {
        "id": order_id,
        "parent_id": 0,
        "status": "completed",
        "currency": CURRENCY,
        "version": "10.4.2",
        "prices_include_tax": False,
        "date_created": at,
        "date_modified": at,
        **dict.fromkeys(("discount_total", "discount_tax", "shipping_total", "shipping_tax", "cart_tax"), zero),
        "total": total,
        "total_tax": zero,
        "customer_id": int(customer or 0),
        "order_key": f"wc_order_{crc32(first['InvoiceNo'].encode()):013x}",
        "billing": _billing(customer, country),
        "shipping": dict.fromkeys((*_ADDRESS, "phone"), ""),
        "payment_method": "bacs",
        "payment_method_title": "Direct bank transfer",
        "transaction_id": "",
        "customer_ip_address": "192.0.2.7",
        "customer_user_agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
        "created_via": "pos-till" if came_back else "checkout",
        "customer_note": "",
        "date_completed": at,
        "date_paid": at if Decimal(total) else None,
        "cart_hash": "",
        "number": first["InvoiceNo"],
        "meta_data": [{"id": next(metas), "key": "is_vat_exempt", "value": "no"}],
        "line_items": lines,
        **dict(zip(("tax_lines", "shipping_lines", "fee_lines", "coupon_lines", "refunds"), nothing, strict=True)),
        "payment_url": f"https://shop.example/checkout/order-pay/{order_id}/?pay_for_order=true",
        "is_editable": False,
        "needs_payment": False,
        "needs_processing": True,
        "date_created_gmt": at,
        "date_modified_gmt": at,
        "date_completed_gmt": at,
        "date_paid_gmt": at if Decimal(total) else None,
        "currency_symbol": "£",
        "_links": {"self": [{"href": f"{link}/{order_id}"}], "collection": [{"href": link}]},
    }


def _line(row: dict[str, str], item: int, meta: int) -> Row:
    """One line, with the note that WooCommerce leaves on a line whose stock it has taken."""
    quantity, sku = int(row["Quantity"]), row["StockCode"]
    amount = Decimal(row["UnitPrice"]) * quantity
    product = crc32(sku.encode()) % 900_000 + 100
    name, value = "_reduced_stock", str(quantity)
    return {
        "id": item,
        "name": escape(row["Description"], quote=False),
        "product_id": product,
        "variation_id": 0,
        "quantity": quantity,
        "tax_class": "",
        "subtotal": _text(amount),
        "subtotal_tax": _text(Decimal()),
        "total": _text(amount),
        "total_tax": _text(Decimal()),
        "taxes": [],
        "meta_data": [{"id": meta, "key": name, "value": value, "display_key": name, "display_value": value}],
        "sku": sku,
        "global_unique_id": "",
        "price": float(amount / quantity) if quantity else 0,
        "image": {"id": product + 1, "src": f"https://shop.example/wp-content/uploads/2010/11/{product}.jpg"},
        "parent_name": None,
    }


def _billing(customer: str, country: str) -> Row:
    """A guest at the till leaves nothing."""
    row = {**dict.fromkeys(_ADDRESS, ""), "email": "", "phone": ""}
    if not customer:
        return row
    street, town = f"{int(customer) % 200 + 1} High Street", f"Town {int(customer) % 97}"
    row.update(first_name="Customer", last_name=customer, address_1=street, city=town, country=country)
    row.update(email=f"customer.{customer}@example.com", phone=f"+44 7700 9{customer:>05}")
    return row


def _text(amount: Decimal) -> str:
    """As `dp=6` has it."""
    return f"{amount.quantize(Decimal('0.000001')) + 0:f}"

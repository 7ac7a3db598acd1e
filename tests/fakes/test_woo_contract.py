"""The fake of WooCommerce serves what the vendor's pages say: each field and route stands there, or here with a reason.

The pages lie beside the project's folder, or where SYNCCTL_CONTRACTS says; without them nothing can be compared.
"""

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.woo import Shop, Site, WooServer
from tests.fakes.woo.app import ROUTES
from tests.fakes.woo.client import Client
from tests.fakes.woo.shop import Fee, Line
from tests.fakes.woo.world import Clock

pytestmark = pytest.mark.wire
CONTRACTS = (
    Path(os.environ.get("SYNCCTL_CONTRACTS", Path(__file__).parents[3] / "shared" / "contracts")) / "woocommerce"
)

# What the pages do not name and the real one serves. Each is seen in the plugin's own code, unless it says otherwise.
BEYOND = {
    "orders": {
        "payment_url": "since 6.3",
        "is_editable": "since 6.3",
        "needs_payment": "since 6.3",
        "needs_processing": "since 6.3",
        "currency_symbol": "of a plug-in",
        "plugin_note": "of a plug-in",
        "shipping.phone": "since 5.6",
        "meta_data.display_key": "for people",
        "meta_data.display_value": "for people",
        "line_items.image": "since 6.x",
        "image.src": "since 6.x",
        "line_items.parent_name": "since 5.x",
        "shipping_lines.instance_id": "since 3.x",
        "shipping_lines.tax_status": "since 9.x",
        "fee_lines.amount": "since 3.x",
        "tax_lines.rate_percent": "since 3.7",
        "coupon_lines.discount_type": "since 8.x",
        "coupon_lines.nominal_amount": "since 8.x",
        "coupon_lines.free_shipping": "since 8.x",
        "_links.customer": "of an order of an account",
    },
    "order-refunds": {
        "parent_id": "of /refunds, since 9.0",
        "shipping_lines": "since 4.x",
        "tax_lines": "since 4.x",
        "fee_lines": "since 4.x",
        "line_items.image": "since 6.x",
        "image.src": "since 6.x",
        "line_items.parent_name": "since 5.x",
        "meta_data.display_key": "for people",
        "meta_data.display_value": "for people",
    },
    "products": {
        "low_stock_amount": "since 3.5",
        "has_options": "since 5.x",
        "post_password": "since 8.x",
        "global_unique_id": "since 9.2",
        "brands": "since 9.6",
        "jetpack_sharing_enabled": "of a plug-in",
    },
    "product-variations": {
        "low_stock_amount": "since 3.5",
        "global_unique_id": "since 9.2",
        "name": "since 8.3",
        "parent_id": "since 8.3, and of /variations",
    },
    "customers": {"shipping.phone": "since 5.6", "last_active": "of a plug-in"},
    "order-notes": {},
    "data": {},
    "setting-options": {},
    "settings": {},
    "system-status": {
        "environment.version": "the page says wc_version; the plugin's own code says version",
        "settings.HPOS_enabled": "since 7.2",
        "settings.order_datastore": "since 7.2",
    },
}
ROUTES_BEYOND = {
    "refunds": "since 9.0",
    "variations": "since 10.3",
}


@pytest.fixture(scope="module")
def contracts() -> Path:
    if not CONTRACTS.is_dir():
        pytest.skip("the vendor's pages are not here")
    return CONTRACTS


@pytest.fixture(scope="module")
def rows() -> Iterator[dict[str, Any]]:
    """A row of each kind, as rich as it gets."""
    site = Site(clock=Clock())
    shop = Shop(site)
    parent = shop.add_product("P", kind="variable")
    variation = shop.add_variation(parent, "V", 5, attributes={"Colour": "red"})
    ann = shop.add_customer("ann@example.com")
    order = shop.place(
        [Line(variation, 3, tax="1.00", off="1.00")],
        shipping=("4.00", "0.50"),
        fees=[Fee("Wrap", "1.00", "0.10")],
        coupon="ten",
        customer=ann,
    )
    shop.refund(order, {shop.lines(order)[0]: 1})
    with WooServer(site) as server:
        client = Client(server)
        yield {
            "orders": client.get(f"orders/{order}").json,
            "order-refunds": client.get("refunds").json[0],
            "products": client.get(f"products/{parent}").json,
            "product-variations": client.get("variations").json[0],
            "customers": client.get(f"customers/{ann}").json,
            "order-notes": client.post(f"orders/{order}/notes", {"note": "x"}).json,
            "data": client.get("data/currencies/current").json,
            "setting-options": client.get("settings/general").json[0],
            "settings": client.get("settings").json[0],
            "system-status": client.get("system_status").json,
        }
        client.close()


def words(contracts: Path, page: str) -> set[str]:
    """Every name that stands on a page: in its tables, in its examples."""
    told = (contracts / "docs" / f"_{page}.md").read_text(encoding="utf-8")
    found = set(re.findall(r"^\| *`(\w+)` *\|", told, re.MULTILINE))
    for example in contracts.glob(f"examples/{page}__*.json"):
        found |= set(re.findall(r'"(\w+)":', example.read_text(encoding="utf-8")))
    return found


def names(row: Any, outer: str = "") -> Iterator[str]:
    """Every name in a row: `total`, `line_items.total`, `line_items.taxes.id`; nothing of what stands in meta."""
    if isinstance(row, list):
        for each in row:
            yield from names(each, outer)
    elif isinstance(row, dict):
        for name, value in row.items():
            yield f"{outer}{name}"
            if name not in ("value", "display_value", "targetHints"):
                yield from names(value, f"{outer}{name}.")


def inner(name: str) -> str:
    """A name with what it stands in: of `line_items.meta_data.display_key` the last two."""
    return ".".join(name.split(".")[-2:])


@pytest.mark.parametrize("page", sorted(BEYOND))
def test_every_field_stands_on_its_page_or_has_a_reason(contracts: Path, rows: dict[str, Any], page: str) -> None:
    known, reasons = words(contracts, page), BEYOND[page]
    unknown = {
        name
        for name in names(rows[page])
        if name.split(".")[-1] not in known and name not in reasons and inner(name) not in reasons
    } - {"_links.self.targetHints"}  # of WordPress, since 6.7
    assert unknown == set()


@pytest.mark.parametrize("page", ["orders", "products", "product-variations", "customers", "order-refunds"])
def test_every_field_of_the_page_s_table_is_served(contracts: Path, rows: dict[str, Any], page: str) -> None:
    """The first table of a page, but for what is only ever written."""
    told = (contracts / "docs" / f"_{page}.md").read_text(encoding="utf-8")
    table = told.split("\n## ")[1].split("\n### ")[0]
    fields = [line.split("`")[1] for line in table.splitlines() if line.startswith("| `") and "write-only" not in line]
    assert set(fields) - rows[page].keys() == set()


@pytest.mark.parametrize(
    ("page", "example"),
    [
        ("orders", "orders__retrieve-an-order__1"),
        ("customers", "customers__retrieve-a-customer__1"),
        ("products", "products__retrieve-a-product__1"),
        ("product-variations", "product-variations__retrieve-a-product-variation__1"),
    ],
)
def test_every_value_has_the_kind_that_the_example_has(
    contracts: Path, rows: dict[str, Any], page: str, example: str
) -> None:
    vendor = json.loads((contracts / "examples" / f"{example}.json").read_text(encoding="utf-8"))
    unlike = {
        name: (type(vendor[name]).__name__, type(rows[page][name]).__name__)
        for name in vendor.keys() & rows[page].keys()
        if vendor[name] is not None and rows[page][name] is not None
        if type(vendor[name]) is not type(rows[page][name])
    }
    assert unlike == {}


def test_every_route_stands_in_the_index_or_has_a_reason(contracts: Path) -> None:
    index = json.loads((contracts / "wc-v3-index.json").read_text(encoding="utf-8"))
    known: dict[str, set[str]] = {}
    for route, told in index["routes"].items():
        plain = re.sub(r"\(\?P<\w+>\[\\d\]\+\)", "#", route.removeprefix("/wc/v3/"))
        plain = re.sub(r"\(\?P<\w+>\[\\w-\]\+\)", "@", plain)
        known.setdefault(plain, set()).update(way for end in told["endpoints"] for way in end["methods"])
    pages = "".join(page.read_text(encoding="utf-8") for page in (contracts / "docs").glob("_*.md"))
    for methods, route, since, _ in ROUTES:
        shown = route.replace("#", "&lt;id&gt;").replace("@", "&lt;id&gt;")
        if route in ROUTES_BEYOND:
            assert since
        elif route in known:
            assert set(methods) <= known[route], route
        else:
            assert f"/wp-json/wc/v3/{shown}<" in pages, route

"""Stock on the fake of WooCommerce moves when the real one's does, and refunds tell as little as the real ones."""

from decimal import Decimal
from typing import Any

import pytest

from tests.fakes.woo import Shop, Site
from tests.fakes.woo.client import Client
from tests.fakes.woo.shop import Fee, Line

pytestmark = pytest.mark.wire


def tally(client: Client, order_id: int) -> dict[str, Any]:
    """The meta of an order's first line."""
    line = client.get(f"orders/{order_id}").json["line_items"][0]
    return {meta["key"]: meta["value"] for meta in line["meta_data"]}


def test_the_oracle_knows_what_was_sold_and_what_was_shown(shop: Shop, site: Site, client: Client) -> None:
    product = shop.add_product("A", 10)
    order_id = shop.place([Line(product, 3), Line(product, 1)])
    client.post("products/batch", {"update": [{"id": product, "stock_quantity": 8}]})
    shop.set_level(product, 2)
    told = [(event.number, event.by, event.what, event.id) for event in site.oracle.events]
    assert told == [
        (1, "buyer", "placed", order_id),
        (2, "buyer", "status", order_id),
        (3, "api", "updated", product),
        (4, "shop", "level", product),
    ]
    assert site.oracle.events[0].detail["units"] == {product: 4}
    levels = [(level.number, level.quantity, level.by) for level in site.oracle.levels[product]]
    assert levels == [(0, 10, "start"), (1, 7, "order"), (1, 6, "order"), (3, 8, "api"), (4, 2, "hand")]


@pytest.mark.parametrize(
    ("status", "left"),
    [("pending", 10), ("failed", 10), ("checkout-draft", 10), ("processing", 7), ("on-hold", 7), ("completed", 7)],
)
def test_an_order_takes_its_stock_with_its_status(shop: Shop, site: Site, status: str, left: int) -> None:
    product = shop.add_product("A", 10)
    shop.place([Line(product, 3)], status=status)
    assert site.products[product].quantity == left


def test_stock_is_taken_once_and_given_back_once(shop: Shop, site: Site, client: Client) -> None:
    product = shop.add_product("A", 10)
    order_id = shop.place([Line(product, 3)], status="pending")
    levels = []
    for status in ("on-hold", "processing", "completed", "cancelled", "cancelled", "processing"):
        shop.set_status(order_id, status)
        levels.append(site.products[product].quantity)
    assert levels == [7, 7, 7, 10, 10, 7]
    assert tally(client, order_id)["_reduced_stock"] == "3"
    assert [(level.quantity, level.by) for level in site.oracle.levels[product]] == [
        (10, "start"),
        (7, "order"),
        (10, "restock"),
        (7, "order"),
    ]


def test_stock_that_goes_out_of_the_shop_may_be_oversold_and_says_so(shop: Shop, site: Site, client: Client) -> None:
    plain, behind = shop.add_product("A", 1), shop.add_product("B", 1, backorders="notify")
    shop.place([Line(plain, 3), Line(behind, 3)])
    rows = {row["id"]: row for row in client.get("products").json}
    assert (rows[plain]["stock_quantity"], rows[plain]["stock_status"]) == (-2, "outofstock")
    assert (rows[behind]["stock_quantity"], rows[behind]["stock_status"]) == (-2, "onbackorder")


def test_what_a_parent_keeps_is_taken_from_it(shop: Shop, site: Site) -> None:
    parent = shop.add_product("P", 10, kind="variable")
    small, large = shop.add_variation(parent, "S"), shop.add_variation(parent, "L", 4)
    shop.place([Line(small, 3), Line(large, 1)])
    assert [site.products[each].quantity for each in (parent, small, large)] == [7, None, 3]


def test_an_order_does_not_move_the_date_of_a_product(shop: Shop, site: Site) -> None:
    product = shop.add_product("A", 10)
    before = site.products[product].modified
    site.clock.advance(60)  # type: ignore[attr-defined]
    shop.place([Line(product)])
    assert site.products[product].modified == before
    shop.set_level(product, 3)
    assert site.products[product].modified > before
    before = site.products[product].modified
    site.options.moves_stock_date = True
    site.clock.advance(60)  # type: ignore[attr-defined]
    shop.place([Line(product)])
    assert site.products[product].modified > before


def test_a_refund_puts_back_what_it_is_told_and_only_the_line_keeps_the_tally(
    shop: Shop, site: Site, client: Client
) -> None:
    product = shop.add_product("A", 10)
    order_id = shop.place([Line(product, 5, tax="4.50")])
    [line] = shop.lines(order_id)
    restocked = shop.refund(order_id, {line: 2}, restock=True).id
    kept = shop.refund(order_id, {line: 1}, restock=False).id
    assert site.products[product].quantity == 7
    assert (tally(client, order_id)["_reduced_stock"], tally(client, order_id)["_restock_refunded_items"]) == ("3", "2")
    row = client.get(f"orders/{order_id}").json
    assert [(one["id"], one["total"]) for one in row["refunds"]] == [(kept, "-5.90"), (restocked, "-11.80")]
    assert (row["status"], row["line_items"][0]["quantity"], row["total"]) == ("processing", 5, "29.50")
    first, second = client.get("refunds", include=f"{kept},{restocked}", orderby="id", order="asc").json
    assert (first["parent_id"], first["amount"], second["amount"]) == (order_id, "11.80", "5.90")
    [image] = first["line_items"]
    assert (image["quantity"], image["total"], image["total_tax"]) == (-2, "-10.00", "-1.80")
    assert [(meta["key"], meta["value"]) for meta in image["meta_data"]] == [("_refunded_item_id", str(line))]
    assert "restock" not in client.get("refunds").text.replace("_restock_refunded_items", "")
    assert client.get(f"orders/{order_id}/refunds").ids == [kept, restocked]


def test_money_alone_may_be_given_back_and_the_whole_makes_an_order_refunded(shop: Shop, client: Client) -> None:
    order_id = shop.place([Line(shop.add_product("A", 10), 2)], shipping=("4.00", "0"), fees=[Fee("Wrap", "1.00")])
    [line] = shop.lines(order_id)
    freight = client.get(f"orders/{order_id}").json["shipping_lines"][0]["id"]
    shop.refund(order_id, {line: 0}, totals={line: Decimal("3.00")})
    shop.refund(order_id, {freight: 1})
    row = client.get("refunds", orderby="id", order="asc").json
    assert [(one["amount"], [item["quantity"] for item in one["line_items"]]) for one in row] == [
        ("3.00", [0]),
        ("4.00", []),
    ]
    assert row[1]["shipping_lines"][0]["total"] == "-4.00"
    shop.refund(order_id, {}, amount=Decimal("8.00"), reason="goodwill")
    row = client.get(f"orders/{order_id}").json
    assert (row["status"], row["refunds"][0]) == (
        "refunded",
        {"id": row["refunds"][0]["id"], "reason": "goodwill", "total": "-8.00"},
    )


def test_the_word_refunded_alone_gives_back_the_money_that_is_left_and_no_stock(
    shop: Shop, site: Site, client: Client
) -> None:
    product = shop.add_product("A", 10)
    order_id = shop.place([Line(product, 4)])
    [line] = shop.lines(order_id)
    shop.refund(order_id, {line: 1})
    shop.set_status(order_id, "refunded")
    newest, first = client.get(f"orders/{order_id}").json["refunds"]
    assert (newest["total"], newest["reason"], first["total"]) == ("-15.00", "Order fully refunded.", "-5.00")
    assert client.get(f"orders/{order_id}/refunds").json[0]["line_items"] == []
    assert site.products[product].quantity == 7


def test_a_refund_that_is_taken_back_leaves_its_tally(shop: Shop, site: Site, client: Client) -> None:
    product = shop.add_product("A", 10)
    order_id = shop.place([Line(product, 4)])
    [line] = shop.lines(order_id)
    refund, before = shop.refund(order_id, {line: 1}), site.orders[order_id].modified
    site.clock.advance(60)  # type: ignore[attr-defined]
    shop.delete_refund(refund.id)
    assert (client.get("refunds").ids, client.get(f"orders/{order_id}").json["refunds"]) == ([], [])
    assert tally(client, order_id)["_restock_refunded_items"] == "1"
    assert (site.products[product].quantity, site.orders[order_id].modified) == (7, before)


def test_an_edited_line_moves_its_stock_by_the_difference(shop: Shop, site: Site) -> None:
    product = shop.add_product("A", 10)
    order_id = shop.place([Line(product, 4)])
    [line] = shop.lines(order_id)
    shop.refund(order_id, {line: 1}, restock=True)
    levels = [site.products[product].quantity]
    for quantity in (6, 2):
        shop.edit_line(order_id, line, quantity)
        levels.append(site.products[product].quantity)
    shop.add_line(order_id, Line(product, 5))
    assert [*levels, site.products[product].quantity] == [7, 5, 9, 4]
    shop.edit_line(order_id, line, 0)
    assert (site.products[product].quantity, len(shop.lines(order_id))) == (5, 1)


def test_the_trash_keeps_the_stock_and_gives_the_order_back(shop: Shop, site: Site, client: Client) -> None:
    product = shop.add_product("A", 10)
    order_id = shop.place([Line(product, 4)])
    shop.trash(order_id)
    assert (client.get("orders").ids, site.products[product].quantity) == ([], 6)
    shop.untrash(order_id)
    assert client.get("orders").json[0]["status"] == "processing"
    shop.delete(order_id)
    assert (client.get(f"orders/{order_id}").code, site.products[product].quantity) == (
        "woocommerce_rest_shop_order_invalid_id",
        6,
    )

"""The fake of WooCommerce reads as the real one does: pages, filters, dates on the site's clock, fields."""

import doctest
from datetime import UTC, datetime, timedelta

import pytest

from tests.fakes.woo import Options, Shop, Site, php
from tests.fakes.woo.client import Client
from tests.fakes.woo.shop import Fee, Line

pytestmark = pytest.mark.wire
NOON = datetime(2026, 3, 1, 12, 0, 0, 987654, tzinfo=UTC)


class Clock:
    def __init__(self) -> None:
        self.at = NOON

    def __call__(self) -> datetime:
        return self.at


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_times_are_whole_seconds_on_the_site_clock_and_in_gmt(client: Client, shop: Shop) -> None:
    order_id = shop.place([Line(shop.add_product("A", 5))])
    row = client.get(f"orders/{order_id}").json
    assert (row["date_created"], row["date_created_gmt"]) == ("2026-03-01T17:30:00", "2026-03-01T12:00:00")
    assert client.get("orders").headers["Date"] == "Sun, 01 Mar 2026 12:00:00 GMT"


def test_bounds_are_exclusive_and_on_the_site_clock_unless_gmt_is_asked_for(
    client: Client, shop: Shop, clock: Clock
) -> None:
    order_id = shop.place([Line(0, name="x")])
    bounds = {"2026-03-01T11:59:59": [order_id], "2026-03-01T12:00:00": [], "2026-03-01T17:29:59": []}
    for bound, found in bounds.items():
        assert client.get("orders", modified_after=bound, dates_are_gmt="true").ids == found, bound
    assert client.get("orders", modified_after="2026-03-01T17:29:59").ids == [order_id]
    assert client.get("orders", modified_after="2026-03-01T17:30:00").ids == []
    assert client.get("orders", after="2026-03-01T11:59:59", dates_are_gmt="true").ids == [order_id]


def test_a_bound_with_a_zone_is_turned_to_the_site_clock_even_where_gmt_is_compared(client: Client, shop: Shop) -> None:
    order_id = shop.place([Line(0, name="x")])
    assert client.get("orders", modified_after="2026-03-01T11:59:59Z", dates_are_gmt="true").ids == []
    assert client.get("orders", modified_after="2026-03-01T11:59:59Z").ids == [order_id]


def test_a_bound_in_the_hour_that_spring_skips_is_an_hour_later_in_gmt_too(
    client: Client, shop: Shop, site: Site, clock: Clock
) -> None:
    site.options.zone = "Europe/Berlin"
    clock.at = datetime(2026, 3, 29, 2, 45, tzinfo=UTC)
    order_id = shop.place([Line(0, name="x")])
    bounds = {"01:59:59": [order_id], "02:30:00": [], "03:00:00": []}
    for bound, found in bounds.items():
        assert client.get("orders", modified_after=f"2026-03-29T{bound}", dates_are_gmt="true").ids == found, bound


@pytest.mark.parametrize(
    ("query", "why"),
    [
        ({"per_page": "101"}, "per_page must be between 1 (inclusive) and 100 (inclusive)"),
        ({"per_page": "0"}, "per_page must be between 1 (inclusive) and 100 (inclusive)"),
        ({"per_page": "ten"}, "per_page is not of type integer."),
        ({"orderby": "total"}, "orderby is not one of date, id, include, title, slug, and modified."),
        ({"order": "up"}, "order is not one of asc, and desc."),
        ({"modified_after": "2026-03-01"}, "modified_after: Invalid date."),
        ({"dates_are_gmt": "yes"}, "dates_are_gmt is not of type boolean."),
    ],
)
def test_a_bad_parameter_is_named(client: Client, query: dict[str, str], why: str) -> None:
    got = client.get("orders", **query)
    assert (got.status, got.code) == (400, "rest_invalid_param")
    assert list(got.json["data"]["params"].values()) == [why]


def test_pages_are_ten_newest_first_and_counted(client: Client, shop: Shop, clock: Clock) -> None:
    placed = []
    for _ in range(12):
        clock.at += timedelta(seconds=1)
        placed.append(shop.place([Line(0, name="x")]))
    got = client.get("orders")
    assert got.ids == placed[:1:-1]
    assert (got.headers["X-WP-Total"], got.headers["X-WP-TotalPages"]) == ("12", "2")
    assert 'rel="next"' in got.headers["Link"]
    assert client.get("orders", page=2).ids == placed[1::-1]
    assert client.get("orders", page=9).ids == []
    assert client.get("orders", orderby="id", order="asc", per_page=3, offset=4, page=2).ids == placed[4:7]


def test_a_host_may_want_smaller_pages(client: Client, site: Site) -> None:
    site.options.page_limit = 50
    assert [client.get(route, per_page=51).status for route in ("orders", "products", "customers", "refunds")] == [
        400
    ] * 4
    assert client.get("orders", per_page=50).status == 200


def test_pages_may_be_odd(client: Client, shop: Shop, site: Site) -> None:
    placed = [shop.place([Line(0, name="x")]) for _ in range(5)]
    asked = {"orderby": "id", "order": "asc", "per_page": 3}
    shop.change_order(placed[1], unloadable=True)
    got = client.get("orders", **asked)
    assert (got.ids, got.headers["X-WP-Total"]) == ([placed[0], placed[2]], "5")
    site.options.page_size, site.options.total_told = 2, 77
    got = client.get("orders", **asked, offset=2)
    assert (got.ids, got.headers["X-WP-Total"]) == (placed[2:4], "77")
    site.options.same_page = True
    assert client.get("orders", **asked, offset=4).ids == placed[:1]


def test_include_filters_unless_it_is_empty(client: Client, shop: Shop) -> None:
    placed = [shop.place([Line(0, name="x")]) for _ in range(3)]
    assert client.get("orders", include=f"{placed[2]},{placed[0]},nonsense", orderby="include").ids == placed[::-2]
    assert client.get("orders", include="nonsense").ids == []
    assert len(client.get("orders", include="").ids) == 3


def test_any_status_is_all_but_the_trash(client: Client, shop: Shop, site: Site) -> None:
    site.options.statuses = ("awaiting-shipment",)
    words = ["pending", "awaiting-shipment", "failed"]
    placed = [shop.place([Line(0, name="x")], status=word) for word in words]
    gone = shop.place([Line(0, name="x")])
    shop.trash(gone)
    assert sorted(client.get("orders", status="any").ids) == placed
    assert client.get("orders", status="failed,awaiting-shipment", order="asc").ids == placed[1:]
    assert client.get("orders", status="trash").ids == [gone]
    assert client.get(f"orders/{gone}").json["status"] == "trash"
    assert client.get("orders", status="lost").code == "rest_invalid_param"


@pytest.mark.parametrize(
    ("storage", "version", "seen"),
    [("hpos", "10.4", []), ("hpos", "9.0", ["checkout-draft"]), ("legacy", "10.4", ["checkout-draft", "of-a-plugin"])],
)
def test_drafts_and_statuses_that_nobody_registers_are_listed_by_some_storages_alone(
    client: Client, shop: Shop, site: Site, storage: str, version: str, seen: list[str]
) -> None:
    site.options = Options(storage=storage, version=version, statuses=("of-a-plugin",))
    for word in ("checkout-draft", "of-a-plugin"):
        shop.place([Line(0, name="x")], status=word)
    site.options.statuses = ()
    assert sorted(row["status"] for row in client.get("orders", status="any").json) == seen


def test_only_the_fields_asked_for_come(client: Client, shop: Shop) -> None:
    shop.place([Line(0, name="x")], billing={"email": "a@example.com", "city": "Leeds"})
    [row] = client.get("orders", _fields="id,billing.email,line_items.id").json
    assert row == {"id": row["id"], "billing": {"email": "a@example.com"}, "line_items": []}


def test_amounts_have_the_places_asked_for_and_totals_are_the_site_s(client: Client, shop: Shop) -> None:
    order_id = shop.place(
        [Line(0, 3, "0.333333", "0.181818", name="x", off="0.5", tax_off="0.09")],
        shipping=("4.95", "0.89"),
        fees=[Fee("Tip", "-1.00")],
        coupon="ten",
    )
    row = client.get(f"orders/{order_id}", dp=6).json
    line = row["line_items"][0]
    assert (line["subtotal"], line["total"], line["subtotal_tax"]) == ("0.999999", "0.499999", "0.181818")
    assert (row["total"], row["cart_tax"], row["discount_total"]) == ("5.430000", "0.090000", "0.500000")
    assert (line["price"], line["sku"]) == (pytest.approx(0.1666663333), None)
    assert client.get(f"orders/{order_id}").json["line_items"][0]["total"] == "0.50"


def test_routes_come_with_their_versions(client: Client, site: Site) -> None:
    for version, refunds, variations in (("7.0", 404, 404), ("9.0.1", 200, 404), ("10.3.0", 200, 200)):
        site.options = Options(version=version)
        assert (client.get("refunds").status, client.get("variations").status) == (refunds, variations)
    site.options.version = "8.9"
    assert client.get("refunds").code == "rest_no_route"


def test_a_variation_without_a_sku_shows_its_parents_in_every_context(client: Client, shop: Shop) -> None:
    parent = shop.add_product("TEE", 9, kind="variable")
    own, bare = shop.add_variation(parent, "TEE-S", 4), shop.add_variation(parent, "")
    for context in ("view", "edit"):
        rows = {row["id"]: row for row in client.get("variations", context=context).json}
        assert [(rows[one]["sku"], rows[one]["parent_id"]) for one in (own, bare)] == [
            ("TEE-S", parent),
            ("TEE", parent),
        ]
    assert (rows[own]["manage_stock"], rows[own]["stock_quantity"]) == (True, 4)
    assert (rows[bare]["manage_stock"], rows[bare]["stock_quantity"]) == ("parent", 9)
    assert client.get("products").ids == [parent]
    assert client.get(f"products/{parent}/variations", include=bare).ids == [bare]
    assert client.get("products/77777/variations").ids == []


def test_a_changed_record_is_read_as_it_is_now(client: Client, shop: Shop) -> None:
    product = shop.add_product("A", 5)
    order_id = shop.place([Line(product, 2)])
    assert client.get("products").json[0]["stock_quantity"] == 3
    assert client.get("orders").json[0]["line_items"][0]["sku"] == "A"
    shop.change_product(product, sku="B")
    shop.set_level(product, 9)
    shop.edit_line(order_id, shop.lines(order_id)[0], 1)
    assert client.get("products").json[0]["stock_quantity"] == 10
    line = client.get("orders").json[0]["line_items"][0]
    assert (line["sku"], line["quantity"], line["total"]) == ("B", 1, "5.00")
    shop.remove_product(product)
    assert client.get("orders").json[0]["line_items"][0]["sku"] is None


def test_a_copy_is_apart_from_what_it_was_made_of(site: Site, shop: Shop) -> None:
    order_id = shop.place([Line(shop.add_product("A", 5))])
    twin = site.copy()
    Shop(twin).cancel(order_id)
    assert (site.orders[order_id].status, twin.orders[order_id].status) == ("processing", "cancelled")
    assert len(twin.oracle.events) == len(site.oracle.events) + 1
    assert twin.clock is site.clock


def test_values_are_made_as_php_makes_them() -> None:
    tried = doctest.testmod(php)
    assert (tried.failed, tried.attempted > 1) == (0, True)

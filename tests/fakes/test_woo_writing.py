"""The fake of WooCommerce takes writes as the real one does: item by item, unvalidated in batches, by its own rules."""

import pytest

from tests.fakes.woo import Shop, Site
from tests.fakes.woo.client import Client
from tests.fakes.woo.shop import Line
from tests.fakes.woo.world import Clock

pytestmark = pytest.mark.wire


# --- products ---------------------------------------------------------------------------------------------------------


def test_each_item_of_a_batch_has_its_own_outcome(client: Client, shop: Shop, site: Site) -> None:
    first, parent = shop.add_product("A", 5), shop.add_product("P", kind="variable")
    variation = shop.add_variation(parent, "V", 1)
    got = client.post(
        "products/batch",
        {
            "update": [
                {"id": first, "stock_quantity": 7, "regular_price": "9.99"},
                {"id": 98765, "stock_quantity": 1},
                {"id": variation, "stock_quantity": 1},
            ]
        },
    )
    done, unknown, elsewhere = got.json["update"]
    assert got.status == 200
    assert (done["id"], done["stock_quantity"], done["regular_price"], done["price"]) == (first, 7, "9.99", "9.99")
    assert unknown == {
        "id": 98765,
        "error": {"code": "woocommerce_rest_product_invalid_id", "message": "Invalid ID.", "data": {"status": 400}},
    }
    assert elsewhere["error"]["code"] == "woocommerce_rest_invalid_product_id"
    assert [event.id for event in site.oracle.writes("product")] == [first]
    assert [level.quantity for level in site.oracle.levels[first]] == [5, 7]


def test_a_batch_validates_nothing_where_a_single_request_does(client: Client, shop: Shop, site: Site) -> None:
    product = shop.add_product("A", 5)
    for bad in ({"stock_quantity": "many"}, {"stock_quantity": 3.5}, {"regular_price": 5}, {"meta_data": {}}):
        got = client.send("PUT", f"products/{product}", bad)
        assert (got.status, got.code) == (400, "rest_invalid_param"), bad
    assert (site.products[product].quantity, site.products[product].regular_price) == (5, "5.00")
    [row] = client.post(
        "products/batch", {"update": [{"id": product, "stock_quantity": "many", "regular_price": "NaN"}]}
    ).json["update"]
    assert (row["stock_quantity"], row["regular_price"], row["price"]) == (0, "", "")


def test_a_batch_has_a_limit_and_nothing_of_it_is_done_beyond(client: Client, shop: Shop, site: Site) -> None:
    product = shop.add_product("A", 5)
    items = [{"id": product, "stock_quantity": 1}] * 101
    got = client.post("products/batch", {"update": items})
    assert (got.status, got.code) == (413, "woocommerce_rest_request_entity_too_large")
    assert site.products[product].quantity == 5
    assert len(client.post("products/batch", {"update": items[:100]}).json["update"]) == 100


def test_php_may_die_within_a_batch_and_what_was_done_is_done(client: Client, shop: Shop, site: Site) -> None:
    products = [shop.add_product(sku, 5) for sku in "ABC"]
    site.options.fatal_after = 2
    batch = {"update": [{"id": product, "stock_quantity": 1} for product in products]}
    got = client.post("products/batch", batch)
    assert (got.status, got.code) == (500, "internal_server_error")
    assert [site.products[product].quantity for product in products] == [1, 1, 5]
    assert client.post("products/batch", batch).status == 200


def test_a_batch_of_nothing_is_answered_by_an_empty_list(client: Client) -> None:
    assert [client.post("products/batch", body).text for body in ({}, {"update": []})] == ["[]", "[]"]


def test_fields_asked_of_a_batch_are_not_found_inside_it(client: Client, shop: Shop) -> None:
    product = shop.add_product("A", 5)
    batch = {"update": [{"id": product, "stock_quantity": 1}]}
    assert client.post("products/batch", batch, _fields="id,stock_quantity").json == {}
    assert client.post("products/batch", batch, _fields="update.id").json == {"update": []}


def test_what_keeps_no_stock_takes_no_level_and_does_not_say_so(client: Client, shop: Shop, site: Site) -> None:
    loose, parent = shop.add_product("A"), shop.add_product("P", 9, kind="variable")
    variation = shop.add_variation(parent, "V")
    [row] = client.post("products/batch", {"update": [{"id": loose, "stock_quantity": 4}]}).json["update"]
    assert (row["manage_stock"], row["stock_quantity"]) == (False, None)
    path = f"products/{parent}/variations/batch"
    [row] = client.post(path, {"update": [{"id": variation, "stock_quantity": 4}]}).json["update"]
    assert (row["manage_stock"], row["stock_quantity"]) == ("parent", 9)
    site.options.manage_stock = False
    kept = shop.add_product("K", 3)
    [row] = client.post("products/batch", {"update": [{"id": kept, "stock_quantity": 4}]}).json["update"]
    assert (row["manage_stock"], site.products[kept].quantity) == (False, 3)


def test_a_price_leaves_the_sale_alone_and_a_variable_product_has_none(client: Client, shop: Shop) -> None:
    product, parent = shop.add_product("A", 5, sale_price="4.00"), shop.add_product("P", kind="variable")
    variation = shop.add_variation(parent, "V", 1, price="3.00")
    rows = client.post(
        "products/batch", {"update": [{"id": product, "regular_price": "6"}, {"id": parent, "regular_price": "6"}]}
    ).json["update"]
    assert [(row["regular_price"], row["sale_price"], row["price"]) for row in rows] == [
        ("6", "4.00", "4.00"),
        ("", "", "3.00"),
    ]
    path = f"products/{parent}/variations/batch"
    [row] = client.post(path, {"update": [{"id": variation, "regular_price": "7.5"}]}).json["update"]
    assert (row["id"], row["regular_price"]) == (variation, "7.5")


def test_a_variation_written_under_another_product_moves_there_and_is_told_on(
    client: Client, shop: Shop, site: Site
) -> None:
    first, second = (shop.add_product(sku, kind="variable") for sku in ("P", "Q"))
    variation = shop.add_variation(first, "V", 1)
    client.post(f"products/{second}/variations/batch", {"update": [{"id": variation, "stock_quantity": 4}]})
    assert site.products[variation].parent_id == second
    assert site.oracle.violations
    got = client.send("PUT", f"products/{first}/variations/{variation}", {"stock_quantity": 1})
    assert (got.status, got.code) == (403, "woocommerce_rest_cannot_edit")


# --- orders -----------------------------------------------------------------------------------------------------------


def test_meta_is_updated_by_its_key_and_taken_away_by_null(client: Client, shop: Shop) -> None:
    order_id = shop.place([Line(0, name="x")])

    def write(*metas: dict[str, object]) -> dict[str, object]:
        got = client.post("orders/batch", {"update": [{"id": order_id, "meta_data": list(metas)}]})
        return {meta["key"]: meta["value"] for meta in got.json["update"][0]["meta_data"]}

    assert write({"key": "_a", "value": "1"}, {"key": "_n", "value": 5})["_n"] == "5"
    after = write({"key": "_a", "value": "2"}, {"key": "_list", "value": [{"x": 1}]})
    assert (after["_a"], after["_list"]) == ("2", [{"x": 1}])
    keys = [meta["key"] for meta in client.get(f"orders/{order_id}").json["meta_data"]]
    assert keys.count("_a") == 1
    assert "_a" not in write({"key": "_a", "value": None})


@pytest.mark.parametrize(("storage", "moved"), [("hpos", True), ("legacy", False)])
def test_whether_meta_moves_the_date_is_a_matter_of_the_storage(
    client: Client, shop: Shop, site: Site, clock: Clock, storage: str, moved: bool
) -> None:
    site.options.storage = storage
    order_id = shop.place([Line(0, name="x")])
    before = site.orders[order_id].modified
    clock.advance(60)
    client.post("orders/batch", {"update": [{"id": order_id, "meta_data": [{"key": "_a", "value": "1"}]}]})
    assert (site.orders[order_id].modified > before) is moved
    before = site.orders[order_id].modified
    clock.advance(60)
    shop.edit_line(order_id, shop.lines(order_id)[0], 2)
    assert (site.orders[order_id].modified > before) is moved
    clock.advance(60)
    client.post("orders/batch", {"update": [{"id": order_id, "status": "completed"}]})
    assert site.orders[order_id].modified == site.time


def test_an_order_that_is_completed_has_its_time_and_a_mail_leaves(client: Client, shop: Shop, site: Site) -> None:
    order_id = shop.place([Line(0, name="x")])
    got = client.post("orders/batch", {"update": [{"id": order_id, "status": "completed"}, {"id": 1, "status": "x"}]})
    done, unknown = got.json["update"]
    assert (done["status"], done["date_completed_gmt"]) == ("completed", "2026-03-01T12:00:00")
    assert unknown["error"]["code"] == "woocommerce_rest_shop_order_invalid_id"
    assert [kind for _, kind, _ in site.oracle.mails] == ["customer_processing_order", "customer_completed_order"]


def test_a_status_that_is_not_known_becomes_pending_in_a_batch(client: Client, shop: Shop, site: Site) -> None:
    product = shop.add_product("A", 5)
    order_id = shop.place([Line(product, 2)])
    [row] = client.post("orders/batch", {"update": [{"id": order_id, "status": "shipped"}]}).json["update"]
    assert (row["status"], site.products[product].quantity) == ("pending", 5)
    assert client.send("PUT", f"orders/{order_id}", {"status": "shipped"}).code == "rest_invalid_param"
    site.options.statuses = ("shipped",)
    assert client.send("PUT", f"orders/{order_id}", {"status": "shipped"}).json["status"] == "shipped"


def test_notes_are_kept_and_one_for_the_customer_is_mailed(client: Client, shop: Shop, site: Site) -> None:
    order_id = shop.place([Line(0, name="x")])
    got = client.post(f"orders/{order_id}/notes", {"note": "On its way: TRACK 1", "customer_note": True})
    assert (got.status, got.json["note"], got.json["customer_note"]) == (201, "On its way: TRACK 1", True)
    client.post(f"orders/{order_id}/notes", {"note": "internal"})
    assert [row["note"] for row in client.get(f"orders/{order_id}/notes", type="customer").json] == [
        "On its way: TRACK 1"
    ]
    assert site.oracle.mails[-1][1:] == ("customer_note", order_id)
    assert client.post(f"orders/{order_id}/notes", {}).code == "rest_missing_callback_param"
    assert client.post("orders/77777/notes", {"note": "x"}).status == 404


def test_a_body_that_is_no_json_is_refused_or_not_read(client: Client) -> None:
    path = "/wp-json/wc/v3/products/batch"
    signed = client.signed("POST", path, {})
    target = path + "?" + "&".join(f"{name}={value.replace('+', '%2B')}" for name, value in signed.items())
    assert client.raw("POST", target, b'{"update": [').code == "rest_invalid_json"
    signed = client.signed("POST", path, {})
    target = path + "?" + "&".join(f"{name}={value.replace('+', '%2B')}" for name, value in signed.items())
    assert client.raw("POST", target, b'{"update": [{}]}', Content_Type="text/plain").text == "[]"


# --- customers --------------------------------------------------------------------------------------------------------


def test_an_e_mail_must_be_there_be_one_and_be_nobody_elses(client: Client, site: Site) -> None:
    emails = ["ann@example.com", "ANN@example.com", "no-address", ""]
    got = client.post("customers/batch", {"create": [{"email": email} for email in emails]}).json["create"]
    assert [row.get("error", {}).get("code") for row in got] == [
        None,
        "registration-error-email-exists",
        "customer_invalid_email",
        "registration-error-invalid-email",
    ]
    assert [customer.email for customer in site.customers.values()] == ["ann@example.com"]
    assert site.oracle.mails == [(1, "customer_new_account", got[0]["id"])]
    assert client.post("customers", {"first_name": "Bob"}).code == "rest_missing_callback_param"
    got = client.post("customers", {"email": "bob@example.com", "billing": {"phone": 5}})
    assert got.json["data"]["params"] == {"billing": "billing[phone] is not of type string."}


def test_only_named_words_of_a_customer_change(client: Client, shop: Shop) -> None:
    ann = shop.add_customer("ann@example.com", first_name="Ann", billing={"city": "Leeds", "phone": "1"})
    assert client.get(f"customers/{ann}").json["date_modified_gmt"] is None
    [row] = client.post(
        "customers/batch", {"update": [{"id": ann, "last_name": "Lee", "billing": {"phone": "2"}}]}
    ).json["update"]
    assert (row["first_name"], row["last_name"], row["billing"]["city"]) == ("Ann", "Lee", "Leeds")
    assert (row["billing"]["phone"], row["date_modified_gmt"]) == ("2", "2026-03-01T12:00:00")


def test_customers_are_found_by_e_mail_whatever_its_case_and_by_role(client: Client, shop: Shop) -> None:
    ann, boss = shop.add_customer("ann@example.com"), shop.add_customer("boss@example.com", role="shop_manager")
    assert client.get("customers").ids == [ann]
    assert sorted(client.get("customers", role="all").ids) == [ann, boss]
    assert client.get("customers", email="Ann@Example.com").ids == [ann]
    assert client.get("customers", email="ann@example").code == "rest_invalid_param"
    assert client.get("customers", modified_after="2030-01-01T00:00:00").ids == [ann], "passed over in silence"
    assert client.get("customers", orderby="modified").code == "rest_invalid_param"


def test_a_name_is_tidied_before_it_is_kept(client: Client, shop: Shop) -> None:
    ann = shop.add_customer("ann@example.com")
    sent = {
        "id": ann,
        "first_name": "  Ann <b>Mary</b>\n",
        "last_name": "O'Neil %20&",
        "billing": {"city": " <Leeds> "},
    }
    [row] = client.post("customers/batch", {"update": [sent]}).json["update"]
    assert (row["first_name"], row["last_name"], row["billing"]["city"]) == ("Ann Mary", "O'Neil &", " <Leeds> ")


def test_a_customer_that_is_gone_is_unknown_everywhere(client: Client, shop: Shop) -> None:
    ann = shop.add_customer("ann@example.com")
    order_id = shop.place([Line(0, name="x")], customer=ann)
    assert client.send("DELETE", f"customers/{ann}").status == 501
    assert client.send("DELETE", f"customers/{ann}", query={"force": "true"}).json["id"] == ann
    assert client.get(f"customers/{ann}").status == 404
    [row] = client.post("customers/batch", {"update": [{"id": ann, "first_name": "A"}]}).json["update"]
    assert row["error"]["code"] == "woocommerce_rest_invalid_id"
    assert client.get(f"orders/{order_id}").json["customer_id"] == 0

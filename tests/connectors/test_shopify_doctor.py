"""`doctor` against a Shopify shop on a real socket: all well, and each thing that is not. It reads, and no more."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from syncctl import times
from syncctl.connectors.shopify.rights import allowed
from syncctl.model import Finding
from tests.fakes.shopify import STATIC, Hands, Options, ShopifyServer, Site
from tests.fakes.shopify.auth import CLIENT_ID, CLIENT_SECRET, add_app
from tests.fakes.shopify.checkout import Buy
from tests.fakes.shopify.grants import ALL_SCOPES
from tests.fakes.wire import Answer, Request
from tests.test_cli import call
from tests.test_doctor import files

CANARIES = ("Zaphod", "Beeblebrox", "zaphod@heartofgold.example", "+15550001234", "42 Milliways Street")
NO_TOKEN = {"access_token": None, "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}


def shop_with_goods(**options: Any) -> Site:
    """Three variants with stock, one without, an order of long ago, a customer."""
    site = Site(options=Options(**options))
    hands = Hands(site)
    mug = hands.add_variant("MUG", 5)
    hands.add_variant("TEAPOT", 2)
    hands.add_variant("SHIRT", 3)
    hands.add_variant("BOOK")
    first, last, email, phone, street = CANARIES
    address = {"address1": street, "city": "Milliways"}
    customer = hands.add_customer(email, first_name=first, last_name=last, phone=phone, address=address)
    hands.place([Buy(mug, 1)], customer=customer, placed_at=times.now() - timedelta(days=90))
    hands.place([Buy(mug, 1)], customer=customer, placed_at=times.now() - timedelta(days=9))
    return site


class Case:
    """A shop, the settings of a store that is it, and `doctor` run on them."""

    def __init__(self, folder: Path, server: ShopifyServer, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder, self.server, self.capsys, self.site = folder, server, capsys, server.site
        self.hands = Hands(server.site)
        self.store: dict[str, Any] = {
            "connector": "shopify",
            "url": server.address,
            "access_token": STATIC,
            "location": str(self.hands.here),
            "time_zone": "America/New_York",
            "all_orders": True,
        }

    @property
    def config(self) -> Path:
        path = self.folder / "syncctl.yaml"
        books = {"connector": "sandbox", "path": "books.db"}
        orders = {"book_from": times.to_text(times.now())}
        store = {name: value for name, value in self.store.items() if value is not None}
        path.write_text(json.dumps({"back_office": books, "stores": {"web": store}, "orders": orders}))
        path.chmod(0o600)
        return path

    def doctor(self, *arguments: str) -> tuple[int, list[Finding]]:
        """(exit code, findings of the store)."""
        self.server.log.clear()
        code = call("--config", str(self.config), "doctor", "--format", "json", *arguments)
        assert len(self.server.log) <= 10 and not [one for one in self.server.log if b"mutation" in one.body]
        told = json.loads(self.capsys.readouterr().out)
        assert told["exit_code"] == code
        return code, [Finding(**one) for one in told["findings"] if one["subject"] == "web"]

    def bad(self) -> tuple[int, list[str]]:
        """(exit code, what is not in order)."""
        code, found = self.doctor()
        return code, [f"{one.level}: {one.text} | {one.fix}" for one in found if one.level != "ok"]

    def told(self) -> str:
        return "\n".join(f"{one.level}: {one.text} | {one.fix}" for one in self.doctor()[1])

    def lacks(self, *scopes: str) -> None:
        self.site.options.scopes = tuple(one for one in ALL_SCOPES if one not in scopes)


@pytest.fixture
def case(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Case]:
    with ShopifyServer(shop_with_goods()) as server:
        yield Case(tmp_path, server, capsys)
        assert server.errors == [] and server.site.oracle.violations == []


def test_a_shop_in_order_is_told_in_full(case: Case) -> None:
    code, found = case.doctor()
    assert (code, [one.text for one in found if one.level != "ok"]) == (0, [])
    told = "\n".join(one.text for one in found)
    oldest = (times.now() - timedelta(days=90)).date().isoformat()
    for words in (
        "answers at 127.0.0.1:",
        "signed in by access_token",
        f"is Shop (shopify {case.site.shop_id}) and sells in USD",
        "is on the plan Basic, which grants 100 points a second",
        "version 2026-07 of its API is supported",
        "prices are kept without tax",
        "it has new customer accounts",
        "the app has every right that is needed",
        f"levels are kept in step at Warehouse ({case.hands.here})",
        f"all orders are to be seen; the oldest that it shows is of {oldest}",
        "customers come with their names and addresses",
        "3 with tracked stock among 4 variants",
        "levels are compared as they are set",
    ):
        assert words in told
    assert len(case.server.log) == 5


def test_nothing_is_written_and_nobody_s_data_is_shown(case: Case) -> None:
    before, state = files(case.folder), case.site.revision
    assert call("-vv", "--config", str(case.config), "doctor") == 0
    shown = "".join(case.capsys.readouterr())
    assert not [one for one in (*CANARIES, STATIC) if one in shown]
    assert set(files(case.folder)) == {*before, "syncctl.yaml"}
    assert case.site.revision == state


def test_a_token_for_a_day_is_asked_for_and_kept_nowhere(case: Case) -> None:
    add_app(case.site)
    case.store |= NO_TOKEN
    assert "signed in by client_id and client_secret, which give it a token for a day" in case.told()
    assert not list(case.folder.glob("*.tokens"))


def test_offline_asks_the_shop_nothing(case: Case) -> None:
    code, _ = case.doctor("--offline")
    assert code == 0 and case.server.log == []


# --- the way there ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("store", "code", "text"),
    [
        ({"access_token": "shpat_wrong"}, 4, "Shopify does not take stores.web.access_token"),
        ({**NO_TOKEN, "client_secret": "shpss_wrong"}, 4, "gives no access token for stores.web.client_id"),
    ],
)
def test_who_is_not_let_in_is_told_by_what_and_asks_no_more(
    case: Case, store: dict[str, Any], code: int, text: str
) -> None:
    add_app(case.site)
    case.store |= store
    found = case.bad()
    assert found[0] == code and len(found[1]) == 1 and text in found[1][0]
    assert len(case.server.log) == 1


@pytest.mark.parametrize(
    ("trouble", "code", "text"),
    [
        ("frozen", 3, "the shop is frozen"),
        ("forbidden", 4, "forbids what was asked"),
        ("locked", 3, "the shop is locked"),
        ("rejected", 3, "takes our requests for an attack"),
    ],
)
def test_a_shop_that_answers_nothing_is_told_with_why(case: Case, trouble: str, code: int, text: str) -> None:
    case.site.options.trouble = trouble
    found = case.bad()
    assert found[0] == code and len(found[1]) == 1 and text in found[1][0]
    assert len(case.server.log) == 1


def test_a_version_that_is_served_no_more_is_told(case: Case) -> None:
    case.site.options.versions = ("2026-07", "2026-10")
    case.store["version"] = "2026-01"
    code, bad = case.bad()
    assert (code, len(bad)) == (0, 1)
    assert "version 2026-01 of its API is not served any more: it answers by 2026-07" in bad[0]
    assert "Set stores.web.version to one of: 2026-07, 2026-10." in bad[0]


def test_a_version_that_is_not_supported_is_told(case: Case) -> None:
    honest = case.server.handle

    def candidate(request: Request) -> Answer:
        answer = honest(request)
        body = answer.body.replace(b'{"handle":"2026-10","supported":true}', b'{"handle":"2026-10","supported":false}')
        assert body != answer.body or b"publicApiVersions" not in answer.body
        return Answer(body, answer.status, answer.headers)

    case.server.handle = candidate  # type: ignore[method-assign]
    case.store["version"] = "2026-10"
    [bad] = case.bad()[1]
    assert "version 2026-10 of its API is not supported" in bad


# --- rights -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("scopes", "code", "texts"),
    [
        (("read_orders", "write_orders"), 4, ["fail: the app lacks read_orders: no order can be read"]),
        (
            ("read_customers", "write_customers"),
            4,
            ["fail: the app lacks read_customers", "warn: the app lacks write_customers: no customer can be written"],
        ),
        (("write_inventory",), 0, ["warn: the app lacks write_inventory: no level can be written"]),
        (("write_products",), 0, ["warn: the app lacks write_products: no price can be written"]),
        (("read_locations",), 0, ["warn: the app lacks read_locations"]),
        (
            ("write_merchant_managed_fulfillment_orders",),
            0,
            ["warn: the app lacks write_merchant_managed_fulfillment_orders: no shipment can be told"],
        ),
    ],
)
def test_a_right_that_is_lacking_is_told_once_with_what_does_not_work(
    case: Case, scopes: tuple[str, ...], code: int, texts: list[str]
) -> None:
    case.lacks(*scopes)
    found = case.bad()
    assert found[0] == code
    assert len(found[1]) == len(texts)
    assert all(any(one.startswith(text) for one in found[1]) for text in texts), found[1]


def test_who_may_write_may_read(case: Case) -> None:
    assert allowed(["write_orders", "read_products"]) == {"write_orders", "read_orders", "read_products"}
    case.lacks("read_orders", "read_products", "read_inventory", "read_customers")
    assert case.bad() == (0, [])


def test_rights_that_are_lacking_do_not_keep_the_rest_from_being_looked_at(case: Case) -> None:
    case.lacks(*ALL_SCOPES)
    case.store["all_orders"] = False
    code, bad = case.bad()
    assert code == 4
    assert sum(one.startswith("fail: the app lacks") for one in bad) == 4
    assert "is Shop" in case.told()


def test_without_customers_no_right_to_them_is_needed(case: Case) -> None:
    case.lacks("read_customers", "write_customers")
    case.site.options.protected_data = "customers"
    case.store["customer_data"] = False
    assert case.bad() == (
        0,
        ["warn: customers cannot be written there | Set customers.back_office_to_web: false."],
    )
    assert "no customer is read or written, as it is set up" in case.told()


@pytest.mark.parametrize("protected", ["null", "fields", "customers"])
def test_protected_data_that_does_not_come_is_told_with_both_ways_out(case: Case, protected: str) -> None:
    case.site.options.protected_data = protected
    code, bad = case.bad()
    assert (code, len(bad)) == (4, 1)
    assert "protected customer data" in bad[0] and "stores.web.customer_data: false" in bad[0]


def test_a_shop_without_customers_tells_nothing_of_their_data(case: Case) -> None:
    case.site.options.protected_data = "null"
    case.site.customers.clear()
    assert case.bad() == (0, [])


# --- orders -----------------------------------------------------------------------------------------------------------


def test_all_orders_that_are_not_allowed_are_told(case: Case) -> None:
    case.lacks("read_all_orders")
    code, bad = case.bad()
    assert (code, len(bad)) == (4, 1)
    oldest = (times.now() - timedelta(days=9)).date().isoformat()
    assert f"orders older than 60 days are not to be seen; the oldest that it shows is of {oldest}" in bad[0]
    assert "stores.web.all_orders: false" in bad[0]


def test_all_orders_that_are_allowed_and_not_asked_for_are_told(case: Case) -> None:
    case.store["all_orders"] = False
    code, bad = case.bad()
    assert (code, bad) == (0, [])
    assert "the app may see all orders, and is asked for those of 60 days" in case.told()
    assert "To read older ones, too: stores.web.all_orders: true" in case.told()


def test_a_shop_without_orders_is_in_order(case: Case) -> None:
    case.site.orders.clear()
    case.site.revision += 1
    case.lacks("read_all_orders")
    case.store["all_orders"] = False
    assert case.bad() == (0, [])
    assert "orders of the last 60 days are to be seen; it shows none" in case.told()


# --- locations --------------------------------------------------------------------------------------------------------


def test_where_no_location_is_set_they_are_listed(case: Case) -> None:
    case.store["location"] = None
    [bad] = case.bad()[1]
    here = case.hands.here
    assert f"no location is set: no level is written. Its locations: {here} (Warehouse)" in bad
    assert f'Set stores.web.location: "{here}"' in bad
    other = case.hands.add_location("Back room")
    [bad] = case.bad()[1]
    assert f"{here} (Warehouse), {other} (Back room)" in bad and "Choose one: stores.web.location" in bad


def test_a_location_that_is_not_there_is_told(case: Case) -> None:
    case.store["location"] = "4711"
    code, [bad, after] = case.bad()
    assert code == 2 and "none of those with tracked stock is kept at the location" in after
    assert f"location 4711 is not among its active locations: {case.hands.here} (Warehouse)" in bad


def test_a_location_that_was_closed_is_told(case: Case) -> None:
    case.hands.add_location("Back room")
    case.hands.change_location(case.hands.here, is_active=False)
    assert case.bad()[0] == 2


def test_another_location_that_sells_online_too_is_told(case: Case) -> None:
    assert "as well" not in case.told()
    case.hands.add_location("Shop floor", fulfills_online_orders=False)
    other = case.hands.add_location("Back room")
    words = f"; 2 others are left alone, but what 1 of them have is offered to web customers as well: {other}"
    assert f"levels are kept in step at Warehouse ({case.hands.here}){words}" in case.told()


def test_a_location_that_sells_nothing_online_is_told(case: Case) -> None:
    other = case.hands.add_location("Shop floor", fulfills_online_orders=False)
    case.hands.add_variant("LAMP", 5, at=other)
    case.store["location"] = str(other)
    code, [bad] = case.bad()
    assert code == 0 and "Shop floor does not fulfil online orders" in bad
    assert f"levels are kept in step at Shop floor ({other}); 1 others are left alone" in case.told()


# --- accounts, money, goods -------------------------------------------------------------------------------------------


def test_the_kind_of_customer_accounts_is_compared_with_the_settings(case: Case) -> None:
    case.store["customer_accounts"] = "legacy"
    code, [bad] = case.bad()
    assert code == 0 and "nobody needs an invitation" in bad and "customer_accounts: new" in bad
    case.site.options.customer_accounts = "CLASSIC"
    assert case.bad() == (0, [])
    case.store["customer_accounts"] = "new"
    assert case.bad() == (0, [])
    assert "To invite people to them: stores.web.customer_accounts: legacy" in case.told()


def test_prices_with_tax_are_told(case: Case) -> None:
    case.site.options.taxes_included = True
    assert "prices are kept with tax: the back office's prices must be, too" in case.told()


def test_its_currency_is_told_and_its_time_zone_compared_with_ours(case: Case) -> None:
    case.site.options.currency, case.site.options.zone = "EUR", "Asia/Tokyo"
    [bad] = case.bad()[1]
    assert "Set stores.web.time_zone: Asia/Tokyo" in bad
    assert "sells in EUR" in case.told()


def test_a_clock_that_is_off_is_told(case: Case) -> None:
    case.site.clock = lambda: times.now() + timedelta(minutes=20)
    _, [bad] = case.bad()
    assert "clock" in bad and "20" in bad


def test_skus_that_are_missing_or_stand_twice_are_told(case: Case) -> None:
    case.hands.add_variant("MUG", 5)
    case.hands.add_variant("mug", 5)
    case.hands.add_variant("BOOK", product=None)
    case.hands.add_variant(None, 4)
    case.hands.add_variant("", 4)
    bad = case.bad()[1]
    assert [one.partition(" | ")[0] for one in bad] == [
        "warn: 2 with tracked stock have no SKU: their levels and prices are not written",
        "warn: 1 SKUs stand at more than one variant: MUG",
    ]


def test_what_is_put_together_of_others_needs_no_level_of_its_own(case: Case) -> None:
    case.hands.add_variant("", 4, requires_components=True)
    assert case.bad() == (0, [])
    assert "3 with tracked stock among 5 variants" in case.told()


def test_a_shop_that_tracks_nothing_is_told(case: Case) -> None:
    for item in case.site.items.values():
        item.tracked = False
    case.site.revision += 1
    [bad] = case.bad()[1]
    assert "none of 4 variants has its stock tracked" in bad


def test_what_is_not_kept_at_the_location_is_told(case: Case) -> None:
    other = case.hands.add_location("Back room")
    case.hands.add_variant("LAMP", 5, at=other)
    assert case.bad() == (0, [])
    assert "1 of them are not kept at the location that is set: they are left alone" in case.told()
    case.store["location"] = str(case.hands.add_location("Empty room"))
    [bad] = case.bad()[1]
    assert "none of those with tracked stock is kept at the location that is set" in bad


def test_of_a_large_shop_a_part_is_looked_at_and_that_is_said(case: Case) -> None:
    product = case.hands.add_product()
    for number in range(1100):
        case.hands.add_variant(f"SKU-{number}", 1, product=product)
    code, bad = case.bad()
    assert (code, bad) == (0, [])
    assert "999 with tracked stock among the first 1000 of 1104 variants" in case.told()

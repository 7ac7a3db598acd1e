"""`doctor` against a WooCommerce site on a real socket: all well, and each thing that is not. It reads, and no more."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from syncctl import times
from syncctl.model import Finding
from tests.fakes.certificates import Certificates, make_certificates
from tests.fakes.wire import Answer, Request, Server, WireFault
from tests.fakes.woo.client import basic
from tests.fakes.woo.records import Key
from tests.fakes.woo.server import KEY, SECRET, WooServer
from tests.fakes.woo.shop import Line, Shop
from tests.fakes.woo.site import Options, Site
from tests.test_cli import call
from tests.test_doctor import files

CANARIES = ("Zaphod", "zaphod@heartofgold.example", "+15550001234", "42 Milliways Street")


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return make_certificates(tmp_path_factory.mktemp("certificates"))


def site_with_goods(**options: Any) -> Site:
    """Three products with stock, a variable one with two variations, an order and a customer."""
    site = Site(Options(**options))
    shop = Shop(site)
    mug = shop.add_product("MUG", 5)
    shop.add_product("TEAPOT", 2)
    shop.add_product("BOOK", None)
    parent = shop.add_product("SHIRT", None, kind="variable")
    shop.add_variation(parent, "SHIRT-S", 3)
    shop.add_variation(parent, "SHIRT-M", 4)
    name, email, phone, street = CANARIES
    billing = {"first_name": name, "email": email, "phone": phone, "address_1": street}
    shop.place([Line(mug)], customer=shop.add_customer(email, billing=billing), billing=billing)
    return site


class Case:
    """A site, the settings of a store that is it, and `doctor` run on them."""

    def __init__(self, folder: Path, server: WooServer, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder, self.server, self.capsys = folder, server, capsys
        self.site = server.site
        self.store: dict[str, Any] = {
            "connector": "woocommerce",
            "url": server.address,
            "consumer_key": KEY,
            "consumer_secret": SECRET,
            "time_zone": "Asia/Kolkata",
        }
        self.more: dict[str, Any] = {"stock": {"safety_stock": 1}}

    @property
    def config(self) -> Path:
        path = self.folder / "syncctl.yaml"
        books = {"connector": "sandbox", "path": "books.db"}
        orders = {"book_from": times.to_text(times.now())}
        given = {"back_office": books, "stores": {"web": self.store}, "orders": orders, **self.more}
        path.write_text(json.dumps(given, default=str))
        path.chmod(0o600)
        return path

    def doctor(self, *arguments: str) -> tuple[int, list[Finding]]:
        """(exit code, findings of the store)."""
        code = call("--config", str(self.config), "doctor", "--format", "json", *arguments)
        told = json.loads(self.capsys.readouterr().out)
        assert told["exit_code"] == code
        return code, [Finding(**one) for one in told["findings"] if one["subject"] == "web"]

    def bad(self) -> tuple[int, list[str]]:
        """(exit code, what is not in order)."""
        code, found = self.doctor()
        return code, [f"{one.level}: {one.text} | {one.fix}" for one in found if one.level != "ok"]


@pytest.fixture
def case(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Case]:
    with WooServer(site_with_goods()) as server:
        yield Case(tmp_path, server, capsys)
        assert server.errors == [] and server.site.oracle.violations == []
        assert {request.method for request in server.log} <= {"GET"}


@contextmanager
def over_tls(tmp_path: Path, certificates: Certificates, capsys: pytest.CaptureFixture[str]) -> Iterator[Case]:
    with WooServer(site_with_goods(), **certificates.served) as server:
        made = Case(tmp_path, server, capsys)
        made.store["ca_file"] = certificates.authority
        yield made
        assert {request.method for request in server.log} <= {"GET"}


# --- all is well ----------------------------------------------------------------------------------------------------


def test_a_shop_in_order_is_told_in_full(case: Case) -> None:
    code, found = case.doctor()
    assert (code, [one.text for one in found if one.level != "ok"]) == (0, [])
    told = "\n".join(one.text for one in found)
    for words in (
        "answers at 127.0.0.1:",
        "the key is let in and may read; whether it may also write, only the first write can tell",
        "sells in USD",
        "WooCommerce 10.4.2",
        "tables of their own (HPOS)",
        "prices are kept without tax",
        "4 with managed stock among 4 products and their variations",
        "set to completed, and the shop then writes to the customer",
        "the shop's e-mail about a new account",
        "an order or a hand edit between the last look and the write is written over",
        "it keeps no answers about marketing",
    ):
        assert words in told
    assert len(case.server.log) <= 14


def test_nothing_is_written_and_nobody_s_data_is_asked_for_or_shown(case: Case) -> None:
    before, state = files(case.folder), case.site.copy()
    config = case.config
    assert call("-vv", "--config", str(config), "doctor") == 0
    shown = "".join(case.capsys.readouterr())
    for canary in (*CANARIES, KEY, SECRET, basic(KEY, SECRET)[6:]):
        assert canary not in shown
    assert set(files(case.folder)) == {*before, "syncctl.yaml"}
    assert (case.site.orders, case.site.products) == (state.orders, state.products)
    asked = [dict(request.pairs) for request in case.server.log if request.path.endswith(("/orders", "/customers"))]
    assert asked and {one["_fields"] for one in asked} == {"id"}
    assert "GET" in {request.method for request in case.server.log}


def test_offline_asks_the_shop_nothing(case: Case) -> None:
    code, _ = case.doctor("--offline")
    assert code == 0 and case.server.log == []


def test_after_a_cycle_all_is_still_well_and_the_hub_does_not_change(case: Case) -> None:
    assert call("-q", "--config", str(case.config), "pull-orders") == 0
    with case.server.lock:
        case.server.log.clear()
    hub = (case.folder / "hub.db").read_bytes()
    assert case.bad() == (0, [])
    assert (case.folder / "hub.db").read_bytes() == hub


@pytest.mark.parametrize("version", ["7.0.0", "9.0.0", "11.2.0"])
def test_every_version_that_is_tested_is_well(case: Case, version: str) -> None:
    case.site.options.version = version
    assert case.bad() == (0, [])


def test_over_tls_with_a_header_all_is_well(
    tmp_path: Path, certificates: Certificates, capsys: pytest.CaptureFixture[str]
) -> None:
    with over_tls(tmp_path, certificates, capsys) as case:
        assert case.bad() == (0, []), "the index is asked without the key: WordPress would refuse it"
        assert any("over TLS" in one.text for one in case.doctor()[1])


# --- the way to it --------------------------------------------------------------------------------------------------


def test_a_host_that_is_not_there(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("syncctl.connectors.http.retrying._jitter", lambda _state: 0.0)  # it is asked five times
    case.server.close()
    code, [line] = case.bad()
    assert code == 3 and "refuses connections at port" in line


def test_a_redirect_is_told_with_where_it_leads_and_not_followed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], case: Case
) -> None:
    def away(_request: object) -> Answer:
        return Answer(b"", 301, {"Location": f"{case.server.url}/wp-json/?secret=1"})

    with Server(away) as old:
        case.store["url"] = old.url
        code, [line] = case.bad()
        assert code == 5 and f"was sent on to '{case.server.url}'" in line and "set url to it" in line
        assert len(old.log) == 1 and case.server.log == [] and "secret" not in line


@pytest.mark.parametrize(
    ("fault", "words"), [("tls_expired", "has expired"), ("tls_wrong_host", "is for another host")]
)
def test_a_bad_certificate_is_told_plainly(
    fault: str, words: str, tmp_path: Path, certificates: Certificates, capsys: pytest.CaptureFixture[str]
) -> None:
    with over_tls(tmp_path, certificates, capsys) as case:
        case.server.fail(fault)
        code, [line] = case.bad()
        assert code == 3 and f"the certificate of localhost {words}" in line


def test_a_certificate_of_an_unknown_authority_is_told(
    tmp_path: Path, certificates: Certificates, capsys: pytest.CaptureFixture[str]
) -> None:
    with over_tls(tmp_path, certificates, capsys) as case:
        del case.store["ca_file"]
        code, [line] = case.bad()
        assert code == 3 and "Name that authority's file in ca_file." in line


def test_plain_permalinks(case: Case) -> None:
    case.site.options.permalinks = False
    code, [line] = case.bad()
    assert code == 3 and "its permalinks are plain" in line and "Settings > Permalinks" in line


def test_a_plug_in_that_prints_above_the_answers_is_not_taken_for_plain_permalinks(case: Case) -> None:
    case.site.options.debris = "<br />\n<b>Warning</b>: Undefined index in <b>plugin.php</b>\n"
    code, [line] = case.bad()
    assert code == 3 and "permalinks" not in line and "a plug-in prints something there" in line


def test_another_site_at_the_address(case: Case) -> None:
    page = Answer(b"<html>Under construction</html>", 200, {"Content-Type": "text/html"})
    with Server(lambda _request: page) as other:
        case.store["url"] = other.url
        code, [line] = case.bad()
    assert code == 3 and "there is no WordPress REST API at this address" in line


def test_a_wrong_folder(case: Case) -> None:
    case.store["url"] = f"{case.server.url}/shop"
    code, [line] = case.bad()
    assert code == 3 and "there is no WordPress REST API at this address" in line


def test_wordpress_without_woocommerce(case: Case) -> None:
    case.site.options.plugin = False
    code, [line] = case.bad()
    assert code == 3 and "no WooCommerce: wc/v3 is missing" in line and "activate WooCommerce" in line


def test_an_index_that_is_closed_to_strangers_does_no_harm(case: Case) -> None:
    case.server.fail("401", at=1)
    code, [line] = case.bad()
    assert code == 0 and line.startswith("warn: its REST index is closed to strangers")


# --- the key --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("wrong", ["consumer_key", "consumer_secret"])
@pytest.mark.parametrize("tls", [False, True])
def test_a_wrong_key_or_secret(
    wrong: str, tls: bool, tmp_path: Path, certificates: Certificates, capsys: pytest.CaptureFixture[str], case: Case
) -> None:
    with over_tls(tmp_path, certificates, capsys) as secure:
        asked = secure if tls else case
        asked.store[wrong] = f"ck_{'f' * 40}"
        code, [line] = asked.bad()
        assert code == 4 and "Make a key in WooCommerce > Settings > Advanced > REST API" in line
        assert "f" * 40 not in line and "auth: query" not in line


def test_a_shop_that_is_asked_by_another_name_than_its_own_says_which(case: Case) -> None:
    case.store["consumer_secret"] = f"cs_{'0' * 40}"  # to WordPress it looks the same: a signature that does not fit
    code, [line] = case.bad()
    assert code == 4 and line.endswith(
        "If they are right, write in url what the shop calls itself: https://shop.example"
    )


def test_a_host_that_takes_the_header_away_is_told_apart_from_a_wrong_key(
    tmp_path: Path, certificates: Certificates, capsys: pytest.CaptureFixture[str]
) -> None:
    with over_tls(tmp_path, certificates, capsys) as case:
        case.site.options.strips_authorization = True
        code, [line] = case.bad()
        assert code == 4 and "takes the Authorization header away" in line and "stores.web.auth: query" in line
        assert not any("consumer_secret" in dict(request.pairs) for request in case.server.log), "no secret in a query"
        case.store["auth"] = "query"
        assert case.bad() == (0, [])


def test_a_key_that_may_only_write(case: Case) -> None:
    case.site.keys[KEY] = Key(KEY, SECRET, permissions="write")
    code, [line] = case.bad()
    assert code == 4 and "does not have read permissions" in line


def test_a_key_of_somebody_without_rights(case: Case) -> None:
    case.site.keys[KEY] = Key(KEY, SECRET, role="subscriber")
    code, found = case.bad()
    assert code == 4
    assert [line for line in found if line.startswith("fail: the user of the key may not read orders")]


def test_a_firewall_is_not_taken_for_missing_rights(case: Case) -> None:
    def guarded(request: Request) -> Answer:
        page = Answer(b"<html>Forbidden</html>", 403, {"Content-Type": "text/html"})
        return case.server.handle(request) if request.path.endswith("/wp-json/") else page

    with Server(guarded) as wall:
        case.store["url"] = wall.url
        code, [line] = case.bad()
    assert code == 4 and "it is refused before WooCommerce sees it" in line and "Let the address" in line


def test_a_shop_that_asks_for_patience_gets_it(case: Case) -> None:
    case.server.fail(WireFault("429_seconds", seconds=1), at=3)
    assert case.bad() == (0, [])


def test_a_user_who_may_read_but_not_write_is_told(case: Case) -> None:
    case.site.options.allow = "GET"
    code, found = case.bad()
    assert code == 4 and [line.partition(" |")[0] for line in found] == [
        "fail: the user of the key may not write orders",
        "fail: the user of the key may not write products",
        "warn: the user of the key may not write customers",
    ]


def test_that_a_key_may_only_read_cannot_be_known_and_is_said(case: Case) -> None:
    case.site.keys[KEY] = Key(KEY, SECRET, permissions="read")
    code, found = case.doctor()
    assert code == 0 and any("whether it may also write, only the first write can tell" in one.text for one in found)


# --- the shop itself ------------------------------------------------------------------------------------------------


def _clock(case: Case) -> None:
    case.site.clock = lambda: times.now() + timedelta(minutes=10)


def _options(**changes: Any) -> Callable[[Case], None]:
    def change(case: Case) -> None:
        for name, value in changes.items():
            setattr(case.site.options, name, value)

    return change


def _zone(case: Case) -> None:
    case.store["time_zone"] = "UTC"


def _safety(case: Case) -> None:
    case.more = {}


def _any(case: Case) -> None:
    case.more["customers"] = {"trigger": "any"}


def _unmanaged(case: Case) -> None:
    for product in case.site.products.values():
        product.manage_stock = False


def _no_sku(case: Case) -> None:
    next(one for one in case.site.products.values() if one.sku == "MUG").sku = ""


def _twice(case: Case) -> None:
    next(one for one in case.site.products.values() if one.sku == "TEAPOT").sku = "MUG"


@pytest.mark.parametrize(
    ("change", "code", "words"),
    [
        (_options(version="6.9.4"), 0, "WooCommerce 6.9.4 is older than the versions that are tested"),
        (_options(version="12.0.0"), 0, "WooCommerce 12.0.0 is newer than the versions that are tested"),
        (_clock, 0, "its clock is 10 minutes ahead of the one of this machine"),
        (_options(decimals=0), 0, "it shows prices with 0 decimals, USD has 2"),
        (_options(currency="XBT"), 1, "its currency XBT is not known"),
        (_zone, 0, "its time zone is Asia/Kolkata, the settings say UTC"),
        (_safety, 0, "levels can only be set, not compared"),
        (_any, 0, "it does not tell which customers changed"),
        (_unmanaged, 0, "has its stock managed: no level can be written"),
        (_no_sku, 0, "1 with managed stock have no SKU"),
        (_twice, 0, "1 SKUs stand at more than one product: MUG"),
    ],
)
def test_each_thing_that_is_not_in_order_is_one_line(
    change: Callable[[Case], None], code: int, words: str, case: Case
) -> None:
    change(case)
    found, lines = case.bad()
    assert found == code and len(lines) == 1 and words in lines[0]


def test_a_shop_that_keeps_no_stock_fails(case: Case) -> None:
    case.site.options.manage_stock = False
    code, lines = case.bad()
    assert code == 1 and lines[0].startswith("fail: it keeps no stock at all: no level can be written | Switch it on")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (_options(storage="legacy"), "orders are kept as posts"),
        (_options(prices_include_tax=True), "prices are kept with tax: the back office's prices must be, too"),
    ],
)
def test_what_is_neither_good_nor_bad_is_said(change: Callable[[Case], None], words: str, case: Case) -> None:
    change(case)
    code, found = case.doctor()
    assert code == 0 and any(words in one.text for one in found if one.level == "ok")


def test_another_currency_than_the_books(case: Case) -> None:
    assert call("-q", "--config", str(case.config), "sandbox", "init") == 0
    code, lines = case.bad()
    assert code == 0 and lines[0].startswith(
        "warn: sells in USD, the books are kept in GBP: each of its orders is held"
    )


@pytest.mark.parametrize("kind", ["400", "403", "404"])
def test_settings_that_are_not_told_are_no_failure(case: Case, kind: str) -> None:
    case.doctor()
    first = next(n for n, request in enumerate(case.server.log, 1) if request.path.endswith("/system_status"))
    count = len(case.server.log)
    case.server.faults = dict.fromkeys(range(count + first, 2 * count + 1), WireFault(kind))
    code, lines = case.bad()
    assert code == 0 and lines and all(line.startswith("warn: ") for line in lines)


def test_init_then_doctor_then_the_whole_cycle(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SHOP_CONSUMER_KEY", KEY)
    monkeypatch.setenv("SHOP_CONSUMER_SECRET", SECRET)
    site = site_with_goods(currency="GBP")
    mug = next(one for one in site.products.values() if one.sku == "MUG")
    mug.sku = "MUG-BLUE"  # as the sandbox's back office calls it
    day_ago = times.to_text(times.now() - timedelta(days=1))
    with WooServer(site) as server:
        url = ["--store", "shop=woocommerce", "--url", server.address]
        assert call("-q", "init", *url, "--book-from", day_ago) == 0
        text = Path("syncctl.yaml").read_text()
        assert KEY not in text and SECRET not in text
        assert call("-q", "doctor") == 0 and call("-q", "plan") == 0
        assert {request.method for request in server.log} == {"GET"}
        capsys.readouterr()
        assert call("sync-all") == 0, capsys.readouterr().err
        assert "2 booked" in capsys.readouterr().err, "the sale and its payment"
        assert call("--config", "syncctl.yaml", "-q", "doctor") == 0
    assert mug.quantity not in (5, 4), "the back office's level was written"


def test_mails_that_are_off_are_not_told(case: Case) -> None:
    case.site.options.mail_new_accounts = False
    case.store["complete_orders"] = False
    assert not any("writes to the customer" in one.text or "new account" in one.text for one in case.doctor()[1])


def test_a_shop_that_fails_in_the_middle_ends_its_part_with_a_line(case: Case) -> None:
    case.server.faults = dict.fromkeys(range(5, 12), WireFault("login_page"))
    code, lines = case.bad()
    assert code == 3 and "with a web page instead of data" in lines[-1]

"""Who may ask the fake of WooCommerce: signatures are checked against an independent computation."""

import time
from collections.abc import Iterator
from urllib.parse import urlencode

import oauthlib.oauth1
import pytest

from tests.fakes.wire import Request
from tests.fakes.woo import KEY, SECRET, Key, Shop, Site, WooServer
from tests.fakes.woo.app import answer
from tests.fakes.woo.auth import signature
from tests.fakes.woo.client import Client, Got, basic
from tests.fakes.woo.shop import Line

pytestmark = pytest.mark.wire
PATH = "/wp-json/wc/v3/orders"


@pytest.fixture
def site() -> Site:
    return Site()


@pytest.fixture
def server(site: Site) -> Iterator[WooServer]:
    with WooServer(site) as server:
        yield server
        assert server.errors == []


@pytest.fixture
def client(server: WooServer) -> Iterator[Client]:
    client = Client(server)
    yield client
    client.close()


def over_tls(site: Site, method: str = "GET", query: str = "", authorization: str = "") -> Got:
    """The answer of the site as it is behind TLS; the handshake is the wire's own matter."""
    site.keys.setdefault(KEY, Key(KEY, SECRET))
    headers = {"Authorization": authorization} if authorization else {}
    made = answer(site, Request(1, method, PATH, PATH, query, headers, b""), "https://shop.example")
    return Got(made.status, made.headers, made.body.decode())


@pytest.mark.parametrize("method", [oauthlib.oauth1.SIGNATURE_HMAC, oauthlib.oauth1.SIGNATURE_HMAC_SHA256])
def test_a_signature_of_another_makers_library_is_good(server: WooServer, client: Client, method: str) -> None:
    signer = oauthlib.oauth1.Client(
        KEY, client_secret=SECRET, signature_method=method, signature_type=oauthlib.oauth1.SIGNATURE_TYPE_QUERY
    )
    for query in ("per_page=5&modified_after=2026-03-01T12%3A00%3A00&_fields=id%2Ctotal", "search=%26%20%2B%7E%C3%A9"):
        url, _, _ = signer.sign(f"{server.url}{PATH}?{query}")
        assert client.raw("GET", url.removeprefix(server.url)).status == 200


def test_the_worked_example_of_rfc_5849_style_by_hand() -> None:
    """Base string and signature worked out with a shell: printf ... | openssl dgst -sha1 -hmac 'secret&' -binary."""
    given = {
        "oauth_consumer_key": "key",
        "oauth_timestamp": "1000000000",
        "oauth_nonce": "abc",
        "oauth_signature_method": "HMAC-SHA1",
        "page": "2",
    }
    assert (
        signature("get", "http://shop.example/wp-json/wc/v3/orders", given, "secret") == "CIZCo2KyFG5P32UdlZwDqGs7u1k="
    )


@pytest.mark.parametrize(
    ("change", "code", "message"),
    [
        ({"oauth_signature": "bm8="}, "authentication_error", "Invalid signature - provided signature does not match."),
        ({"per_page": "9"}, "authentication_error", "Invalid signature - provided signature does not match."),
        ({"oauth_consumer_key": "ck_other"}, "authentication_error", "Consumer key is invalid."),
        (
            {"oauth_signature_method": "PLAINTEXT"},
            "authentication_error",
            "Invalid signature - signature method is invalid.",
        ),
        ({"oauth_nonce": ""}, "authentication_missing_parameter", "Missing OAuth parameter oauth_nonce"),
    ],
)
def test_a_bad_signature_is_refused(client: Client, change: dict[str, str], code: str, message: str) -> None:
    given = client.signed("GET", PATH, {"per_page": "5"}) | change
    got = client.raw("GET", f"{PATH}?{urlencode(given)}")
    assert (got.status, got.code, got.json["message"]) == (401, f"woocommerce_rest_{code}", message)


def test_a_signature_is_good_once_and_for_a_quarter_of_an_hour(client: Client) -> None:
    target = f"{PATH}?{urlencode(client.signed('GET', PATH, {}))}"
    assert client.raw("GET", target).status == 200
    assert client.raw("GET", target).json["message"] == "Invalid nonce - nonce has already been used."
    for age, status in ((800, 200), (1000, 401), (-800, 200), (-1000, 401)):
        given = client.signed("GET", PATH, {}, oauth_timestamp=str(int(time.time()) - age))
        got = client.raw("GET", f"{PATH}?{urlencode(given)}")
        assert got.status == status, age


def test_a_signature_of_another_method_or_path_is_none(client: Client) -> None:
    target = f"{PATH}/batch?{urlencode(client.signed('GET', PATH + '/batch', {}))}"
    assert client.raw("POST", target, {}).status == 401


def test_without_tls_a_key_in_the_header_or_the_query_is_not_looked_at(client: Client) -> None:
    query = urlencode({"consumer_key": KEY, "consumer_secret": SECRET})
    for got in (client.raw("GET", PATH, Authorization=basic(KEY, SECRET)), client.raw("GET", f"{PATH}?{query}")):
        assert (got.status, got.code) == (401, "woocommerce_rest_cannot_view")


def test_over_tls_a_key_is_taken_from_the_header_or_the_query(site: Site) -> None:
    assert over_tls(site, authorization=basic(KEY, SECRET)).status == 200
    assert over_tls(site, query=f"consumer_key={KEY}&consumer_secret={SECRET}").status == 200
    wrong = over_tls(site, authorization=basic(KEY, "cs_other"))
    assert (wrong.status, wrong.json["message"]) == (401, "Consumer secret is invalid.")
    unknown = over_tls(site, query=f"consumer_key=ck_other&consumer_secret={SECRET}")
    assert (unknown.status, unknown.code) == (401, "woocommerce_rest_cannot_view")


def test_a_header_that_is_no_key_s_is_taken_for_a_person_s_unless_that_is_switched_off(site: Site) -> None:
    headers = [basic("ck_other", SECRET), "Basic ?", "Basic bm8="]
    assert {over_tls(site, authorization=one).code for one in headers} == {"invalid_username"}
    site.options.application_passwords = False
    assert {over_tls(site, authorization=one).code for one in headers} == {"woocommerce_rest_cannot_view"}
    for odd in ("Basic", "Bearer x"):
        assert over_tls(site, authorization=odd).code == "woocommerce_rest_cannot_view"


def test_a_host_that_strips_the_header_leaves_the_query(site: Site) -> None:
    site.options.strips_authorization = True
    assert over_tls(site, authorization=basic(KEY, SECRET)).code == "woocommerce_rest_cannot_view"
    assert over_tls(site, query=f"consumer_key={KEY}&consumer_secret={SECRET}").status == 200


@pytest.mark.parametrize(("permissions", "read", "write"), [("read", 200, 401), ("write", 401, 200)])
def test_a_key_may_do_what_it_was_made_for(client: Client, site: Site, permissions: str, read: int, write: int) -> None:
    site.keys[KEY].permissions = permissions
    assert (client.get("orders").status, client.post("orders/batch", {}).status) == (read, write)
    refused = client.get("orders") if read == 401 else client.post("orders/batch", {})
    assert "does not have" in refused.json["message"]


def test_a_key_of_somebody_who_is_no_staff_may_nothing(client: Client, site: Site) -> None:
    site.keys[KEY].role = "subscriber"
    for got in (client.get("orders"), client.get("customers"), client.post("products/batch", {})):
        assert got.status == 403
    site.keys[KEY].role = "shop_manager"
    assert client.get("orders").status == 200


def test_the_index_is_open_to_all_and_without_permalinks_there_is_none(client: Client, site: Site) -> None:
    row = client.raw("GET", "/wp-json/").json
    assert ("wc/v3" in row["namespaces"], row["gmt_offset"], row["timezone_string"]) == (True, "5.5", "Asia/Kolkata")
    site.options.permalinks = False
    got = client.raw("GET", "/wp-json/")
    assert (got.status, got.headers["Content-Type"]) == (404, "text/html; charset=UTF-8")


def test_a_site_in_a_folder_is_reached_and_signed_there(site: Site) -> None:
    site.options.folder = "/shop"
    with WooServer(site) as server:
        client = Client(server)
        assert (server.address, client.get("orders").status) == (f"{server.url}/shop", 200)
        assert client.raw("GET", "/wp-json/").status == 404
        client.close()


def test_what_a_plugin_prints_stands_before_the_json(client: Client, site: Site) -> None:
    site.options.debris = "<br />\n<b>Warning</b>: Undefined index in plugin.php\n"
    assert client.get("orders").text == f"{site.options.debris}[]"


def test_what_the_fake_does_not_offer_is_told_to_the_test(client: Client, site: Site) -> None:
    assert client.post("orders", {}).status == 501
    assert site.oracle.violations == ["not offered by the fake: POST orders"]
    assert client.get("no/such/route").code == "rest_no_route"


def test_a_small_page_costs_little(client: Client, site: Site) -> None:
    """It is asked thousands of times: measured at a tenth of this."""
    shop = Shop(site)
    for _ in range(20):
        shop.place([Line(0, name="x"), Line(0, name="y")])
    client.get("orders", per_page=5)
    began = time.process_time()
    for _ in range(50):
        client.get("orders", per_page=5)
    assert (time.process_time() - began) / 50 < 0.02

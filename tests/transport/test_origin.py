"""Nothing is asked but the one address of the settings, whatever the other side or the environment says."""

from pathlib import Path
from typing import Any

import pytest

from syncctl.connectors.http import Http, Wire, basic
from syncctl.connectors.http.wire import base_of, is_forbidden
from syncctl.errors import ConfigError, SafetyStop, SyncctlError, Unreachable
from tests.fakes.wire import Answer, WireFault, names, reply
from tests.transport.kit import PREFIX, ROWS, Rows, ask

pytestmark = pytest.mark.wire

SIGN = basic("ck_origin_canary", "cs_origin_canary")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
def test_a_redirect_to_another_host_is_never_followed(server: Rows, status: int, method: str) -> None:
    with Rows() as other:
        away = Answer(status=status, headers={"Location": f"{other.url}/orders?consumer_key=ck_1"})
        server.handle = lambda _request: away  # type: ignore[method-assign]
        with pytest.raises(SafetyStop) as caught:
            http = ask(server, sign=SIGN)
            http.get("orders") if method == "GET" else http.send(method, "orders", {"total": "1.00"}, keyed=True)
        assert (other.connections, server.count) == (0, 1)
        assert f"'{other.url}'" in str(caught.value)
        assert "consumer_key" not in str(caught.value)
        assert caught.value.exit_code == 5


@pytest.mark.parametrize(
    ("location", "shown"),
    [
        ("https://127.0.0.1/x", "https://127.0.0.1"),
        ("//evil.example/x", "http://evil.example"),
        ("http://127.0.0.1:1@evil.example/", "http://evil.example"),
        ("http://evil.example\\@127.0.0.1/", "http://127.0.0.1"),
        ("http://[::1", "cannot be read"),
        ("ftp://127.0.0.1/", "cannot be read"),
        ("javascript:alert(1)", "cannot be read"),
    ],
)
def test_a_redirect_is_to_another_host_however_it_is_written(server: Rows, location: str, shown: str) -> None:
    server.fail(WireFault("redirect", location=location))
    with pytest.raises(SafetyStop, match=shown.replace(".", r"\.")):
        ask(server).get("orders")


@pytest.mark.parametrize("location", ["/en/wp-json/wc/v3/orders?page=1", "orders/", ""])
def test_a_redirect_within_the_host_is_not_followed_either(server: Rows, location: str) -> None:
    server.always = WireFault("redirect", location=location)
    with pytest.raises(Unreachable, match="is not followed") as caught:
        ask(server).get("orders")
    assert "url" in caught.value.hint
    assert "page" not in str(caught.value)
    assert server.count == 1


def test_a_next_page_is_asked_for_below_the_base_alone(server: Rows) -> None:
    http = ask(server, sign=SIGN)
    own = f"{server.url}{PREFIX}orders?page=2&consumer_key=ck_echo&consumer_secret=cs_echo&oauth_nonce=1"
    assert http.get(own, {"per_page": 5}).body == ROWS
    assert (server.log[0].path, server.log[0].query_text) == (f"{PREFIX}orders", "page=2&per_page=5")
    for url in (
        f"http://evil.example{PREFIX}orders?page=2",
        f"https://127.0.0.1:{server.port}{PREFIX}orders",
        f"http://127.0.0.1:{server.port + 1}{PREFIX}orders",
        f"http://ann:pw@127.0.0.1:{server.port}{PREFIX}orders",
        f"{server.url}/wp-admin/?page=2",
        f"{server.url}{PREFIX}../../wp-admin",
        f"{server.url}{PREFIX}%2e%2e/%2e%2e/wp-admin",
        "http://[broken",
    ):
        with pytest.raises(SafetyStop):
            http.get(url)
    assert server.count == 1


@pytest.mark.parametrize(
    "path",
    ["../users", "orders/../../users", "/orders", "orders//1", "orders/./1", "a\\b", "a\nb", "a\0", "..", "a/.."],
)
def test_a_path_cannot_leave_the_base(server: Rows, path: str) -> None:
    with pytest.raises(SafetyStop):
        ask(server).get(path)
    assert server.count == 0


@pytest.mark.parametrize("key", ["1?force=true", "1#x", "%2e%2e", "é", "a b", "1%2F..%2F2", "@", "http:"])
def test_whatever_stands_in_a_path_is_data(server: Rows, key: str) -> None:
    ask(server).get(f"orders/{key}/refunds")
    assert (server.log[0].path, server.log[0].query_text) == (f"{PREFIX}orders/{key}/refunds", "")


def test_a_query_arrives_as_it_was(server: Rows) -> None:
    ask(server).get("orders", [("a", "x&b=1"), ("é", "ü +%"), ("a", "#"), ("d", "1,2")])
    assert server.log[0].pairs == [("a", "x&b=1"), ("é", "ü +%"), ("a", "#"), ("d", "1,2")]


@pytest.mark.parametrize(
    "url",
    [
        "shop.example",
        "ftp://shop.example",
        "https://",
        "https:///orders",
        "https://ann:pw@shop.example",
        "https://shop.example/?a=1",
        "https://shop.example/#a",
        "https://shop.example:99999",
        "https://shop.example:x",
        "https://shop .example",
        "https://shop.example/\n",
        "https://shop.example\\@evil.example",
        "http://shop.example",
        "http://10.0.0.5",
        "http://0.0.0.0",
        "http://127.0.0.1.evil.example",
        "http://localhost.evil.example",
    ],
)
def test_an_address_that_is_none_or_not_safe_is_a_wrong_setting(url: str) -> None:
    with pytest.raises(ConfigError):
        Http("shop", Wire(url=url))


@pytest.mark.parametrize(
    ("url", "origin", "prefix"),
    [
        ("https://Shop.Example", "https://shop.example", "/"),
        ("HTTPS://shop.example:443/a/", "https://shop.example", "/a/"),
        ("https://shop.example:8443/a%20b", "https://shop.example:8443", "/a%20b/"),
        ("http://localhost/wp", "http://localhost", "/wp/"),
        ("http://127.8.9.1:80", "http://127.8.9.1", "/"),
        ("http://[::1]:8080", "http://[::1]:8080", "/"),
    ],
)
def test_an_address_is_pinned(url: str, origin: str, prefix: str) -> None:
    base = base_of(Wire(url=url))
    assert (base.origin, base.prefix) == (origin, prefix)


def test_plain_http_needs_leave_and_takes_it(server: Rows) -> None:
    with names():
        with pytest.raises(ConfigError, match="without encryption") as caught:
            ask(server, url=f"http://shop.test:{server.port}")
        assert "allow_http" in caught.value.hint
        assert ask(server, url=f"http://shop.test:{server.port}", allow_http=True).get("orders").body == ROWS


def test_a_name_for_this_machine_that_leads_elsewhere_is_told_nothing(server: Rows) -> None:
    with names(hosts={"localhost": "192.0.2.1"}), pytest.raises(SafetyStop, match="is not this machine"):
        ask(server, url=f"http://localhost:{server.port}").get("orders")


FORBIDDEN = ("169.254.169.254", "fe80::1", "fd00:ec2::254", "100.100.100.200")


@pytest.mark.parametrize("address", [*FORBIDDEN, "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe", "2002:a9fe:a9fe::"])
def test_where_clouds_keep_their_secrets_is_never_asked(address: str) -> None:
    assert is_forbidden(address)
    host = f"[{address}]" if ":" in address else address
    for scheme in ("http", "https"):
        with pytest.raises(ConfigError, match="no store can have"):
            Http("shop", Wire(url=f"{scheme}://{host}", allow_http=True, timeout=0.5)).get("latest/meta-data")


@pytest.mark.parametrize("address", FORBIDDEN)
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_name_that_leads_there_is_not_asked_either(scheme: str, address: str) -> None:
    with names(hosts={"rebound.example": address}), pytest.raises(SafetyStop, match="no store can have"):
        Http("shop", Wire(url=f"{scheme}://rebound.example", allow_http=True, timeout=0.5)).get("latest/meta-data")


@pytest.mark.parametrize("host", ["2852039166", "0xa9fea9fe", "169.254.43518"])
def test_nor_is_a_number_that_means_it(host: str) -> None:
    with pytest.raises(SyncctlError):
        Http("shop", Wire(url=f"https://{host}", timeout=0.5)).send("POST", "x", {})


def test_what_the_environment_says_of_proxies_does_not_count(server: Rows, monkeypatch: pytest.MonkeyPatch) -> None:
    with Rows() as proxy, names():
        for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy.url)
        assert ask(server).get("orders").body == ROWS
        assert ask(server, url=f"http://shop.test:{server.port}", allow_http=True).get("orders").body == ROWS
        assert proxy.connections == 0


def test_a_netrc_does_not_count(server: Rows, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    netrc = tmp_path / ".netrc"
    netrc.write_text("machine 127.0.0.1 login ann password netrc_canary\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(netrc))
    ask(server).get("orders")
    ask(server, sign=SIGN).get("orders")
    first, second = (request.header("Authorization") for request in server.log)
    assert (first, second) == ("", SIGN("GET", "", [])[1]["Authorization"])


def test_a_cookie_is_not_kept(server: Rows) -> None:
    server.handle = lambda _request: reply(ROWS, Set_Cookie="wp=1; Path=/")  # type: ignore[method-assign]
    http = ask(server)
    for _ in range(2):
        http.get("orders")
    assert server.log[1].header("Cookie") == ""


def test_a_proxy_of_the_settings_is_asked(server: Rows) -> None:
    with Rows() as proxy, names():
        wire: dict[str, Any] = {"url": "http://shop.test", "allow_http": True}
        assert ask(server, proxy=proxy.url.replace("//", "//ann:proxy_canary@"), **wire).get("orders").body == ROWS
        assert (proxy.log[0].target, server.connections) == ("http://shop.test/orders", 0)
        assert proxy.log[0].header("Proxy-Authorization").startswith("Basic ")


def test_this_machine_itself_is_not_asked_through_a_proxy(server: Rows) -> None:
    with Rows() as proxy:
        assert ask(server, proxy=proxy.url).get("orders").body == ROWS
        assert proxy.connections == 0


@pytest.mark.parametrize("proxy", ["socks5://127.0.0.1:1", "proxy.example:3128", "http://", "https://[x"])
def test_a_proxy_that_is_none_is_a_wrong_setting(proxy: str) -> None:
    with pytest.raises(ConfigError, match="proxy"):
        Http("shop", Wire(url="https://shop.example", proxy=proxy))


def test_a_proxy_that_refuses_the_way_is_named_and_nothing_was_sent(server: Rows) -> None:
    server.fail("403", times=5)
    http = ask(server, url="https://shop.test", proxy=server.url)
    with pytest.raises(Unreachable, match="was not sent: the proxy does not let it through"):
        http.send("POST", "orders", {})
    assert {request.method for request in server.log} == {"CONNECT"}

"""How a WooCommerce site is reached: by its address, signed as the way to it allows."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from syncctl.connectors.woocommerce.site import address_of
from syncctl.connectors.woocommerce.store import WooCommerceStore
from syncctl.errors import DataError, SignInNeeded
from syncctl.settings import WooCommerceStoreSettings
from tests.connectors.woo_side import settings_of
from tests.fakes.certificates import make_certificates
from tests.fakes.woo import SECRET, WooServer
from tests.fakes.woo.world import WooWorld, world


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("https://shop.example", "woocommerce shop.example"),
        ("https://Shop.EXAMPLE/", "woocommerce shop.example"),
        ("https://shop.example:443", "woocommerce shop.example"),
        ("https://shop.example:8443/Outlet/", "woocommerce shop.example:8443/outlet"),
        ("http://127.0.0.1:8080", "woocommerce 127.0.0.1:8080"),
    ],
)
def test_a_shop_is_known_by_its_address_however_it_is_written(url: str, address: str) -> None:
    assert address_of(settings(url)) == address


def settings(url: str) -> WooCommerceStoreSettings:
    given = {"connector": "woocommerce", "url": url, "consumer_key": "ck_1", "consumer_secret": "cs_1"}
    return WooCommerceStoreSettings.model_validate(given)


@pytest.fixture
def site() -> WooWorld:
    made = world(folder="/outlet")
    made.place([("MUG", 1, "5.00", "0")])
    return made


@pytest.fixture
def secure(site: WooWorld, tmp_path: Path) -> Iterator[tuple[WooServer, dict[str, Any]]]:
    """The site over TLS, and what the settings must say for it."""
    made = make_certificates(tmp_path)
    with WooServer(site.site, tls=made.good) as server:
        yield server, {"ca_file": str(made.authority)}


def orders(server: WooServer, **more: Any) -> int:
    store = WooCommerceStore("web", settings_of(server, **more))
    try:
        return sum(len(page.records) for page in store.fetch_orders(None, None))
    finally:
        store.close()


def test_over_http_the_secret_is_never_sent(site: WooWorld) -> None:
    with WooServer(site.site) as server:
        assert orders(server) == 1
        [request] = server.log
    assert "oauth_signature" in request.query
    assert SECRET not in f"{request.query}{dict(request.headers)}"


def test_over_https_the_key_is_in_a_header(secure: tuple[WooServer, dict[str, Any]]) -> None:
    server, trust = secure
    assert orders(server, **trust) == 1
    [request] = server.log
    assert request.header("Authorization").startswith("Basic ")
    assert "consumer_key" not in request.query


def test_a_host_that_strips_the_header_gets_it_in_the_query(
    secure: tuple[WooServer, dict[str, Any]], site: WooWorld
) -> None:
    server, trust = secure
    site.site.options.strips_authorization = True
    with pytest.raises(SignInNeeded):
        orders(server, **trust)
    assert orders(server, auth="query", **trust) == 1
    assert server.log[-1].header("Authorization") == ""


def test_what_is_no_woocommerce_is_an_error_with_a_way_on(site: WooWorld) -> None:
    with WooServer(site.site) as server:
        site.site.options.permalinks = False
        with pytest.raises(DataError) as caught:
            orders(server)
    assert "doctor" in caught.value.hint

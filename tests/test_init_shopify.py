"""`init` for a Shopify shop: two ways in, and its location, which the shop itself is asked for where that can be."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from syncctl.config import load_config
from syncctl.settings import ShopifyStoreSettings
from tests.fakes.shopify import STATIC, Hands, ShopifyServer, Site
from tests.fakes.shopify.auth import CLIENT_ID, CLIENT_SECRET, add_app
from tests.fakes.wire import WireFault
from tests.test_cli import call
from tests.test_init import Terminal, mode_of

EXAMPLE = ["init", "--store", "shop=shopify", "--url", "https://example.myshopify.com"]


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[1]))
    return tmp_path


@pytest.fixture
def server() -> Iterator[ShopifyServer]:
    site = Site()
    Hands(site).add_location("Main shop")
    with ShopifyServer(site) as one:
        yield one
        assert one.errors == [] and site.oracle.violations == []


def written(**environ: str) -> ShopifyStoreSettings:
    store = load_config(Path("syncctl.yaml"), {"SHOP_ACCESS_TOKEN": STATIC, **environ}).stores["shop"]
    assert isinstance(store, ShopifyStoreSettings)
    return store


def init_of(server: ShopifyServer, *more: str) -> int:
    return call("init", "--store", "shop=shopify", "--url", server.address, *more)


def only_location(server: ShopifyServer) -> str:
    [number] = server.site.locations
    return str(number)


def test_a_token_comes_from_the_environment(capsys: pytest.CaptureFixture[str]) -> None:
    assert call(*EXAMPLE) == 0
    assert "export SHOP_ACCESS_TOKEN=" in capsys.readouterr().err
    store = written()
    assert (store.url, store.location) == ("https://example.myshopify.com", "")
    assert store.access_token is not None and store.access_token.get_secret_value() == STATIC
    assert STATIC not in Path("syncctl.yaml").read_text()


def test_a_client_id_says_that_this_is_the_way_in(capsys: pytest.CaptureFixture[str]) -> None:
    assert call(*EXAMPLE, "--client-id", CLIENT_ID, "--location", "4711") == 0
    assert "export SHOP_CLIENT_SECRET=" in capsys.readouterr().err
    store = written(SHOP_CLIENT_SECRET=CLIENT_SECRET)
    assert (store.access_token, store.client_id, store.location) == (None, CLIENT_ID, "4711")
    assert store.client_secret is not None and store.client_secret.get_secret_value() == CLIENT_SECRET


def test_two_shops_take_their_flags_in_order() -> None:
    more = ["--store", "b=shopify", "--url", "https://b.myshopify.com", "--access-token-env", "A", "--location", "1"]
    assert call("-q", *EXAMPLE, *more, "--access-token-env", "B", "--location", "2") == 0
    stores = load_config(Path("syncctl.yaml"), {"A": "shpat_a", "B": "shpat_b"}).stores.values()
    assert [one.location for one in stores] == ["1", "2"]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ([*EXAMPLE[1:], "--access-token-env", STATIC], "name a variable of the environment, never the secret itself"),
        ([*EXAMPLE[1:], "--client-id", "x", "--client-secret-env", CLIENT_SECRET], "never the secret itself"),
        (["--store", "shop=shopify"], "stores.shop.url: needed; say --url"),
        (["--store", "shop=shopify", "--url", "https://shop.example"], "ends in .myshopify.com"),
        ([*EXAMPLE[1:], "--client-secret-env", "S"], "stores.shop.client_id: needed; say --client-id"),
        ([*EXAMPLE[1:], "--location", "Main shop"], "write the id of the location in digits"),
        ([*EXAMPLE[1:], "--location", "1", "--location", "2"], "--location: given more often than there are stores"),
    ],
)
def test_what_will_not_do_is_told_and_nothing_is_left_behind(
    arguments: list[str], told: str, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call("init", *arguments) == 2
    shown = capsys.readouterr().err
    assert told in shown and "nothing was written" in shown
    assert list(here.iterdir()) == []
    assert STATIC not in shown and CLIENT_SECRET not in shown


def test_the_only_location_is_taken(server: ShopifyServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_ACCESS_TOKEN", STATIC)
    assert init_of(server) == 0
    assert written().location == only_location(server)
    assert server.count == 1


def test_a_token_for_a_day_is_asked_for_where_that_is_the_way_in(
    server: ShopifyServer, monkeypatch: pytest.MonkeyPatch, here: Path
) -> None:
    add_app(server.site)
    monkeypatch.setenv("SHOP_CLIENT_SECRET", CLIENT_SECRET)
    assert init_of(server, "--client-id", CLIENT_ID) == 0
    assert written(SHOP_CLIENT_SECRET=CLIENT_SECRET).location == only_location(server)
    assert [path.name for path in here.iterdir()] == ["syncctl.yaml"]


def test_of_several_locations_none_is_taken_where_nobody_can_choose(
    server: ShopifyServer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    first, other = only_location(server), Hands(server.site).add_location("Back room")
    monkeypatch.setenv("SHOP_ACCESS_TOKEN", STATIC)
    assert init_of(server) == 0
    shown = capsys.readouterr().err
    assert f"Locations of shop: {first} (Main shop), {other} (Back room)" in shown
    assert "Set stores.shop.location to the one whose stock is kept in step" in shown
    assert written().location == ""


def test_a_location_that_was_said_is_not_asked_for(server: ShopifyServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_ACCESS_TOKEN", STATIC)
    assert init_of(server, "--location", "4711") == 0
    assert written().location == "4711" and server.count == 0


@pytest.mark.parametrize("trouble", ["frozen", "locked", "forbidden"])
def test_a_shop_that_cannot_be_asked_keeps_nobody_from_setting_it_up(
    server: ShopifyServer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], trouble: str
) -> None:
    server.site.options.trouble = trouble
    monkeypatch.setenv("SHOP_ACCESS_TOKEN", STATIC)
    assert init_of(server) == 0
    shown = capsys.readouterr().err
    assert "Its locations cannot be seen now: shop: " in shown and STATIC not in shown
    assert written().location == ""


def test_a_shop_that_keeps_silent_keeps_nobody_waiting_for_long(
    server: ShopifyServer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("syncctl.cli.init._SECONDS", 0.6)
    monkeypatch.setenv("SHOP_ACCESS_TOKEN", STATIC)
    server.always = WireFault("timeout_before")
    began = time.monotonic()
    assert init_of(server) == 0
    assert time.monotonic() - began < 15
    assert "Its locations cannot be seen now: shop: asking for the locations failed" in capsys.readouterr().err
    assert written().location == ""


def test_the_wizard_asks_for_the_way_in_and_for_the_location(server: ShopifyServer) -> None:
    other = Hands(server.site).add_location("Back room")
    asked = Terminal("--book-from", "2026-11-22", "--country", "US")
    asked.expects("Kind of web store")
    asked.types("shopify")
    asked.expects("A short name for it")
    asked.types("")
    asked.expects("It lets us in by (access_token, client_id) [access_token]: ")
    asked.types("")
    asked.expects("The shop's own address")
    asked.types("https://shop.example")
    asked.expects("which ends in .myshopify.com")
    asked.types(server.address)
    asked.expects("kept in secrets/shop.access_token")
    asked.types(STATIC)
    asked.expects("Another web store?")
    asked.types("")
    asked.expects(f"{other} (Back room)")
    asked.expects("Whose stock is kept in step?")
    asked.types(str(other))
    code, shown = asked.ends()
    assert code == 0 and STATIC not in shown
    assert mode_of("secrets/shop.access_token") == 0o600
    store = written()
    assert store.location == str(other)
    assert store.access_token is not None and store.access_token.get_secret_value() == STATIC

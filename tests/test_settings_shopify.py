"""What the settings of a Shopify store accept, and what is said of what they do not; never with a secret in it."""

from pathlib import Path

import pytest

from syncctl.config import load_config
from syncctl.errors import ConfigError
from syncctl.settings import ShopifyStoreSettings

SECRETS = {"TOKEN": "shpat_canary1", "SECRET": "shpss_canary2"}
SIGN_IN = ("access_token: ${TOKEN}",)
URL = "https://example.myshopify.com"


def store(
    folder: Path, *more: str, url: str = URL, sign_in: tuple[str, ...] = SIGN_IN, environ: dict[str, str] = SECRETS
) -> ShopifyStoreSettings:
    lines = [
        "back_office: {connector: sandbox, path: books.db}",
        "orders: {book_from: 2026-11-21}",
        "stores:",
        "  shop:",
        *(f"    {line}" for line in ("connector: shopify", f"url: {url}", *sign_in, *more)),
    ]
    path = folder / "syncctl.yaml"
    path.write_text("\n".join(lines), encoding="utf-8")
    path.chmod(0o644)  # whatever is left of a umask: a secret must not stand in a file that others may read
    made = load_config(path, environ).stores["shop"]
    assert isinstance(made, ShopifyStoreSettings)
    return made


def problems(
    folder: Path, *more: str, url: str = URL, sign_in: tuple[str, ...] = SIGN_IN, environ: dict[str, str] = SECRETS
) -> list[str]:
    """What is said of each, without the file's name and the line."""
    with pytest.raises(ConfigError) as caught:
        store(folder, *more, url=url, sign_in=sign_in, environ=environ)
    told = [line.split(": ", 1)[1] for line in caught.value.problems]
    assert not [one for one in ("canary", "hidden") if one in "\n".join([*told, str(caught.value), caught.value.hint])]
    return told


def test_the_token_comes_from_outside_and_is_shown_nowhere(tmp_path: Path) -> None:
    made = store(tmp_path)
    assert made.access_token is not None and made.access_token.get_secret_value() == "shpat_canary1"
    assert "canary" not in repr(made) + str(made) + made.model_dump_json()


def test_an_app_signs_in_by_its_id_and_its_secret_instead(tmp_path: Path) -> None:
    made = store(tmp_path, sign_in=("client_id: 0123456789abcdef", "client_secret: ${SECRET}"))
    assert made.access_token is None and made.client_id == "0123456789abcdef"
    assert made.client_secret is not None and made.client_secret.get_secret_value() == "shpss_canary2"
    assert "canary" not in repr(made) + str(made) + made.model_dump_json()


@pytest.mark.parametrize(
    ("sign_in", "told"),
    [
        ((), "shop.access_token: write the app's token here, or write client_id and client_secret"),
        (("client_id: abc",), "shop.client_secret: client_id needs it"),
        (("client_secret: ${SECRET}",), "shop.client_id: client_secret needs it"),
        ((*SIGN_IN, "client_id: abc"), "shop.access_token: there is client_id or client_secret, too"),
        ((*SIGN_IN, "client_secret: ${SECRET}"), "shop.access_token: there is client_id or client_secret, too"),
        (("access_token: ${SECRET}",), "shop.access_token: this is an app's secret: write it as client_secret"),
        (("client_id: a", "client_secret: ${TOKEN}"), "shop.client_secret: this is an access token"),
        (("client_id: shpss_1", "client_secret: ${SECRET}"), "shop.client_id: this is a secret, and no id"),
        (("client_id: a b", "client_secret: ${SECRET}"), "shop.client_id: this is empty or has a character"),
        (("access_token: shpat_canary",), "shop.access_token: "),
    ],
)
def test_there_is_one_way_to_sign_in_and_it_is_whole(tmp_path: Path, sign_in: tuple[str, ...], told: str) -> None:
    [problem] = problems(tmp_path, sign_in=sign_in)
    assert problem.startswith(f"stores.{told}"), problem


@pytest.mark.parametrize("token", ["shpat_canary\n", "shpat canary"])
def test_a_token_that_cannot_be_right_is_told_without_repeating_it(tmp_path: Path, token: str) -> None:
    [problem] = problems(tmp_path, environ={"TOKEN": token})
    assert problem.startswith("stores.shop.access_token: this is empty or has a character"), problem


@pytest.mark.parametrize(
    ("written", "url"),
    [
        (URL, URL),
        ("HTTPS://Example.MyShopify.com/", URL),
        ("https://example.myshopify.com:443", "https://example.myshopify.com:443"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("'http://[::1]:8080/'", "http://[::1]:8080"),
        ("https://localhost:8443", "https://localhost:8443"),
    ],
)
def test_an_address_is_the_shops_own_or_this_machine(tmp_path: Path, written: str, url: str) -> None:
    assert store(tmp_path, url=written).url == url


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("example.myshopify.com", "write the shop's own address"),
        ("https://shop.example", "write the shop's own address"),
        ("https://myshopify.com", "write the shop's own address"),
        ("https://admin.shopify.com/store/example", "write the shop's own address"),
        ("https://example.myshopify.com.evil.example", "write the shop's own address"),
        ("https://evil.example/example.myshopify.com", "write the shop's own address"),
        ("https://evilmyshopify.com", "write the shop's own address"),
        ("https://a.b.myshopify.com", "write the shop's own address"),
        ("https://example.myshopify.com:8443", "write the shop's own address"),
        ("https://me:hidden@example.myshopify.com", "no user and password"),
        ("https://example.myshopify.com/admin", "without /admin"),
        ("https://example.myshopify.com/?hidden=1", "no ? and no #"),
        ("http://example.myshopify.com", "over http everybody on the way can read"),
        ("http://10.0.0.1", "write the shop's own address"),
        ("http://127.0.0.1/admin", "without /admin"),
        ('"https://example.myshopify.com\\n"', "write the shop's own address"),
        ('""', "write the shop's own address"),
    ],
)
def test_any_other_address_is_refused_and_what_is_secret_in_it_not_repeated(
    tmp_path: Path, written: str, told: str
) -> None:
    [problem] = problems(tmp_path, url=written)
    assert problem.startswith("stores.shop.url: ") and told in problem


@pytest.mark.parametrize(
    ("written", "digits"),
    [
        ("123456789", "123456789"),
        ("'123456789'", "123456789"),
        ("gid://shopify/Location/123456789", "123456789"),
        ('""', ""),
    ],
)
def test_a_location_is_kept_in_digits(tmp_path: Path, written: str, digits: str) -> None:
    assert store(tmp_path, f"location: {written}").location == digits


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        (["location: Main street"], "location: write the id of the location in digits"),
        (["location: gid://shopify/Product/1"], "location: write the id of the location in digits"),
        (["location: '١٢'"], "location: write the id of the location in digits"),
        (["version: 2025-10"], "version: '2025-10' is not known; did you mean `2026-10`?"),
        (["quantity: committed"], "quantity: 'committed' is not known; write one of: available, on_hand"),
        (["customer_accounts: old"], "customer_accounts: 'old' is not known; write one of: legacy, new"),
        (["groups: [Gold]"], "groups: this has no effect without group_prefix"),
        (["group_prefix: 'a,b'"], "group_prefix: a tag has no comma in it"),
        (["group_prefix: ' group:'"], "group_prefix: a tag has no comma in it, and does not begin with a space"),
        (["group_prefix: 'g:'", "groups: [' Gold']"], "groups: a tag has no comma in it, and neither begins nor ends"),
        (["group_prefix: 'g:'", "groups: ['']"], "groups: a tag has no comma in it, and neither begins nor ends"),
        (["group_prefix: 'g:'", "groups: [Gold, GOLD]"], "groups: two of these differ by case alone"),
        (["bulk_from: -1"], "bulk_from: "),
        (["page_size: 0"], "page_size: "),
        (["page_size: 251"], "page_size: "),
        (["timeout: 0s"], "timeout: write a duration longer than 0s"),
        (["timeout: 6m"], "deadline: must not be shorter than timeout"),
        (["proxy: ${PROXY}"], "proxy: write the proxy as http://"),
        (["consumer_key: ${TOKEN}"], "consumer_key: there is no such setting"),
    ],
)
def test_what_will_not_do_is_told_where_it_stands(tmp_path: Path, lines: list[str], told: str) -> None:
    [problem] = problems(tmp_path, *lines, environ={**SECRETS, "PROXY": "hidden.example:3128"})
    assert problem.startswith(f"stores.shop.{told}"), problem


def test_a_version_may_be_written_without_quotes_and_groups_go_with_their_prefix(tmp_path: Path) -> None:
    made = store(tmp_path, "version: 2026-10", "group_prefix: 'group: '", "groups: [Gold, Trade]")
    assert (made.version, made.group_prefix, made.groups) == ("2026-10", "group: ", ("Gold", "Trade"))

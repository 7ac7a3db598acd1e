"""What the settings of a WooCommerce store accept, and what is said of what they do not; never with a secret in it."""

from pathlib import Path
from typing import Any

import pytest

from syncctl.config import load_config
from syncctl.errors import ConfigError
from syncctl.settings import WooCommerceStoreSettings

TEXT = """\
back_office: {connector: sandbox, path: books.db}
stores:
  woo:
    connector: woocommerce
    url: https://shop.example
    consumer_key: ${KEY}
    consumer_secret: ${SECRET}
orders: {book_from: 2026-11-21}
"""
SECRETS = {"KEY": "ck_canary1", "SECRET": "cs_canary2"}


def text(*more: str, **changed: str) -> str:
    """The configuration above with other values, and more lines in its store."""
    lines = TEXT.splitlines()
    for place, line in enumerate(lines):
        name = line.strip().partition(":")[0]
        lines[place] = f"    {name}: {changed[name]}" if name in changed else line
    return "\n".join([*lines[:7], *(f"    {line}" for line in more), *lines[7:]])


def store(folder: Path, *more: str, environ: dict[str, str] = SECRETS, **changed: str) -> WooCommerceStoreSettings:
    path = folder / "syncctl.yaml"
    path.write_text(text(*more, **changed), encoding="utf-8")
    made = load_config(path, environ).stores["woo"]
    assert isinstance(made, WooCommerceStoreSettings)
    return made


def problems(folder: Path, *more: str, environ: dict[str, str] = SECRETS, **changed: str) -> list[str]:
    """What is said of each, without the file's name and the line."""
    with pytest.raises(ConfigError) as caught:
        store(folder, *more, environ=environ, **changed)
    told = [line.split(": ", 1)[1] for line in caught.value.problems]
    assert not [one for one in ("canary", "hidden") if one in "\n".join([*told, str(caught.value), caught.value.hint])]
    return told


def test_the_keys_come_from_outside_and_are_shown_nowhere(tmp_path: Path) -> None:
    made = store(tmp_path)
    assert made.consumer_key.get_secret_value() == "ck_canary1"
    assert made.consumer_secret.get_secret_value() == "cs_canary2"
    assert "canary" not in repr(made) + str(made) + made.model_dump_json()


@pytest.mark.parametrize(
    ("written", "url"),
    [
        ("https://shop.example", "https://shop.example"),
        ("https://shop.example/", "https://shop.example"),
        ("HTTPS://Shop.example:8443/a/b/", "HTTPS://Shop.example:8443/a/b"),
        ("http://localhost:8080", "http://localhost:8080"),
        ("http://127.3.2.1/shop", "http://127.3.2.1/shop"),
        ("'http://[::1]:8080'", "http://[::1]:8080"),
    ],
)
def test_an_address_may_have_a_port_and_a_folder_and_be_plain_http_on_this_machine(
    tmp_path: Path, written: str, url: str
) -> None:
    assert store(tmp_path, url=written).url == url


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        ("shop.example", "write the shop's address"),
        ("ftp://shop.example", "write the shop's address"),
        ("https://", "write the shop's address"),
        ("https://shop.example:99999", "write the shop's address"),
        ("'https://shop.example/a b'", "write the shop's address"),
        ('"https://shop.example\\\\@other.example"', "write the shop's address"),
        ('"https://shop.example\\n"', "write the shop's address"),
        ("https://me:hidden@shop.example", "no user and password"),
        ("https://shop.example/?token=hidden", "no ? and no #"),
        ("'https://shop.example/#'", "no ? and no #"),
        ("https://shop.example/wp-json/wc/v3", "without /wp-json"),
        ("https://shop.example/wp-admin/", "without /wp-json or /wp-admin"),
        ("https://shop.example/a/../b", "in plain words"),
        ("https://shop.example/%2e%2e", "in plain words"),
        ("http://shop.example", "over http everybody on the way can read"),
        ("http://127.0.0.1.example", "over http everybody on the way can read"),
        ("http://localhost.example", "over http everybody on the way can read"),
        ('""', "write the shop's address"),
    ],
)
def test_an_address_that_is_none_is_refused_and_what_is_secret_in_it_not_repeated(
    tmp_path: Path, written: str, problem: str
) -> None:
    [told] = problems(tmp_path, url=written)
    assert told.startswith("stores.woo.url: ") and problem in told


def test_plain_http_to_another_machine_needs_leave(tmp_path: Path) -> None:
    assert store(tmp_path, "allow_http: true", url="http://shop.lan").allow_http


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        (["group_by: meta"], "stores.woo.group_by: meta needs group_key"),
        (["group_by: role"], "stores.woo.group_by: role needs roles"),
        (["group_key: tier"], "stores.woo.group_key: this has no effect without group_by: meta"),
        (["groups: [Gold]"], "stores.woo.groups: this has no effect without group_by: meta"),
        (["roles: {gold: Gold}"], "stores.woo.roles: this has no effect without group_by: role"),
        (["group_by: role", "roles: {gold: Gold, old_gold: Gold}"], "stores.woo.roles: two roles have the same title"),
        (["statuses: {packed: sent}"], "stores.woo.statuses.packed: 'sent' is not known; write one of: cancelled, "),
        (["statuses: {wc-packed: processing}"], "stores.woo.statuses: write the status without wc-"),
        (["timeout: 0s"], "stores.woo.timeout: write a duration longer than 0s"),
        (["timeout: 6m"], "stores.woo.deadline: must not be shorter than timeout"),
        (["customers_pass: 0d"], "stores.woo.customers_pass: write a duration longer than 0s"),
        (["auth: basic"], "stores.woo.auth: 'basic' is not known; write one of: header, query"),
        (["proxy: ${PROXY}"], "stores.woo.proxy: write the proxy as http://"),
        (["path: shop.db"], "stores.woo.path: there is no such setting"),
        (["requests_per_minute: -1"], "stores.woo.requests_per_minute: "),
    ],
)
def test_what_does_not_go_together_is_told_where_it_stands(tmp_path: Path, lines: list[str], told: str) -> None:
    [problem] = problems(tmp_path, *lines, environ={**SECRETS, "PROXY": "hidden.example:3128"})
    assert problem.startswith(told), problem


@pytest.mark.parametrize(
    ("environ", "told"),
    [
        ({"KEY": "cs_canary", "SECRET": "ck_canary"}, "stores.woo.consumer_key: this is the secret"),
        ({"KEY": "ck_canary\n", "SECRET": "cs_canary"}, "stores.woo.consumer_key: this has a space"),
        ({"KEY": "ck_canary", "SECRET": "cs canary"}, "stores.woo.consumer_secret: this has a space"),
        ({"KEY": "ck_canary"}, "stores.woo.consumer_secret: there is no SECRET in the environment"),
    ],
)
def test_keys_that_cannot_be_right_are_told_without_repeating_them(
    tmp_path: Path, environ: dict[str, str], told: str
) -> None:
    [problem] = problems(tmp_path, environ=environ)
    assert problem.startswith(told), problem


def test_what_is_required_is_told_by_its_full_name_with_an_example(tmp_path: Path) -> None:
    path = tmp_path / "syncctl.yaml"
    path.write_text("\n".join(line for line in TEXT.splitlines() if "url:" not in line and "consumer_k" not in line))
    with pytest.raises(ConfigError) as caught:
        load_config(path, SECRETS)
    told = " ".join(caught.value.problems)
    assert "stores.woo.url: this is required, such as `url: https://shop.example`" in told
    assert "stores.woo.consumer_key: this is required, such as `consumer_key: ${WOO_KEY}`" in told


def test_a_store_in_a_file_and_one_over_the_wire_stand_side_by_side(tmp_path: Path) -> None:
    made = store(
        tmp_path,
        "statuses: {packed: processing}",
        "group_by: role",
        "roles: {gold: Gold, customer: Web}",
        "ca_file: ca.pem",
    )
    found: Any = (made.statuses, made.roles, made.ca_file)
    assert found == ({"packed": "processing"}, {"gold": "Gold", "customer": "Web"}, tmp_path / "ca.pem")
    path = tmp_path / "both.yaml"
    path.write_text(text() + "\n")
    both = path.read_text().replace("stores:\n", "stores:\n  shop: {connector: sandbox, path: books.db}\n")
    path.write_text(both)
    with pytest.raises(ConfigError) as caught:
        load_config(path, SECRETS)
    assert ["stores.shop.path: this is also the file of back_office.path" in one for one in caught.value.problems] == [
        True
    ]

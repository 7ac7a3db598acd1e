"""The settings' own checks, and that `config.example.yaml` says what the models say."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml
from pydantic import BaseModel, ValidationError

import syncctl.config
from syncctl import times
from syncctl.config import load_config
from syncctl.settings import BackOfficeSettings, OrderSettings, Section, Settings, StoreSettings

EXAMPLE = Path(syncctl.config.__file__).parents[2] / "config.example.yaml"
REQUIRED = {
    "back_office.connector": "sandbox",
    "back_office.path": Path("sandbox/back-office.db"),
    "stores.shop.connector": "sandbox",
    "stores.shop.path": Path("sandbox/shop.db"),
    "orders.book_from": datetime(2010, 1, 1, tzinfo=UTC),
}


def make(**changes: Any) -> Settings:
    given: dict[str, Any] = {
        "back_office": {"connector": "sandbox", "path": "books.db"},
        "stores": {"shop": {"connector": "sandbox", "path": "shop.db"}},
        "orders": {"book_from": "2026-11-21"},
    }
    return Settings.model_validate(given | changes)


def lines_of(error: ValidationError) -> list[str]:
    return [line for detail in error.errors() for line in str(detail["msg"]).splitlines()]


def test_a_store_sells_from_a_location_that_feeds_it() -> None:
    store = {"connector": "sandbox", "path": "shop.db", "locations": ["east", "main"], "sells_from": "north"}
    with pytest.raises(ValidationError) as caught:
        make(stores={"shop": store})
    [line] = lines_of(caught.value)
    assert "stores.shop.sells_from: 'north' is none of" in line and "east, main" in line
    made = make(stores={"shop": {**store, "sells_from": "main"}, "all": {"connector": "sandbox", "path": "all.db"}})
    assert [made.leaving_from(name) for name in ("shop", "all")] == ["main", ""]
    assert make(stores={"shop": {**store, "locations": []}}).leaving_from("shop") == "north", "any of all feeds it"
    by_default = make(stores={"shop": {**store, "locations": [], "sells_from": ""}}, stock={"locations": ["attic"]})
    assert (by_default.feeding("shop"), by_default.leaving_from("shop")) == (("attic",), "attic")


# --- config.example.yaml -------------------------------------------------------------------------------------------


OFFICES: dict[str, type[BaseModel]] = {
    get_args(one.model_fields["connector"].annotation)[0]: one for one in get_args(get_args(BackOfficeSettings)[0])
}
STORES: dict[str, type[BaseModel]] = {
    get_args(one.model_fields["connector"].annotation)[0]: one for one in get_args(get_args(StoreSettings)[0])
}
SECRETS = {"SHOPIFY_TOKEN": "shpat_1", "WOO_KEY": "ck_1", "WOO_SECRET": "cs_2"}


def fields(model: type[BaseModel], prefix: str = "") -> Iterator[tuple[str, str, Any]]:
    """Every setting with its full name, what is said of it, and its default (None for sections)."""
    for name, part in model.model_fields.items():
        annotation: Any = part.annotation
        if name == "stores":
            yield "stores", part.description or "", None
            yield from fields(STORES["sandbox"], "stores.shop.")
        elif name == "back_office":
            yield "back_office", part.description or "", None
            yield from fields(OFFICES["sandbox"], "back_office.")
        elif isinstance(annotation, type) and issubclass(annotation, Section):
            yield prefix + name, part.description or (annotation.__doc__ or "").splitlines()[0], None
            yield from fields(annotation, f"{prefix}{name}.")
        else:
            yield prefix + name, part.description or "", part.default


FIELDS = {name: (description, default) for name, description, default in fields(Settings)}


def written_keys(text: str) -> dict[str, str]:
    """Each key of an example with the comment that stands right above it."""
    keys: dict[str, str] = {}
    path: list[str] = []
    comment: list[str] = []
    for line in text.splitlines():
        match = re.match(r"( *)([a-z_]+):", line)
        if line.lstrip().startswith("#"):
            comment.append(line.lstrip().removeprefix("#").strip())
        elif match:
            path = [*path[: len(match[1]) // 2], match[2]]
            keys[".".join(path)] = " ".join(comment)
        if not line.lstrip().startswith("#"):
            comment = []
    return keys


WRITTEN = written_keys(EXAMPLE.read_text(encoding="utf-8"))


def test_the_example_has_every_setting_and_nothing_else() -> None:
    named_by_the_shop = {name for name in WRITTEN if name.startswith(("orders.charges.", "orders.tenders."))}
    assert set(WRITTEN) - named_by_the_shop - {"stores.shop"} == set(FIELDS)
    assert len(FIELDS) > 40


@pytest.mark.parametrize("name", FIELDS)
def test_the_example_says_of_a_setting_what_the_model_says(name: str) -> None:
    description, _ = FIELDS[name]
    assert description
    assert description in WRITTEN[name]


def test_the_example_loads_and_has_every_default() -> None:
    loaded = load_config(EXAMPLE, {})
    for name, (_, default) in FIELDS.items():
        value: Any = loaded
        for part in name.split("."):
            value = value[part] if isinstance(value, dict) else getattr(value, part)
        if isinstance(value, Section | dict) and default is None:
            continue
        expected = REQUIRED.get(name, default)
        assert value == (EXAMPLE.parent / expected if isinstance(expected, Path) else expected), name


# --- its stores of other kinds, which stand in comments ---------------------------------------------------------------


def with_all_stores() -> str:
    """The example without the mark of comment before the other kinds of store."""
    lines = EXAMPLE.read_text(encoding="utf-8").splitlines()
    return "\n".join(re.sub(r"^  # (?=([a-z]+:$|  ))", "  ", line) for line in lines)


def others() -> list[tuple[str, str, str]]:
    """Kind, setting and what the model says of it, of every kind but the sandbox."""
    kinds = {kind: model for kind, model in STORES.items() if kind != "sandbox"}
    return [(kind, name, text) for kind, model in kinds.items() for name, text, _ in fields(model)]


def name_of(kind: str) -> str:
    """Under what name the example has a store of this kind."""
    stores = yaml.safe_load(with_all_stores())["stores"]
    return next(name for name, store in stores.items() if store["connector"] == kind)


@pytest.mark.parametrize(("kind", "name", "text"), others())
def test_the_commented_store_says_of_a_setting_what_the_model_says(kind: str, name: str, text: str) -> None:
    assert text
    assert written_keys(with_all_stores())[f"stores.{name_of(kind)}.{name}"] == text


def test_the_commented_stores_load_and_have_every_default_and_nothing_else(tmp_path: Path) -> None:
    config = tmp_path / "syncctl.yaml"
    config.write_text(with_all_stores(), encoding="utf-8")
    loaded = load_config(config, SECRETS)
    assert len(loaded.stores) == len(STORES) == len({store.connector for store in loaded.stores.values()})
    for kind, model in STORES.items():
        if kind == "sandbox":
            continue
        store = loaded.stores[name_of(kind)]
        written = yaml.safe_load(with_all_stores())["stores"][name_of(kind)]
        assert set(written) == set(model.model_fields)
        for name, part in model.model_fields.items():
            if not part.is_required() and not str(written[name]).startswith("${"):
                assert getattr(store, name) == part.default, name


# --- its back offices of other kinds, which stand in comments too ----------------------------------------------------


OTHER_OFFICES = [kind for kind in OFFICES if kind != "sandbox"]


def with_back_office(kind: str) -> str:
    """The example with its lines for this kind of back office in place of those that it comes with."""
    head, *blocks = EXAMPLE.read_text(encoding="utf-8").split("\n\n")
    [place] = [number for number, block in enumerate(blocks) if "\nback_office:" in block]
    [other] = [block for block in blocks if "\n# back_office:" in block and f"\n#   connector: {kind}\n" in block]
    blocks[place] = "\n".join(line.removeprefix("# ") for line in other.splitlines()[1:])
    return "\n\n".join([head, *blocks])


@pytest.mark.parametrize(
    ("kind", "name", "text"), [(kind, name, text) for kind in OTHER_OFFICES for name, text, _ in fields(OFFICES[kind])]
)
def test_the_commented_back_office_says_of_a_setting_what_the_model_says(kind: str, name: str, text: str) -> None:
    assert text
    assert written_keys(with_back_office(kind))[f"back_office.{name}"] == text


@pytest.mark.parametrize("kind", OTHER_OFFICES)
def test_the_commented_back_office_loads_and_has_every_default_and_nothing_else(kind: str, tmp_path: Path) -> None:
    config = tmp_path / "syncctl.yaml"
    config.write_text(with_back_office(kind), encoding="utf-8")
    loaded = load_config(config, {"TRYTON_PASSWORD": "secret-1"}).back_office
    assert type(loaded) is OFFICES[kind]
    assert set(yaml.safe_load(with_back_office(kind))["back_office"]) == set(OFFICES[kind].model_fields)
    for name, part in OFFICES[kind].model_fields.items():
        if not part.is_required():
            assert getattr(loaded, name) == part.default, name


def test_the_example_reads_the_same_for_any_yaml_reader() -> None:
    plain = yaml.safe_load(EXAMPLE.read_text(encoding="utf-8"))
    assert plain["orders"]["import_from"] is None
    assert plain["stores"]["shop"]["path"] == "sandbox/shop.db"


def test_a_section_that_is_left_out_is_the_same_as_an_empty_one() -> None:
    for part in Settings.model_fields.values():
        if isinstance(part.default, Section):
            assert part.default == type(part.default)()


# --- checks --------------------------------------------------------------------------------------------------------


def test_stock_without_booked_sales_would_oversell() -> None:
    for off in ("enabled", "import_sales"):
        orders = {"book_from": "2026-11-21", off: False}
        with pytest.raises(ValidationError, match=r"stock\.enabled: needs orders\.enabled and orders\.import_sales"):
            make(orders=orders)
        assert not make(orders=orders, stock={"enabled": False}).stock.enabled


@pytest.mark.parametrize("other", ["books.db", "./books.db", "x/../books.db", "hub.db"])
def test_two_databases_never_share_a_file(other: str) -> None:
    with pytest.raises(ValidationError, match=r"stores\.b\.path: this is also the file of (back_office|hub)\.path"):
        make(stores={"b": {"connector": "sandbox", "path": other}})


def test_everything_between_sections_is_told_at_once() -> None:
    store = {"connector": "sandbox", "path": "hub.db"}
    with pytest.raises(ValidationError) as caught:
        make(stores={"back-office": store}, orders={"book_from": "2026-11-21", "import_sales": False})
    assert len(lines_of(caught.value)) == 3


@pytest.mark.parametrize("name", ["Shop", "", "1a", "a" * 32, "a b", "a\n", "ä", "a.b", "-a"])
def test_a_store_name_is_plain(name: str) -> None:
    with pytest.raises(ValidationError, match="a store's name"):
        make(stores={name: {"connector": "sandbox", "path": "shop.db"}})
    assert make(stores={"a-1_b": {"connector": "sandbox", "path": "shop.db"}})


def test_a_status_may_be_a_word_of_the_stores_own_but_not_empty() -> None:
    for name, word in (("financial_statuses", "awaiting-cheque"), ("fulfilment_statuses", "at-the-framer")):
        orders = OrderSettings.model_validate({"book_from": "2026-11-21", name: [f" {word} "]})
        assert getattr(orders, name) == (word,)
        with pytest.raises(ValidationError):
            OrderSettings.model_validate({"book_from": "2026-11-21", name: [" "]})
    with pytest.raises(ValidationError):
        OrderSettings.model_validate({"book_from": "2026-11-21", "financial_statuses": []})


def test_history_never_begins_after_booking() -> None:
    with pytest.raises(ValidationError, match="import_from: must not be later"):
        OrderSettings.model_validate({"book_from": "2026-11-21", "import_from": "2026-11-22"})
    orders = OrderSettings.model_validate({"book_from": "2026-11-21", "import_from": "2025-01-01"})
    assert orders.history_from == datetime(2025, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "1", "yesterday", ""])
def test_a_moment_that_utc_does_not_have_is_refused(text: str) -> None:
    with pytest.raises(ValidationError, match="write a date or time as"):
        OrderSettings.model_validate({"book_from": text})


def test_a_moment_is_utc() -> None:
    at = OrderSettings.model_validate({"book_from": "2026-11-21T09:00:00+02:00"}).book_from
    assert times.to_text(at) == "2026-11-21T07:00:00.000Z"
    assert at.tzinfo is UTC


@pytest.mark.parametrize("text", ["12:30", "10", "-1h", "1w", "١h", "40000d", "999999d", "1.5h", "h"])
def test_a_duration_is_a_number_and_a_unit(text: str) -> None:
    with pytest.raises(ValidationError, match="write a duration"):
        make(stock={"max_age": text})
    assert make(stock={"max_age": "36500d"}).stock.max_age == timedelta(days=36_500)


@pytest.mark.parametrize("share", ["nan", "inf", "-0.1", "1.1"])
def test_a_share_is_between_none_and_all(share: str) -> None:
    with pytest.raises(ValidationError):
        make(safety={"max_shrink": share})
    with pytest.raises(ValidationError):
        make(safety={"max_price_change": "inf"})


@pytest.mark.parametrize("zone", ["Mars", "../etc/passwd", "", "Europe", "a\0b", "/etc/localtime"])
def test_a_time_zone_is_one_that_exists(zone: str) -> None:
    with pytest.raises(ValidationError, match="no such time zone"):
        make(stores={"shop": {"connector": "sandbox", "path": "shop.db", "time_zone": zone}})

"""WooCommerce's products and variations in our words, and levels and prices in its, without a wire."""

from typing import Any

import pytest

from syncctl.connectors.woocommerce.product_words import (
    Change,
    Parent,
    by_parent,
    level_of,
    outcomes_of,
    product_listing,
    refusal,
    split,
    to_row,
    variation_listing,
)
from syncctl.errors import DataError
from syncctl.model import LevelChange, Listing, PriceChange, Refused, Unclear, Written


def product(**more: Any) -> dict[str, Any]:
    kept = {"manage_stock": True, "stock_quantity": 7, "regular_price": "9.50", "variations": []}
    return {"id": 93, "type": "simple", "name": "Mug", "sku": "MUG", **kept, **more}


def variation(**more: Any) -> dict[str, Any]:
    options = [{"id": 0, "name": "Colour", "option": "Red"}, {"id": 0, "name": "Size", "option": "L"}]
    kept = {"manage_stock": True, "stock_quantity": 3, "regular_price": "12.00", "attributes": options}
    return {"id": 23, "parent_id": 22, "sku": "TEE-RED-L", **kept, **more}


TEE = Parent(id=22, name="Tee", sku="TEE", type="variable", has_variations=True)


def level(listing_id: str = "93", quantity: int = 5, price: str | None = None) -> LevelChange:
    return LevelChange(
        key=f"key {listing_id}", listing_id=listing_id, quantity=quantity, expected=0, price=price, currency="USD"
    )


def priced(listing_id: str = "93", price: str = "6.25") -> PriceChange:
    return PriceChange(key=f"key {listing_id}", listing_id=listing_id, price=price, currency="USD")


def test_a_simple_product_is_listed_by_its_own_id() -> None:
    assert product_listing(product()) == Listing(id="93", sku="MUG", title="Mug", quantity=7, price="9.50")


def test_a_variation_is_listed_by_its_parents_id_and_its_own() -> None:
    assert variation_listing(variation(), TEE) == Listing(
        id="22/23", sku="TEE-RED-L", title="Tee - Red, L", quantity=3, price="12.00"
    )


def test_titles_are_told_as_they_are_read_by_people() -> None:
    found = product_listing(product(name="Cups &amp; Saucers", sku="A&amp;B"))
    assert found is not None and (found.title, found.sku) == ("Cups & Saucers", "A&amp;B")


def test_a_product_that_is_sold_by_its_variations_is_listed_only_where_it_has_the_stock() -> None:
    kept_apart = product(type="variable", sku="TEE", regular_price="", variations=[23], manage_stock=False)
    assert product_listing(kept_apart) is None
    found = product_listing({**kept_apart, "manage_stock": True})
    assert found is not None and (found.id, found.managed, found.quantity, found.price) == ("93", True, 7, None)


@pytest.mark.parametrize(
    ("kind", "priced"),
    [
        ("simple", True),
        ("external", True),
        ("bundle", True),
        ("subscription", True),
        ("", True),
        ("variable", False),
        ("variable-subscription", False),
        ("grouped", False),
    ],
)
def test_what_is_priced_by_its_parts_has_no_price_of_its_own(kind: str, priced: bool) -> None:
    found = product_listing(product(type=kind, regular_price="5.00" if priced else ""))
    assert found is not None and (found.priced, found.price) == (priced, "5.00" if priced else None)
    assert variation_listing(variation(), TEE).priced


@pytest.mark.parametrize(
    "kind", ["grouped", "external", "bundle", "composite", "subscription", "booking", "", None, "a kind of next year"]
)
def test_a_product_of_another_kind_keeps_its_level(kind: object) -> None:
    found = product_listing(product(type=kind))
    assert found is not None and (found.managed, found.quantity, found.sku) == (False, None, "MUG")
    assert found.why


@pytest.mark.parametrize("kind", ["variable-subscription", "bundle"])
def test_a_variation_in_a_product_of_another_kind_keeps_its_level(kind: str) -> None:
    found = variation_listing(variation(), Parent(22, "Tee", "TEE", kind, True))
    assert (found.managed, found.quantity) == (False, None)
    assert kind in found.why


@pytest.mark.parametrize("sku", ["TEE", "", None])
def test_a_variation_that_shows_its_parents_sku_has_none(sku: object) -> None:
    """Ten of them would put ten times the units of that SKU on sale."""
    found = variation_listing(variation(sku=sku), TEE)
    assert (found.sku, found.managed, found.quantity) == ("", False, None)
    assert "SKU" in found.why


def test_a_product_without_a_sku_keeps_its_level() -> None:
    found = product_listing(product(sku=""))
    assert found is not None and (found.managed, found.why) == (False, "it has no SKU")


@pytest.mark.parametrize(("keeps", "word"), [(False, "no stock"), (None, "no stock"), ("parent", "belongs to")])
def test_a_variation_without_stock_of_its_own_keeps_its_level(keeps: object, word: str) -> None:
    found = variation_listing(variation(manage_stock=keeps), TEE)
    assert (found.managed, found.quantity, found.sku) == (False, None, "TEE-RED-L")
    assert word in found.why


@pytest.mark.parametrize(
    ("quantity", "units"),
    [(0, 0), (-3, -3), ("2.5", 2), ("-0.5", -1), ("4.0", 4), (None, 0), ("many", None)],
)
def test_a_level_is_in_whole_units_and_stock_that_was_never_counted_is_none(quantity: object, units: object) -> None:
    assert level_of(product(stock_quantity=quantity)) == units


def test_a_level_that_is_no_number_is_not_ours_to_write() -> None:
    found = product_listing(product(stock_quantity="many"))
    assert found is not None and (found.managed, found.quantity) == (False, None)


@pytest.mark.parametrize(("price", "shown"), [("", None), (None, None), ("0", "0"), (" 5 ", "5"), (5, "5")])
def test_an_empty_price_is_none(price: object, shown: str | None) -> None:
    found = product_listing(product(regular_price=price, sale_price="1.00"))
    assert found is not None and found.price == shown


@pytest.mark.parametrize("found", [None, 0, "93", True, -1])
def test_a_product_without_an_id_is_an_error(found: object) -> None:
    with pytest.raises(DataError):
        product_listing(product(id=found))


@pytest.mark.parametrize("odd", ["", "no-such-listing", "0", "22/", "/23", "22/0", "1" * 19, "٩٣", "93 ", "22/23/24"])
def test_an_id_that_is_none_of_ours_is_refused(odd: str) -> None:
    assert split(odd) is None
    found = refusal(level(odd))
    assert found is not None and found.reason == "unknown_listing"


@pytest.mark.parametrize("odd", ["NaN", "", "-1.00", "1,50", "1e3", "Infinity", "٥", "1.", "0x10", "5 "])
def test_a_price_that_is_none_is_refused_before_it_is_sent(odd: str) -> None:
    """WooCommerce would take what digits it finds in it, or an empty price, and say that all is well."""
    for change in (priced(price=odd), level(price=odd)):
        found = refusal(change)
        assert found is not None and found.reason == "bad_price"


def test_what_can_be_sent_is_not_refused() -> None:
    assert [refusal(one) for one in (level("22/23", 0), priced(price="6.2500"), level(price="0"))] == [None] * 3
    assert getattr(refusal(level(quantity=-1)), "reason", "") == "bad_quantity"
    assert getattr(refusal(level(), "Upstairs"), "reason", "") == "unknown_location"


def test_only_what_is_to_be_written_is_sent() -> None:
    assert to_row(level("22/23", 4)) == {"id": 23, "stock_quantity": 4}
    assert to_row(level("93", 4, "6.25")) == {"id": 93, "stock_quantity": 4, "regular_price": "6.25"}
    assert to_row(priced("93", "6.25")) == {"id": 93, "regular_price": "6.25"}


def test_changes_go_by_the_product_that_their_variations_belong_to() -> None:
    changes: list[Change] = [level(one) for one in ("93", "22/23", "30/31", "94", "22/24")]
    groups = {parent: [one.listing_id for one in group] for parent, group in by_parent(changes).items()}
    assert groups == {0: ["93", "94"], 22: ["22/23", "22/24"], 30: ["30/31"]}


def answer(*rows: dict[str, Any]) -> dict[str, Any]:
    return {"update": list(rows)}


def failed(item: int, code: str) -> dict[str, Any]:
    return {"id": item, "error": {"code": code, "message": "No.", "data": {"status": 400}}}


def test_each_gets_the_outcome_of_its_own_row_whatever_their_order() -> None:
    changes: list[Change] = [level("93", 5), level("94", 6), priced("95"), level("96", 8)]
    reply = answer(
        failed(94, "woocommerce_rest_product_invalid_id"),
        product(id=96, stock_quantity=8),
        product(id=95, regular_price="6.25"),
        product(id=93, stock_quantity=5),
    )
    found = outcomes_of(changes, reply)
    assert [(one.key, type(one)) for one in found] == [
        ("key 93", Written),
        ("key 94", Refused),
        ("key 95", Written),
        ("key 96", Written),
    ]


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("woocommerce_rest_product_invalid_id", "unknown_listing"),
        ("woocommerce_rest_product_variation_invalid_id", "unknown_listing"),
        ("woocommerce_rest_invalid_product_id", "unknown_listing"),
        ("a_plug_in_says_no", "a_plug_in_says_no"),
        ("", "refused"),
    ],
)
def test_an_error_is_refused_by_its_code(code: str, reason: str) -> None:
    [found] = outcomes_of([level()], answer(failed(93, code)))
    assert isinstance(found, Refused) and (found.reason, found.message) == (reason, "No.")


@pytest.mark.parametrize("reply", [None, [], {}, "", {"update": None}, {"update": {}}, answer(product(id=94))])
def test_what_the_reply_does_not_speak_of_is_unclear(reply: object) -> None:
    assert [type(one) for one in outcomes_of([level(), priced("95")], reply)] == [Unclear, Unclear]


def test_a_reply_without_the_field_is_unclear() -> None:
    assert [type(one) for one in outcomes_of([level()], answer({"id": 93, "manage_stock": True}))] == [Unclear]
    assert [type(one) for one in outcomes_of([priced()], answer({"id": 93}))] == [Unclear]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (product(manage_stock=False, stock_quantity=None), "not_managed"),
        (product(manage_stock="parent", stock_quantity=5), "not_managed"),
        (product(stock_quantity=4), "not_taken"),
        (product(stock_quantity="x"), "not_managed"),
    ],
)
def test_a_level_that_was_not_taken_is_refused(row: dict[str, Any], reason: str) -> None:
    [found] = outcomes_of([level(quantity=5)], answer(row))
    assert isinstance(found, Refused) and found.reason == reason


@pytest.mark.parametrize("shown", [5, "5", "5.0", "5.000"])
def test_a_level_is_taken_however_it_is_written(shown: object) -> None:
    assert outcomes_of([level(quantity=5)], answer(product(stock_quantity=shown))) == [Written(key="key 93")]


@pytest.mark.parametrize(
    ("shown", "reason"), [("", "no_price"), (None, "no_price"), ("6.20", "not_taken"), ("free", "not_taken")]
)
def test_a_price_that_was_not_taken_is_refused_alone_or_with_its_level(shown: object, reason: str) -> None:
    row = product(stock_quantity=5, regular_price=shown)
    for change in (priced(price="6.25"), level(quantity=5, price="6.25")):
        [found] = outcomes_of([change], answer(row))
        assert isinstance(found, Refused) and found.reason == reason


def test_a_price_is_taken_however_it_is_written() -> None:
    for shown in ("6.25", "6.2500", "06.25"):
        assert outcomes_of([priced(price="6.25")], answer(product(regular_price=shown))) == [Written(key="key 93")]


def test_an_outcome_is_found_by_an_id_that_came_as_text_and_not_by_what_is_no_id() -> None:
    kept = {"manage_stock": True, "stock_quantity": level().quantity}
    assert [type(one) for one in outcomes_of([level()], answer({"id": "93", **kept}))] == [Written]
    assert [type(one) for one in outcomes_of([level()], answer({"id": [93], **kept}))] == [Unclear]

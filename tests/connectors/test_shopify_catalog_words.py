"""Shopify's variants and levels in our words, without a wire."""

from typing import Any

import pytest

from syncctl.connectors.shopify.gids import gid
from syncctl.connectors.shopify.variant_words import Ids, Level, level_of, to_listing
from syncctl.errors import DataError
from syncctl.model import Listing

LOCATION = "11"


def at_location(available: int = 7, on_hand: int = 9) -> dict[str, Any]:
    return {"quantities": [{"name": "available", "quantity": available}, {"name": "on_hand", "quantity": on_hand}]}


def item(**more: Any) -> dict[str, Any]:
    return {"id": gid("InventoryItem", "303"), "tracked": True, "inventoryLevel": at_location(), **more}


def variant(**more: Any) -> dict[str, Any]:
    product = {"id": gid("Product", "101"), "title": "Tee", "isGiftCard": False}
    told = {"id": gid("ProductVariant", "202"), "sku": "TEE-RED-L", "title": "Red / L", "price": "12.00"}
    return {**told, "requiresComponents": False, "product": product, "inventoryItem": item(), **more}


def listing(row: dict[str, Any], location: str = LOCATION) -> Listing:
    return to_listing(row, location, {})


def test_a_variant_is_listed_with_the_ids_that_its_price_and_its_level_are_written_by() -> None:
    found = listing(variant())
    assert found == Listing(id="101/202/303", sku="TEE-RED-L", title="Tee - Red / L", quantity=7, price="12.00")
    assert Ids.of(found.id) == (gid("Product", "101"), gid("ProductVariant", "202"), gid("InventoryItem", "303"))


def test_the_only_variant_of_a_product_has_the_products_title() -> None:
    assert listing(variant(title="Default Title")).title == "Tee"


@pytest.mark.parametrize("sku", [" mug ", "mug", "MUG", "0012"])
def test_a_sku_is_told_as_it_is(sku: str) -> None:
    assert listing(variant(sku=sku)).sku == sku


@pytest.mark.parametrize("sku", ["", None])
def test_a_variant_without_a_sku_keeps_its_level(sku: object) -> None:
    found = listing(variant(sku=sku))
    assert (found.sku, found.managed, found.quantity, found.why) == ("", False, None, "it has no SKU")


@pytest.mark.parametrize(
    ("more", "word"),
    [
        ({"requiresComponents": True}, "bundle"),
        ({"inventoryItem": item(tracked=False)}, "no stock"),
        ({"inventoryItem": item(inventoryLevel=None)}, "not stocked at location 11"),
        ({"product": {"id": gid("Product", "101"), "title": "Tee", "isGiftCard": True}}, "gift card"),
    ],
)
def test_a_level_that_is_not_ours_is_left_alone_with_the_reason(more: dict[str, Any], word: str) -> None:
    found = listing(variant(**more))
    assert (found.managed, found.quantity, found.sku) == (False, None, "TEE-RED-L")
    assert word in found.why


def test_a_gift_card_costs_what_it_is_worth_and_nothing_else() -> None:
    found = listing(variant(product={"id": gid("Product", "101"), "title": "Tee", "isGiftCard": True}))
    assert (found.priced, found.price) == (False, None)
    assert listing(variant()).priced


def test_of_variants_that_share_an_item_the_first_that_is_ours_is_kept_in_step() -> None:
    shared: dict[str, str] = {}
    rows = [variant(id=gid("ProductVariant", str(number)), requiresComponents=number == 1) for number in (1, 2, 3)]
    found = [to_listing(row, LOCATION, shared) for row in (*rows, rows[1])]
    assert [(one.managed, one.quantity) for one in found] == [(False, None), (True, 7), (False, None), (True, 7)]
    assert found[2].why == "it has the stock of variant 2, which is kept in step"


def test_without_a_location_no_level_is_known_and_none_is_ours() -> None:
    row = variant()
    del row["inventoryItem"]["inventoryLevel"]  # it was not asked for
    found = listing(row, "")
    assert (found.managed, found.quantity) == (False, None)
    assert "location" in found.why


def test_what_was_oversold_is_told_as_less_than_none() -> None:
    found = listing(variant(inventoryItem=item(inventoryLevel=at_location(-3, 0))))
    assert (found.quantity, found.managed) == (-3, True)


def test_a_level_is_available_and_on_hand() -> None:
    assert level_of(item()) == Level(available=7, on_hand=9)


@pytest.mark.parametrize("odd", [None, item(tracked=False), item(inventoryLevel=None)])
def test_there_is_no_level_of_an_item_that_is_gone_untracked_or_not_stocked(odd: dict[str, Any] | None) -> None:
    assert level_of(odd) is None


@pytest.mark.parametrize("told", [[], [{"name": "available", "quantity": 7}], [{"name": "on_hand", "quantity": 7}]])
def test_half_a_level_is_not_taken_for_one(told: list[dict[str, Any]]) -> None:
    with pytest.raises(DataError, match="level"):
        level_of(item(inventoryLevel={"quantities": told}))


@pytest.mark.parametrize("units", [None, "many", 7.5, 10**9, 10**12, True])
def test_a_level_that_is_no_number_of_units_is_not_known_and_stops_no_other(units: object) -> None:
    odd = item(
        inventoryLevel={"quantities": [*at_location()["quantities"][:1], {"name": "on_hand", "quantity": units}]}
    )
    assert level_of(odd) is None
    found = listing(variant(inventoryItem=odd))
    assert (found.managed, found.quantity, found.why) == (False, None, "its level is no number of units")


@pytest.mark.parametrize(
    "listing_id", ["", "202", "101/202", "101/202/", "/202/303", "101/202/303/404", "0/1/2", "a/b/c", "1/2/3\n"]
)
def test_what_is_no_id_of_a_listing_is_not_taken_for_one(listing_id: str) -> None:
    assert Ids.of(listing_id) is None

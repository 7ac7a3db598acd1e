"""What a Shopify shop lists and asks for it, on a real socket: read page by page, prices written by product."""

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest

from syncctl.connectors.shopify.catalog import MOST_IN_A_ROW
from syncctl.errors import DataError, SignInNeeded
from syncctl.model import Refused, Unclear, Written
from tests.connectors.shopify_goods import Goods, goods, kinds, listed, price, variant_of
from tests.fakes.graphql_faults import GraphqlFault
from tests.fakes.wire import Request


@pytest.fixture
def shop() -> Iterator[Goods]:
    with goods() as shop:
        yield shop


each_version = pytest.mark.parametrize("version", ["2026-01", "2026-07", "2026-10"])


# --- listed -----------------------------------------------------------------------------------------------------------


@each_version
def test_every_variant_is_listed_once_over_several_pages(version: str) -> None:
    with goods({"version": version}) as shop:
        ids = shop.sell(600)
        assert listed(shop).keys() == set(ids)
        assert shop.asked() == ["listings"] * 3


def test_listings_that_are_too_dear_at_once_are_read_by_fewer() -> None:
    with goods(most_cost=40) as shop:
        ids = shop.sell(70)
        assert listed(shop).keys() == set(ids)


def test_a_shop_without_goods_is_listed_too(shop: Goods) -> None:
    assert listed(shop) == {}


@pytest.mark.parametrize("status", ["ACTIVE", "DRAFT", "ARCHIVED", "UNLISTED"])
def test_what_is_not_on_sale_is_kept_in_step_all_the_same(shop: Goods, status: str) -> None:
    shop.world.hands.add_variant("MUG", 7, status=status)
    [found] = listed(shop).values()
    assert (found.sku, found.quantity, found.managed) == ("MUG", 7, True)


def test_what_keeps_no_level_of_its_own_there_is_left_alone_with_the_reason(shop: Goods) -> None:
    hands = shop.world.hands
    town = hands.add_location("Shop in town")
    hands.add_variant("BUNDLE", 5, requires_components=True)
    hands.add_variant("CARD", 5, is_gift_card=True)
    hands.add_variant("UNTRACKED", None)
    hands.add_variant("ELSEWHERE", 5, at=town)
    hands.unstock(hands.add_variant("NO LONGER", 5))
    hands.add_variant(None, 5)
    hands.add_variant("", 5)
    found = [(one.sku, one.managed, one.quantity, one.why) for one in listed(shop).values()]
    not_there = f"it is not stocked at location {shop.world.location}"
    assert found == [
        ("BUNDLE", False, None, "it is a bundle, and its parts have the stock"),
        ("CARD", False, None, "it is a gift card"),
        ("UNTRACKED", False, None, "no stock of it is kept"),
        ("ELSEWHERE", False, None, not_there),
        ("NO LONGER", False, None, not_there),
        ("", False, None, "it has no SKU"),
        ("", False, None, "it has no SKU"),
    ]


def test_listings_of_one_sku_and_of_one_item_are_all_listed(shop: Goods) -> None:
    hands = shop.world.hands
    first = hands.add_variant("MUG", 7)
    hands.add_variant("MUG", 3)
    hands.add_variant(None, item=hands.item_of(first).id)
    hands.add_variant("mug", 1)
    found = list(listed(shop).values())
    assert [(one.sku, one.quantity, one.managed) for one in found] == [
        ("MUG", 7, True),
        ("MUG", 3, True),
        ("MUG", None, False),
        ("mug", 1, True),
    ]
    assert found[2].why == f"it has the stock of variant {first}, which is kept in step"
    assert found[0].id.split("/")[2] == found[2].id.split("/")[2]


def test_without_a_location_listings_are_told_and_no_level_is_ours() -> None:
    with goods({"location": ""}) as shop:
        shop.sell(3)
        found = listed(shop).values()
        assert [(one.managed, one.quantity, one.price) for one in found] == [(False, None, "5.00")] * 3
        assert all("location" in one.why for one in found)


def test_what_comes_and_goes_while_the_pages_are_read_hides_nothing(shop: Goods) -> None:
    ids = shop.sell(600)
    new: list[str] = []

    def meanwhile(request: Request) -> None:
        if len(shop.server.log) == 2:
            shop.world.remove_listing(ids[0])
            shop.world.remove_listing(ids[499])
            new.extend(shop.sell(1))

    shop.server.before = meanwhile
    found = listed(shop).keys()
    assert found >= {*ids, *new} - {ids[0], ids[499]}
    assert new


def test_a_shop_with_more_variants_than_can_be_paged_through_is_asked_anew(shop: Goods) -> None:
    assert MOST_IN_A_ROW == 25_000
    shop.store.most_in_a_row = 500
    ids = shop.sell(1200)
    assert listed(shop).keys() == set(ids)
    sent = [request.json()["variables"] for request in shop.server.log]
    assert [one["query"] is None for one in sent] == [True, True, False, False, False]
    assert all(one["after"] is None for one in sent[::2])


@pytest.mark.parametrize(
    "odd",
    [
        lambda found: found.update(nodes=[]),
        lambda found: found["pageInfo"].update(endCursor=None),
    ],
)
def test_a_list_that_says_that_there_is_more_and_does_not_go_on_is_an_error(
    shop: Goods, odd: Callable[[dict[str, Any]], object]
) -> None:
    shop.sell(300)
    shop.server.alter = [lambda data: odd(data["productVariants"])]
    with pytest.raises(DataError, match="there are more"):
        listed(shop)


def test_a_list_that_begins_again_is_an_error(shop: Goods) -> None:
    shop.store.most_in_a_row = 250
    shop.sell(600)
    first: list[dict[str, Any]] = []
    shop.server.alter = [
        lambda data: first.append(dict(data["productVariants"])),
        lambda data: data.update(productVariants=first[0]),
    ]
    with pytest.raises(DataError, match="there are more"):
        listed(shop)


def test_a_record_that_is_gone_in_the_middle_of_a_page_stops_the_reading(shop: Goods) -> None:
    """It is no variant that was removed: those are not in the list."""
    shop.sell(3)
    shop.server.alter = [lambda data: data["productVariants"].update(nodes=[None, *data["productVariants"]["nodes"]])]
    with pytest.raises(DataError, match="left out"):
        listed(shop)


def test_a_right_that_is_missing_is_named() -> None:
    with goods(scopes=("read_orders", "read_products")) as shop:
        shop.sell(1)
        with pytest.raises(SignInNeeded, match="read_inventory"):
            listed(shop)


# --- prices -----------------------------------------------------------------------------------------------------------


def family(shop: Goods, count: int) -> list[str]:
    """A product with so many variants; their listings' ids."""
    product = shop.world.hands.add_product("Tee")
    made = [shop.world.hands.add_variant(f"TEE-{product}-{number}", 5, product=product) for number in range(count)]
    return [f"{product}/{one}/{shop.world.site.variants[one].item}" for one in made]


def asks(shop: Goods, listing_id: str) -> Decimal:
    """The price that the shop asks."""
    return shop.world.site.variants[variant_of(listing_id)].price


@each_version
def test_50_prices_of_20_products_go_out_in_one_request(version: str) -> None:
    with goods({"version": version}) as shop:
        ids = [one for _ in range(20) for one in family(shop, 3)]
        changed = ids[:50]
        outcomes = shop.store.push_prices([price(one, "6.25") for one in changed])
        assert outcomes == [Written(key=one) for one in changed]
        assert shop.asked() == ["setPrices"]
        assert [asks(shop, one) for one in ids] == [Decimal("6.25")] * 50 + [Decimal("5.00")] * 10
        assert {key for event in shop.writes("variant") for key in event.detail} == {"id", "price"}


def test_prices_of_250_products_go_out_by_as_many_requests_as_it_takes(shop: Goods) -> None:
    ids = shop.sell(250)
    assert kinds(shop.store.push_prices([price(one) for one in ids])) == ["Written"] * 250
    assert shop.asked() == ["setPrices"] * 7
    assert {asks(shop, one) for one in ids} == {Decimal("6.25")}


def test_the_compare_at_price_stays(shop: Goods) -> None:
    [plain] = shop.sell(1)
    shop.world.hands.set_price(variant_of(plain), "5.00", compare_at="8.00")
    assert kinds(shop.store.push_prices([price(plain)])) == ["Written"]
    assert shop.world.site.variants[variant_of(plain)].compare_at_price == Decimal("8.00")


def test_a_price_that_the_shop_refuses_is_refused_alone_with_the_shops_word(shop: Goods) -> None:
    ids = family(shop, 4)
    shop.world.site.options.bad_variants = {variant_of(ids[1]): "PRODUCT_SUSPENDED"}
    shop.world.remove_listing(ids[2])
    outcomes = shop.store.push_prices([price(one) for one in ids])
    assert kinds(outcomes) == ["Written", "product_suspended", "unknown_listing", "Written"]
    assert [asks(shop, ids[0]), asks(shop, ids[1])] == [Decimal("6.25"), Decimal("5.00")]


def test_a_product_that_is_gone_is_no_listing_any_more(shop: Goods) -> None:
    [gone], others = family(shop, 1), family(shop, 2)
    shop.world.remove_listing(gone)
    assert kinds(shop.store.push_prices([price(one) for one in [gone, *others]])) == [
        "unknown_listing",
        "Written",
        "Written",
    ]
    assert shop.asked() == ["setPrices"]


@pytest.mark.parametrize(
    ("text", "currency", "reason"),
    [
        ("NaN", "USD", "bad_price"),
        ("-1", "USD", "bad_price"),
        ("1e3", "USD", "bad_price"),
        ("", "USD", "bad_price"),
        ("6.255", "USD", "bad_price"),
        ("500.5", "JPY", "bad_price"),
    ],
)
def test_what_is_no_price_is_refused_before_it_is_sent(shop: Goods, text: str, currency: str, reason: str) -> None:
    [plain] = shop.sell(1)
    assert kinds(shop.store.push_prices([price(plain, text, currency)])) == [reason]
    assert shop.asked() == []


@pytest.mark.parametrize(("text", "currency"), [("6.2500", "USD"), ("6", "USD"), ("0", "USD"), ("500", "JPY")])
def test_a_price_may_end_with_as_many_noughts_as_it_likes(shop: Goods, text: str, currency: str) -> None:
    [plain] = shop.sell(1)
    assert kinds(shop.store.push_prices([price(plain, text, currency)])) == ["Written"]
    assert asks(shop, plain) == Decimal(text)


def test_prices_are_read_now_and_what_is_gone_is_absent(shop: Goods) -> None:
    plain, gone = shop.sell(2)
    shop.world.hands.set_price(variant_of(plain), "7.10")
    shop.world.remove_listing(gone)
    found = shop.store.fetch_prices([plain, gone, "no-such-listing"])
    assert {one: Decimal(text or "NaN") for one, text in found.items()} == {plain: Decimal("7.10")}
    assert shop.store.fetch_prices([]) == {}


# --- odd answers ------------------------------------------------------------------------------------------------------


def test_a_price_that_something_else_sets_is_refused(shop: Goods) -> None:
    first, second = family(shop, 2)
    shop.server.alter = [lambda data: data["a0"]["productVariants"][0].update(price="9.99")]
    outcomes = shop.store.push_prices([price(first), price(second)])
    assert kinds(outcomes) == ["not_taken", "Written"]
    assert isinstance(outcomes[0], Refused) and "9.99" in outcomes[0].message


def test_a_price_of_which_the_answer_says_nothing_is_unclear(shop: Goods) -> None:
    first, second = family(shop, 2)
    shop.server.alter = [lambda data: data["a0"]["productVariants"].pop(0)]
    assert kinds(shop.store.push_prices([price(first), price(second)])) == ["Unclear", "Written"]


def test_a_product_whose_answer_an_error_spoilt_is_unclear_and_the_others_are_written(shop: Goods) -> None:
    first, second = shop.sell(2)
    shop.server.fail(GraphqlFault("partly"))
    outcomes = shop.store.push_prices([price(first), price(second)])
    assert [type(one) for one in outcomes] == [Unclear, Written]


@pytest.mark.parametrize("row", [None, 7])
def test_an_error_that_names_no_price_is_looked_for_in_halves(shop: Goods, row: int | None) -> None:
    ids = family(shop, 5)
    shop.server.fail(GraphqlFault("user_error", code="INVALID_INPUT", row=row, list_name="variants"), times=2)
    assert kinds(shop.store.push_prices([price(one) for one in ids])) == ["Written"] * 5
    shop.server.fail(GraphqlFault("user_error", code="INVALID_INPUT", row=row, list_name="variants"), times=9)
    assert kinds(shop.store.push_prices([price(one, "7.50") for one in ids])) == ["invalid_input"] * 5
    assert {asks(shop, one) for one in ids} == {Decimal("6.25")}


def test_what_a_shop_sets_in_spite_of_an_error_is_not_sent_again(shop: Goods) -> None:
    ids = family(shop, 3)
    shop.world.site.options.bad_variants = {variant_of(ids[0]): "PRODUCT_SUSPENDED"}
    assert kinds(shop.store.push_prices([price(one) for one in ids])) == ["product_suspended", "Written", "Written"]
    assert shop.asked() == ["setPrices"]


def test_a_shop_that_sets_none_for_one_bad_price_is_sent_the_others_again(shop: Goods) -> None:
    ids = family(shop, 3)
    shop.server.fail(GraphqlFault("user_error", code="PRODUCT_SUSPENDED", row=1, list_name="variants"))
    assert kinds(shop.store.push_prices([price(one) for one in ids])) == ["Written", "product_suspended", "Written"]
    assert shop.asked() == ["setPrices"] * 2
    assert [asks(shop, one) for one in ids] == [Decimal("6.25"), Decimal("5.00"), Decimal("6.25")]


def test_what_the_shop_cannot_read_at_all_is_found_and_refused_alone(shop: Goods) -> None:
    ids = [*family(shop, 5), *shop.sell(5)]
    shop.server.strange = f"ProductVariant/{variant_of(ids[3])}"
    outcomes = kinds(shop.store.push_prices([price(one) for one in ids]))
    assert [number for number, kind in enumerate(outcomes) if kind != "Written"] == [3]
    assert outcomes[3] == "refused"


@pytest.mark.parametrize("kind", ["reset_mid_body", "502"])
def test_a_lost_answer_is_asked_for_again_and_the_same_price_is_set_again(shop: Goods, kind: str) -> None:
    [plain] = shop.sell(1)
    shop.server.fail(kind)
    assert kinds(shop.store.push_prices([price(plain)])) == ["Written"]
    assert asks(shop, plain) == Decimal("6.25")

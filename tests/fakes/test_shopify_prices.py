"""Prices of the Shopify fake: of one product at a time, all of them or some."""

from typing import Any

import pytest

from tests.fakes.conftest import Case
from tests.fakes.shopify.checkout import Buy
from tests.fakes.shopify.ids import gid

PRICES = """mutation($product: ID!, $rows: [ProductVariantsBulkInput!]!, $partly: Boolean) {
    productVariantsBulkUpdate(productId: $product, variants: $rows, allowPartialUpdates: $partly) {
        product { id } productVariants { id price compareAtPrice } userErrors { code field message } } }"""


class Rack:
    """One product with three variants at 5.00, the last of them marked down from 9.00."""

    def __init__(self, case: Case) -> None:
        self.case, self.product = case, case.hands.add_product()
        self.variants = [case.hands.add_variant(sku, 1, "5.00", product=self.product) for sku in "ABC"]
        case.hands.set_price(self.variants[2], "5.00", compare_at="9.00")

    def set(self, *prices: Any, partly: bool = False, product: int = 0) -> dict[str, Any]:
        rows = [
            {"id": gid("ProductVariant", each), "price": price}
            for each, price in zip(self.variants, prices, strict=False)
        ]
        variables = {"product": gid("Product", product or self.product), "rows": rows, "partly": partly}
        answer: dict[str, Any] = self.case.client.ask(PRICES, **variables).data["productVariantsBulkUpdate"]
        return answer

    @property
    def prices(self) -> list[str]:
        return [str(self.case.site.variants[each].price) for each in self.variants]


@pytest.fixture
def rack(case: Case) -> Rack:
    return Rack(case)


def test_prices_of_one_product_are_set_together(rack: Rack, own: bool) -> None:
    made = rack.set("7", "8.5", "6.00")
    assert [each["price"] for each in made["productVariants"]] == ["7.00", "8.50", "6.00"]
    assert [each["compareAtPrice"] for each in made["productVariants"]] == [None, None, "9.00"]
    assert rack.prices == ["7.00", "8.50", "6.00"]


def test_one_price_that_cannot_be_lets_all_of_them_be_unless_some_were_asked_for(rack: Rack) -> None:
    made = rack.set("7.00", "-1", "6.00")
    assert [(each["code"], each["field"]) for each in made["userErrors"]] == [
        ("GREATER_THAN_OR_EQUAL_TO", ["variants", "1", "price"])
    ]
    assert (made["productVariants"], rack.prices) == (None, ["5.00"] * 3)
    made = rack.set("7.00", "-1", "6.00", partly=True)
    assert [each["field"] for each in made["userErrors"]] == [["variants", "1", "price"]]
    assert [each["id"] for each in made["productVariants"]] == [gid("ProductVariant", rack.variants[n]) for n in (0, 2)]
    assert rack.prices == ["7.00", "5.00", "6.00"]


def test_a_product_or_a_variant_that_is_not_there_is_told(rack: Rack) -> None:
    made = rack.set("7.00", product=5)
    assert (made["product"], [each["code"] for each in made["userErrors"]]) == (None, ["PRODUCT_DOES_NOT_EXIST"])
    rack.variants[0] = rack.case.hands.add_variant("D", 1)
    made = rack.set("7.00", "8.00", partly=True)
    assert [each["code"] for each in made["userErrors"]] == ["PRODUCT_VARIANT_DOES_NOT_EXIST"]
    assert rack.prices[:2] == ["5.00", "8.00"]


@pytest.mark.parametrize(("currency", "shown"), [("USD", "7.13"), ("JPY", "7"), ("KWD", "7.125")])
def test_a_price_is_rounded_to_the_currency_s_coins(rack: Rack, currency: str, shown: str) -> None:
    rack.case.site.options.currency = currency
    assert rack.set("7.125")["productVariants"][0]["price"] == shown


def test_an_amount_has_a_decimal_at_least_and_a_price_what_its_currency_has(case: Case) -> None:
    case.site.options.currency = "JPY"
    case.hands.place([Buy(case.hands.add_variant("A", 5, "500"), 2)])
    orders = "orders(first: 1) { nodes { totalPriceSet { shopMoney { amount } } } }"
    told = case.client.ask(f"{{ {orders} productVariants(first: 1) {{ nodes {{ price }} }} }}").data
    assert told["orders"]["nodes"][0]["totalPriceSet"]["shopMoney"]["amount"] == "1000.0"
    assert told["productVariants"]["nodes"][0]["price"] == "500"


def test_a_test_may_say_which_variant_cannot_be_changed(rack: Rack) -> None:
    rack.case.site.options.bad_variants[rack.variants[0]] = "PRODUCT_SUSPENDED"
    made = rack.set("7.00", "8.00", partly=True)
    assert [each["code"] for each in made["userErrors"]] == ["PRODUCT_SUSPENDED"]
    assert rack.prices[:2] == ["5.00", "8.00"]

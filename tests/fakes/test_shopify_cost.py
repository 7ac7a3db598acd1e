"""What a document costs in the Shopify fake, and the bucket that it is paid from."""

import pytest

from tests.fakes import shopify
from tests.fakes.conftest import Case

PAGE = "query($n: Int!) { productVariants(first: $n) { nodes { id product { title } } pageInfo { hasNextPage } } }"


def price(case: Case, document: str, **variables: object) -> int:
    got = case.client.ask(document, **variables)
    return int(got.cost["requestedQueryCost"])


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ("{ shop { name currencyCode } }", 1),
        ("{ shop { plan { publicDisplayName } } }", 2),
        ("{ publicApiVersions { handle } }", 1),
        ("{ productVariants(first: 1) { nodes { id } } }", 2 + 1 * 1),
        ("{ productVariants(first: 25) { nodes { id } } }", 2 + 1 * 6),
        ("{ productVariants(first: 250) { nodes { id } } }", 2 + 1 * 11),
        ("{ productVariants(first: 250) { edges { cursor node { id } } pageInfo { endCursor } } }", 2 + 1 * 11),
        ("{ productVariants(first: 250) { nodes { id product { id } inventoryItem { id } } } }", 2 + 3 * 11),
        ("{ orders(first: 25) { nodes { id billingAddress { city } customer { id } } } }", 2 + 2 * 6),
        ("{ orders(first: 25) { nodes { lineItems(first: 50) { nodes { sku } } } } }", 2 + (1 + 2 + 1 * 7) * 6),
        ("{ a: shop { name } ...More } fragment More on QueryRoot { b: shop { name } ... { c: shop { name } } }", 3),
    ],
)
def test_a_document_costs_what_it_may_bring(case: Case, document: str, expected: int) -> None:
    assert price(case, document) == expected


def test_the_size_of_a_page_counts_where_it_comes_as_a_variable(case: Case) -> None:
    assert [price(case, PAGE, n=size) for size in (1, 2, 3, 10, 50, 250)] == [2 + 2 * n for n in (1, 1, 2, 4, 7, 11)]


def test_records_by_their_ids_cost_as_many_as_are_asked_for_and_the_dearest_kind(case: Case) -> None:
    ask = """query($ids: [ID!]!) { nodes(ids: $ids) { id
        ... on ProductVariant { product { id } inventoryItem { id } } ... on Location { name } } }"""
    ids = [case.site.variants[case.hands.add_variant("A", 5)].gid] * 20
    assert price(case, ask, ids=ids) == 20 * 3


def test_a_mutation_costs_ten_whatever_it_shows(case: Case) -> None:
    variant = case.hands.add_variant("A", 5)
    variables = {"p": f"gid://shopify/Product/{case.site.variants[variant].product}", "v": []}
    one = "productVariantsBulkUpdate(productId: $p, variants: $v) { product { id title } userErrors { message } }"
    ask = f"mutation($p: ID!, $v: [ProductVariantsBulkInput!]!) {{ a: {one} b: {one} }}"
    assert price(case, ask, **variables) == 20


def test_what_was_not_used_is_given_back(case: Case) -> None:
    got = case.client.ask(PAGE, n=250)
    assert (got.cost["requestedQueryCost"], got.cost["actualQueryCost"]) == (24, 2)
    assert got.cost["throttleStatus"]["currentlyAvailable"] == 2000 - 2
    for sku in "ABC":
        case.hands.add_variant(sku, 5)
    assert case.client.ask(PAGE, n=250).cost["actualQueryCost"] == 2 + 2 * 2


def test_the_bucket_empties_and_fills_again_with_the_time(case: Case) -> None:
    case.site.options.bucket, case.site.options.restore_rate = 60, 5
    for sku in range(250):
        case.hands.add_variant(str(sku), 5)
    spent = [case.client.ask(PAGE, n=250).cost["throttleStatus"]["currentlyAvailable"] for _ in range(2)]
    assert spent == [36, 12]
    turned_away = case.client.ask(PAGE, n=250)
    assert (turned_away.status, turned_away.codes, turned_away.cost["actualQueryCost"]) == (200, ["THROTTLED"], None)
    assert turned_away.cost["throttleStatus"] == {"maximumAvailable": 60, "currentlyAvailable": 12, "restoreRate": 5}
    case.clock.advance(2)
    assert case.client.ask(PAGE, n=250).codes == ["THROTTLED"]  # 22 points
    case.clock.advance(1)
    assert case.client.ask(PAGE, n=250).cost["throttleStatus"]["currentlyAvailable"] == 27 - 24
    case.clock.advance(3600)
    assert case.client.ask(PAGE, n=250).cost["throttleStatus"]["currentlyAvailable"] == 60 - 24


def test_what_is_turned_away_is_not_done_and_the_oracle_knows_of_it(case: Case) -> None:
    variant = case.hands.add_variant("A", 5, "5.00")
    case.site.options.bucket = 9
    ask = """mutation($p: ID!, $v: [ProductVariantsBulkInput!]!) {
        productVariantsBulkUpdate(productId: $p, variants: $v) { userErrors { message } } }"""
    row = {"id": case.site.variants[variant].gid, "price": "9.00"}
    got = case.client.ask(ask, p=f"gid://shopify/Product/{case.site.variants[variant].product}", v=[row])
    assert got.codes == ["THROTTLED"]
    assert str(case.site.variants[variant].price) == "5.00"
    assert case.site.oracle.throttled == [case.clock()]


def test_some_shops_turn_away_with_a_status(case: Case) -> None:
    case.site.options.bucket, case.site.options.throttled_status = 1, 429
    got = case.client.ask(PAGE, n=250)
    assert (got.status, got.codes) == (429, ["THROTTLED"])


def test_a_document_that_is_too_dear_is_refused_however_full_the_bucket_is(case: Case) -> None:
    orders = "orders(first: 250) { nodes { lineItems(first: 250) { nodes { sku variant { id } } } } }"
    many = f"{{ {' '.join(f'a{n}: {orders}' for n in range(4))} }}"
    got = case.client.ask(many)
    assert got.codes == ["MAX_COST_EXCEEDED"]
    assert got.errors[0]["extensions"]["cost"] == 4 * (2 + (1 + 2 + 2 * 11) * 11)
    assert "data" not in got.json
    assert case.client.ask("{ shop { name } }").cost["throttleStatus"]["currentlyAvailable"] == 1999


def test_each_app_has_a_bucket_of_its_own(case: Case) -> None:
    shopify.add_app(case.site)
    case.client.ask(PAGE, n=250)
    other = case.again(case.client.grant().json["access_token"])
    assert other.ask("{ shop { name } }").cost["throttleStatus"]["currentlyAvailable"] == 1999


def test_a_new_token_of_the_same_app_uses_the_same_bucket(case: Case) -> None:
    shopify.add_app(case.site)
    left = [
        case.again(case.client.grant().json["access_token"]).ask("{ shop { name } }").cost["throttleStatus"]
        for _ in range(2)
    ]
    assert [each["currentlyAvailable"] for each in left] == [1999, 1998]


def test_a_document_is_not_priced_twice_for_what_a_fragment_shares(case: Case) -> None:
    ask = (
        "query { productVariants(first: 50) { nodes { ...Row } } } fragment Row on ProductVariant { id product { id } }"
    )
    assert price(case, ask) == 2 + 2 * 7


def test_a_shop_may_count_lists_dearer_than_is_known(case: Case) -> None:
    case.site.options.dearer = 1.5
    assert [price(case, PAGE, n=size) for size in (1, 25, 250)] == [2 + 3 * weight for weight in (1, 6, 11)]
    assert price(case, "{ shop { name } }") == 1

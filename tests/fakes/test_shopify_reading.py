"""Reading the Shopify fake: pages, records by their ids, filters, an index that lags, and errors in documents."""

from dataclasses import replace
from typing import Any

import pytest

from tests.fakes.conftest import Case
from tests.fakes.shopify import schema
from tests.fakes.shopify.checkout import Buy, Ship
from tests.fakes.shopify.client import Client
from tests.fakes.shopify.ids import gid
from tests.fakes.shopify.selections import everything

PAGE = """query($first: Int, $last: Int, $after: String, $before: String, $reverse: Boolean, $query: String) {
    productVariants(first: $first, last: $last, after: $after, before: $before, reverse: $reverse, query: $query) {
        edges { cursor node { sku } } nodes { sku }
        pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }"""


def skus(page: dict[str, Any]) -> str:
    assert [each["node"] for each in page["edges"]] == page["nodes"]
    return "".join(str(each["sku"]) for each in page["nodes"])


def page(client: Client, **variables: Any) -> dict[str, Any]:
    found: dict[str, Any] = client.ask(PAGE, **variables).data["productVariants"]
    return found


@pytest.fixture
def letters(case: Case) -> Case:
    """Seven variants, A to G."""
    for sku in "ABCDEFG":
        case.hands.add_variant(sku, 5)
    return case


def test_a_walk_by_cursors_sees_each_once_in_order(letters: Case, own: bool, version: str) -> None:
    client, seen, after = letters.again(version=version), [], None
    while True:
        found = page(client, first=3, after=after)
        seen.append((skus(found), found["pageInfo"]["hasNextPage"]))
        after = found["pageInfo"]["endCursor"]
        if not found["pageInfo"]["hasNextPage"]:
            break
    assert seen == [("ABC", True), ("DEF", True), ("G", False)]


def test_a_page_can_be_read_backwards_and_from_the_end(letters: Case) -> None:
    client = letters.client
    assert skus(page(client, first=3, reverse=True)) == "GFE"
    assert skus(page(client, last=3)) == "EFG"
    assert skus(page(client, last=2, reverse=True)) == "BA"
    middle = page(client, first=1, after=page(client, first=3)["pageInfo"]["endCursor"])
    assert skus(middle) == "D"
    cursor = middle["edges"][0]["cursor"]
    assert skus(page(client, last=2, before=cursor)) == "BC"
    assert skus(page(client, first=2, after=cursor, reverse=True)) == "CB"
    assert skus(page(client, first=9, before=cursor)) == "ABC"


def test_a_page_says_whether_there_is_more_on_either_side(letters: Case) -> None:
    told = page(letters.client, last=2)["pageInfo"]
    assert (told["hasPreviousPage"], told["hasNextPage"]) == (True, False)
    told = page(letters.client, first=7)["pageInfo"]
    assert (told["hasPreviousPage"], told["hasNextPage"]) == (False, False)
    assert page(letters.client, first=5, query="sku:none")["pageInfo"] == {
        "hasNextPage": False,
        "hasPreviousPage": False,
        "startCursor": None,
        "endCursor": None,
    }


def test_a_cursor_is_a_place_and_no_number_of_rows(letters: Case) -> None:
    """What goes or comes before it moves nothing."""
    after = page(letters.client, first=3)["pageInfo"]["endCursor"]
    for variant in list(letters.site.variants)[:3]:
        letters.hands.remove_variant(variant)
    assert skus(page(letters.client, first=2, after=after)) == "DE"


def test_a_cursor_of_another_order_is_refused(letters: Case) -> None:
    letters.hands.place([Buy(next(iter(letters.site.variants)))])
    page = "orders(first: 1, sortKey: $sort, after: $after) { pageInfo { endCursor } }"
    ask = f"query($sort: OrderSortKeys, $after: String) {{ {page} }}"
    cursor = letters.client.ask(ask, sort="ID").data["orders"]["pageInfo"]["endCursor"]
    assert letters.client.ask(ask, sort="UPDATED_AT", after=cursor).codes == ["BAD_REQUEST"]


@pytest.mark.parametrize("variables", [{}, {"first": 0}, {"first": 251}, {"last": 251}, {"first": 3, "after": "x"}])
def test_a_page_that_cannot_be_is_refused(letters: Case, variables: dict[str, Any]) -> None:
    got = letters.client.ask(PAGE, **variables)
    assert (got.codes, got.json["data"]) == (["BAD_REQUEST"], None)


def test_records_come_by_their_ids_in_the_order_asked_for_and_null_where_there_is_none(letters: Case) -> None:
    first, second = list(letters.site.variants)[:2]
    product = letters.site.variants[first].product
    ids = [gid("ProductVariant", second), gid("Product", product), gid("ProductVariant", 5), gid("Product", product)]
    ask = (
        "query($ids: [ID!]!) { nodes(ids: $ids) { __typename ... on ProductVariant { sku } ... on Product { title } } }"
    )
    assert letters.client.ask(ask, ids=ids).data["nodes"] == [
        {"__typename": "ProductVariant", "sku": "B"},
        {"__typename": "Product", "title": "Title of A"},
        None,
        {"__typename": "Product", "title": "Title of A"},
    ]


def test_an_id_that_is_none_is_an_error(case: Case) -> None:
    assert "Invalid global id" in case.client.ask('{ node(id: "12") { id } }').errors[0]["message"]


def test_a_level_is_told_by_location_and_by_name(case: Case, own: bool) -> None:
    hands, shed = case.hands, case.hands.add_location("Shed")
    variant = hands.add_variant("A", 5, at=shed)
    hands.set_others(variant, at=shed, damaged=2, incoming=9)
    ask = """query($i: ID!, $l: ID!) { inventoryItem(id: $i) { inventoryLevel(locationId: $l) { location { name }
        quantities(names: ["on_hand", "available", "committed", "damaged", "incoming"]) { name quantity } } } }"""
    item = hands.item_of(variant).gid
    level = case.client.ask(ask, i=item, l=gid("Location", shed)).data["inventoryItem"]["inventoryLevel"]
    assert level["location"] == {"name": "Shed"}
    named = {each["name"]: each["quantity"] for each in level["quantities"]}
    assert named == {"on_hand": 7, "available": 5, "committed": 0, "damaged": 2, "incoming": 9}
    elsewhere = hands.add_location("Shop")
    told = case.client.ask(ask, i=item, l=gid("Location", elsewhere)).data
    assert told == {"inventoryItem": {"inventoryLevel": None}}
    hands.unstock(variant, at=shed)
    assert case.client.ask(ask, i=item, l=gid("Location", shed)).data == {"inventoryItem": {"inventoryLevel": None}}


def test_a_location_that_is_closed_is_not_listed_unless_asked_for(case: Case) -> None:
    case.hands.add_location("Shop")
    case.hands.change_location(case.hands.add_location("Old"), is_active=False)
    ask = (
        "{ locations(first: 5) { nodes { name } } all: locations(first: 5, includeInactive: true) { nodes { name } } }"
    )
    told = case.client.ask(ask).data
    assert [each["name"] for each in told["locations"]["nodes"]] == ["Shop"]
    assert [each["name"] for each in told["all"]["nodes"]] == ["Shop", "Old"]


def test_items_may_be_shared_and_skus_may_stand_twice_or_not_at_all(case: Case) -> None:
    hands = case.hands
    first = hands.add_variant("A", 5)
    hands.add_variant(None, price="7", item=hands.item_of(first).id)
    hands.add_variant("A", 3)
    hands.add_variant(None, 4)
    item = "duplicateSkuCount variants(first: 9) { nodes { id } }"
    ask = f"{{ productVariants(first: 9) {{ nodes {{ sku price inventoryItem {{ {item} }} }} }} }}"
    rows = case.client.ask(ask).data["productVariants"]["nodes"]
    told = [(row["sku"], row["price"], row["inventoryItem"]["duplicateSkuCount"]) for row in rows]
    assert told == [("A", "5.00", 1), ("A", "7.00", 1), ("A", "5.00", 1), (None, "5.00", 0)]
    assert [len(row["inventoryItem"]["variants"]["nodes"]) for row in rows] == [2, 2, 1, 1]


# --- filters ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("sku:B", "B"),
        ("sku:b OR sku:'C'", "BC"),
        ("-sku:B", "ACDEFG"),
        ("NOT (sku:B OR sku:C)", "ADEFG"),
        ("sku:B sku:C", ""),
        ("sku:B AND sku:B", "B"),
        ("", "ABCDEFG"),
        ("gift_card:true", ""),
        ('"Title of D"', "D"),
    ],
)
def test_a_query_keeps_what_it_says(letters: Case, query: str, expected: str) -> None:
    assert skus(page(letters.client, first=9, query=query)) == expected


def test_a_number_is_compared_as_one(letters: Case) -> None:
    third = list(letters.site.variants)[2]
    kept = [skus(page(letters.client, first=9, query=f"id:{how}{third}")) for how in ("", ">", ">=", "<", "<=")]
    assert kept == ["C", "DEFG", "CDEFG", "AB", "ABC"]


def test_a_moment_counts_only_where_it_is_quoted(case: Case) -> None:
    """Else its whole day does; an offset is passed over, and later is the same as not before."""
    for sku in "ABC":
        case.hands.add_variant(sku, 5)  # at 12:00, 13:00, 14:00
        case.clock.advance(3600)
    kept = {
        told: skus(page(case.client, first=9, query=f"updated_at:{told}"))
        for told in (
            ">='2026-03-01T13:00:00Z'",
            ">'2026-03-01T13:00:00Z'",
            '>="2026-03-01T13:00:00Z"',
            ">=2026-03-01T13:00:00Z",
            ">='2026-03-01T13:00:00-05:00'",
            ">='2026-03-01T13:00:01Z'",
            ">='2026-03-02'",
            "'2026-03-01'",
        )
    }
    assert list(kept.values()) == ["BC", "BC", "BC", "ABC", "BC", "C", "", "ABC"]


def test_customers_are_filtered_by_the_whole_day_however_it_is_written(case: Case) -> None:
    case.hands.add_customer(email="ann@example.com")
    case.clock.advance(3600)
    ask = "query($q: String) { customers(first: 5, query: $q) { nodes { id } } }"
    found = case.client.ask(ask, q="updated_at:>='2026-03-01T12:30:00Z'").data["customers"]["nodes"]
    assert len(found) == 1
    assert case.client.ask(ask, q="updated_at:>='2026-03-02T00:00:00Z'").data["customers"]["nodes"] == []


def test_a_filter_that_nobody_knows_is_a_warning_and_a_violation(letters: Case) -> None:
    got = letters.client.ask(PAGE, first=9, query="colour:red")
    assert skus(got.data["productVariants"]) == "ABCDEFG"
    warned = got.json["extensions"]["search"][0]
    assert (warned["path"], warned["warnings"][0]["code"]) == (["productVariants"], "invalid_field")
    assert letters.site.oracle.violations == ["productVariants has no filter 'colour'"]


@pytest.mark.parametrize("query", ["(sku:B", "sku:B)", "OR", "sku:'B"])
def test_a_query_that_is_no_sentence_never_breaks_the_fake(letters: Case, query: str) -> None:
    got = letters.client.ask(PAGE, first=9, query=query)
    assert got.status == 200


def test_what_is_counted_is_exact_up_to_a_limit(letters: Case) -> None:
    ask = "query($n: Int, $q: String) { productVariantsCount(limit: $n, query: $q) { count precision } }"
    assert letters.client.ask(ask).data["productVariantsCount"] == {"count": 7, "precision": "EXACT"}
    assert letters.client.ask(ask, n=3).data["productVariantsCount"] == {"count": 3, "precision": "AT_LEAST"}
    assert letters.client.ask(ask, n=3, q="sku:B").data["productVariantsCount"] == {"count": 1, "precision": "EXACT"}


def test_an_index_that_lags_shows_a_change_late_and_a_record_by_its_id_at_once(case: Case) -> None:
    case.site.options.index_lag = 30
    ask = "query($q: String) { orders(first: 5, sortKey: UPDATED_AT, query: $q) { nodes { id note updatedAt } } }"
    variant = case.hands.add_variant("A", 5)
    case.clock.advance(60)
    first, second = (case.hands.place([Buy(variant)]) for _ in range(2))

    def listed(**variables: str) -> list[int]:
        rows = case.client.ask(ask, **variables).data["orders"]["nodes"]
        return [int(row["id"].rpartition("/")[2]) for row in rows]

    assert listed() == []
    one = "query($id: ID!) { node(id: $id) { id } }"
    assert case.client.ask(one, id=gid("Order", first)).data["node"] is not None
    case.clock.advance(30)
    assert listed() == [first, second]
    since = case.site.time.strftime("updated_at:>='%Y-%m-%dT%H:%M:%SZ'")
    case.hands.change_order(first, note="later")
    assert (listed(), listed(q=since)) == ([first, second], [])
    case.clock.advance(30)
    assert (listed(), listed(q=since)) == ([second, first], [first])


# --- documents --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("document", "code"),
    [
        ("{ shop { colour } }", "undefinedField"),
        ("{ shop(colour: 1) { name } }", "argumentNotAccepted"),
        ("query($a: Int) { shop { name } }", "variableNotUsed"),
        ("{ shop { name ", "parseError"),
        ("{ shop @colour { name } }", "undefinedDirective"),
        ("{ node { id } }", "missingRequiredArguments"),
        ("{ shop }", "argumentLiteralsIncompatible"),
    ],
)
def test_a_document_that_does_not_fit_is_told_what_is_wrong_and_a_violation(
    case: Case, own: bool, document: str, code: str
) -> None:
    got = case.client.ask(document)
    assert (got.status, got.codes[0], "data" in got.json) == (200, code, False)
    assert case.site.oracle.violations[0].startswith("2026-07 does not know: ")


def test_a_variable_of_the_wrong_kind_is_an_error_of_its_own(case: Case) -> None:
    got = case.client.ask(PAGE, first="three")
    assert (got.codes, "data" in got.json) == (["INVALID_VARIABLE"], False)


def test_a_list_of_more_than_250_is_refused_before_anything_is_done(case: Case) -> None:
    ids = [gid("Product", 1)] * 251
    got = case.client.ask("query($ids: [ID!]!) { nodes(ids: $ids) { id } }", ids=ids)
    assert (got.codes, "data" in got.json) == (["MAX_INPUT_SIZE_EXCEEDED"], False)


def test_a_field_that_the_fake_does_not_offer_is_the_test_s_error(case: Case) -> None:
    if not schema.at_hand():
        pytest.skip("the small schema knows no such field")
    got = case.client.ask("{ shop { weightUnit } }")
    assert (got.status, case.site.oracle.violations) == (501, ["not offered by the fake: Shop.weightUnit"])


@pytest.fixture
def everything_there(case: Case) -> Case:
    """A shop with a record of each kind, and no limit to what may be asked."""
    case.site.options = replace(case.site.options, own_schema=True, most_cost=10**9, bucket=10**9)
    hands = case.hands
    variant = hands.add_variant("A", 50)
    ann = hands.add_customer("ann@example.com", first_name="Ann", address={"address1": "1 Road", "city": "Rome"})
    order = hands.place(
        [Buy(variant, 3, rate="0.1", off="1.00")], ships=[Ship("4.00")], customer=ann, billing={"city": "Rome"}
    )
    line = case.site.orders[order].lines[0].id
    hands.refund(order, {line: 1})
    hands.fulfil(order, {line: 1})
    bulk = 'bulkOperationRunQuery(query: "{ orders { edges { node { id } } } }") { userErrors { message } }'
    assert case.client.ask(f"mutation {{ {bulk} }}").data["bulkOperationRunQuery"]["userErrors"] == []
    return case


def test_every_field_of_the_small_schema_is_answered(everything_there: Case, version: str) -> None:
    """Those of each record that a list gives, and of what hangs on it."""
    ours = schema.schema_of(version, own=True)
    client, lists = everything_there.again(version=version), 0
    assert ours.query_type is not None
    for root, field in ours.query_type.fields.items():
        kind = str(field.type).strip("[]!")
        if kind.endswith("Connection"):
            found = client.ask(f"{{ {root}(first: 5) {everything(ours, kind, deep=4)} }}").data[root]
            assert found["nodes"], root
            lists += 1
        elif not field.args:
            assert client.ask(f"{{ {root} {everything(ours, kind)} }}").data[root]
    assert lists == 5  # orders, customers, variants, locations, bulk operations

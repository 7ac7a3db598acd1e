"""Stock of the Shopify fake: set by comparison, all rows or none, once for each key."""

import uuid
from typing import Any

import pytest

from tests.fakes.conftest import Case
from tests.fakes.shopify.client import Client, Got
from tests.fakes.shopify.ids import gid

SET = """mutation($input: InventorySetQuantitiesInput!, $key: String!) {
    inventorySetQuantities(input: $input) @idempotent(key: $key) {
        inventoryAdjustmentGroup { id reason changes { name delta quantityAfterChange item { id } location { id } } }
        userErrors { code field message } } }"""
BARE = SET.replace(" @idempotent(key: $key)", "").replace(", $key: String!", "")
READ = """query($ids: [ID!]!, $place: ID!) { nodes(ids: $ids) { ... on InventoryItem {
    inventoryLevel(locationId: $place) { quantities(names: ["available", "on_hand"]) { quantity } } } } }"""


class Shelf:
    """Three variants with 5, 6, 7 units, and a client that sets them."""

    def __init__(self, case: Case, client: Client) -> None:
        self.case, self.client = case, client
        self.variants = [case.hands.add_variant(sku, units) for sku, units in zip("ABC", (5, 6, 7), strict=True)]
        self.items = [case.hands.item_of(each).gid for each in self.variants]
        self.place = gid("Location", case.hands.here)

    def row(self, index: int, quantity: int, **more: Any) -> dict[str, Any]:
        told = {"inventoryItemId": self.items[index], "locationId": self.place, "quantity": quantity}
        return told | more

    def input(self, *rows: dict[str, Any], **more: Any) -> dict[str, Any]:
        return {"name": "available", "reason": "correction", "quantities": list(rows)} | more

    def set(self, *rows: dict[str, Any], key: str = "", **more: Any) -> dict[str, Any]:
        """The payload. `rows`: (index, quantity, changeFromQuantity) or whole."""
        answer: dict[str, Any] = self.send(self.input(*rows, **more), key).data["inventorySetQuantities"]
        return answer

    def send(self, told: dict[str, Any], key: str = "") -> Got:
        return self.client.ask(SET, input=told, key=key or str(uuid.uuid4()))

    def read(self) -> None:
        self.client.ask(READ, ids=self.items, place=self.place)

    @property
    def units(self) -> list[int]:
        return [self.case.hands.level(each).available for each in self.variants]


def codes(payload: dict[str, Any]) -> list[tuple[str, str]]:
    """What is wrong: the code, and the row (or the word) that it is about."""
    return [
        (each["code"], each["field"][2] if len(each["field"]) > 2 else each["field"][1])
        for each in payload["userErrors"]
    ]


@pytest.fixture
def shelf(case: Case, version: str) -> Shelf:
    made = Shelf(case, case.again(version=version))
    made.read()
    return made


@pytest.fixture
def newest(case: Case) -> Shelf:
    made = Shelf(case, case.client)
    made.read()
    return made


def test_levels_are_set_where_they_are_what_they_are_changed_from(shelf: Shelf, own: bool) -> None:
    made = shelf.set(shelf.row(0, 3, changeFromQuantity=5), shelf.row(1, 9, changeFromQuantity=6))
    assert (made["userErrors"], shelf.units) == ([], [3, 9, 7])
    told = {(each["item"]["id"], each["name"]): each for each in made["inventoryAdjustmentGroup"]["changes"]}
    assert told[shelf.items[0], "available"]["delta"] == -2
    assert told[shelf.items[1], "on_hand"]["delta"] == 3
    assert {each["quantityAfterChange"] for each in told.values()} == {None}
    assert shelf.case.site.oracle.violations == []


def test_one_stale_row_lets_all_of_them_be_and_is_named(shelf: Shelf, own: bool) -> None:
    shelf.case.hands.set_level(shelf.variants[1], 2)
    made = shelf.set(shelf.row(0, 3, changeFromQuantity=5), shelf.row(1, 9, changeFromQuantity=6))
    assert codes(made) == [("CHANGE_FROM_QUANTITY_STALE", "1")]
    assert (made["inventoryAdjustmentGroup"], shelf.units) == (None, [5, 2, 7])


def test_a_shop_may_do_the_other_rows_all_the_same(shelf: Shelf) -> None:
    shelf.case.site.options.stale_fails_all = False
    made = shelf.set(shelf.row(0, 3, changeFromQuantity=4), shelf.row(1, 9, changeFromQuantity=6))
    assert codes(made) == [("CHANGE_FROM_QUANTITY_STALE", "0")]
    assert shelf.units == [5, 9, 7]


def test_an_error_may_not_say_which_row_it_is_about(shelf: Shelf) -> None:
    shelf.case.site.options.hides_rows = True
    made = shelf.set(shelf.row(0, 3, changeFromQuantity=4))
    assert [(each["code"], each["field"]) for each in made["userErrors"]] == [("CHANGE_FROM_QUANTITY_STALE", None)]


def test_a_comparison_may_be_left_out_by_null_and_is_a_violation(shelf: Shelf) -> None:
    shelf.case.hands.set_level(shelf.variants[0], 1)
    assert shelf.set(shelf.row(0, 3, changeFromQuantity=None))["userErrors"] == []
    assert shelf.units[0] == 3
    assert "without a comparison" in shelf.case.site.oracle.violations[0]


def test_what_is_there_already_moves_nothing_and_has_no_group(shelf: Shelf) -> None:
    made = shelf.set(shelf.row(0, 5, changeFromQuantity=5))
    assert made == {"inventoryAdjustmentGroup": None, "userErrors": []}


def test_on_hand_is_compared_with_what_is_on_hand_and_moves_what_can_be_sold(shelf: Shelf) -> None:
    level = shelf.case.hands.level(shelf.variants[0])
    level.committed = 2
    made = shelf.set(shelf.row(0, 9, changeFromQuantity=5), name="on_hand")
    assert codes(made) == [("CHANGE_FROM_QUANTITY_STALE", "0")]
    shelf.read()
    assert shelf.set(shelf.row(0, 9, changeFromQuantity=7), name="on_hand")["userErrors"] == []
    assert (level.available, level.on_hand) == (7, 9)


def test_the_comparison_must_be_told_from_2026_04_on(newest: Shelf) -> None:
    got = newest.send(newest.input(newest.row(0, 3)))
    assert (got.json["data"], got.codes) == ({"inventorySetQuantities": None}, ["INVALID_FIELD_ARGUMENTS"])
    assert "changeFromQuantity" in got.errors[0]["message"]
    assert newest.units == [5, 6, 7]


def test_the_key_must_be_told_from_2026_04_on(newest: Shelf) -> None:
    told = newest.input(newest.row(0, 3, changeFromQuantity=5))
    for version in ("2026-04", "2026-07", "2026-10"):
        got = newest.case.again(version=version).ask(BARE, input=told)
        assert (got.json["data"], got.codes) == ({"inventorySetQuantities": None}, ["BAD_REQUEST"])
        assert "@idempotent" in got.errors[0]["message"]
    assert newest.units == [5, 6, 7]
    assert newest.case.again(version="2026-01").ask(BARE, input=told).data["inventorySetQuantities"]["userErrors"] == []


@pytest.mark.parametrize(
    ("row", "whole", "wrong"),
    [
        ({"compareQuantity": 5}, {}, []),
        ({"compareQuantity": 4}, {}, [("COMPARE_QUANTITY_STALE", "0")]),
        ({}, {}, [("COMPARE_QUANTITY_REQUIRED", "0")]),
        ({"compareQuantity": None}, {}, [("COMPARE_QUANTITY_REQUIRED", "0")]),
        ({}, {"ignoreCompareQuantity": True}, []),
        ({"changeFromQuantity": 5}, {}, []),
        ({"changeFromQuantity": 4}, {"ignoreCompareQuantity": True}, [("CHANGE_FROM_QUANTITY_STALE", "0")]),
        ({"changeFromQuantity": None}, {}, []),
    ],
)
def test_2026_01_knows_two_words_for_the_comparison(
    case: Case, own: bool, row: dict[str, Any], whole: dict[str, Any], wrong: list[Any]
) -> None:
    shelf = Shelf(case, case.again(version="2026-01"))
    shelf.read()
    made = shelf.set(shelf.row(0, 3, **row), **whole)
    assert (codes(made), shelf.units[0]) == (wrong, 5 if wrong else 3)


@pytest.mark.parametrize("word", ["compareQuantity", "ignoreCompareQuantity"])
def test_later_versions_do_not_know_the_older_words(newest: Shelf, own: bool, word: str) -> None:
    whole = {"ignoreCompareQuantity": True} if word.startswith("ignore") else {}
    row = {} if whole else {"compareQuantity": 5}
    got = newest.send(newest.input(newest.row(0, 3, changeFromQuantity=5, **row), **whole))
    assert (got.codes, "data" in got.json) == (["INVALID_VARIABLE"], False)


# --- rows that cannot be ----------------------------------------------------------------------------------------------


def test_each_row_that_cannot_be_is_told_with_its_code(shelf: Shelf, own: bool) -> None:
    hands = shelf.case.hands
    hands.change_variant(shelf.variants[2], requires_components=True)
    nobody, nowhere = gid("InventoryItem", 1), gid("Location", 1)
    made = shelf.set(
        shelf.row(0, -1, changeFromQuantity=5),
        shelf.row(1, 10**9 + 1, changeFromQuantity=6),
        shelf.row(2, 1, changeFromQuantity=7),
        shelf.row(0, 1, changeFromQuantity=5) | {"inventoryItemId": nobody},
        shelf.row(0, 1, changeFromQuantity=5) | {"locationId": nowhere},
        shelf.row(1, 1, changeFromQuantity=6),
    )
    assert codes(made) == [
        ("INVALID_QUANTITY_NEGATIVE", "0"),
        ("INVALID_QUANTITY_TOO_HIGH", "1"),
        ("NON_MUTABLE_INVENTORY_ITEM", "2"),
        ("INVALID_INVENTORY_ITEM", "3"),
        ("INVALID_LOCATION", "4"),
        ("NO_DUPLICATE_INVENTORY_ITEM_ID_GROUP_ID_PAIR", "5"),
    ]
    assert shelf.units == [5, 6, 7]


@pytest.mark.parametrize(
    ("more", "wrong"),
    [
        ({"name": "committed"}, ("INVALID_NAME", "name")),
        ({"reason": "because"}, ("INVALID_REASON", "reason")),
        ({"referenceDocumentUri": "no uri"}, ("INVALID_REFERENCE_DOCUMENT", "referenceDocumentUri")),
    ],
)
def test_what_is_wrong_with_the_whole_is_told_of_the_whole(
    shelf: Shelf, more: dict[str, str], wrong: tuple[str, str]
) -> None:
    assert codes(shelf.set(shelf.row(0, 3, changeFromQuantity=5), **more)) == [wrong]


def test_a_test_may_say_which_item_cannot_be_set(shelf: Shelf) -> None:
    shelf.case.site.options.bad_items[shelf.case.hands.item_of(shelf.variants[0]).id] = "INVALID_INVENTORY_ITEM"
    made = shelf.set(shelf.row(0, 3, changeFromQuantity=5), shelf.row(1, 3, changeFromQuantity=6))
    assert (codes(made), shelf.units) == ([("INVALID_INVENTORY_ITEM", "0")], [5, 6, 7])


def test_an_item_that_is_not_stocked_there_is_refused_and_from_2026_10_on_stocked(case: Case, version: str) -> None:
    shelf = Shelf(case, case.again(version=version))
    shelf.place = gid("Location", case.hands.add_location("Shed"))
    made = shelf.set(shelf.row(0, 3, changeFromQuantity=0))
    if version < "2026-10":
        assert codes(made) == [("ITEM_NOT_STOCKED_AT_LOCATION", "0")]
        return
    assert made["userErrors"] == []
    assert [event.what for event in case.site.oracle.writes("item")] == ["activated", "stock"]


def test_more_than_250_rows_are_too_many(newest: Shelf) -> None:
    got = newest.send(newest.input(*[newest.row(0, 3, changeFromQuantity=5)] * 251))
    assert (got.codes, "data" in got.json, newest.units[0]) == (["MAX_INPUT_SIZE_EXCEEDED"], False, 5)


# --- keys -------------------------------------------------------------------------------------------------------------


def test_a_request_that_comes_again_with_its_key_is_not_done_again(shelf: Shelf) -> None:
    row = shelf.row(0, 3, changeFromQuantity=5)
    first = shelf.set(row, key="k1")
    shelf.case.hands.set_level(shelf.variants[0], 8)
    again = shelf.set(row, key="k1")
    assert (again["userErrors"], shelf.units[0]) == ([], 8)
    assert again["inventoryAdjustmentGroup"]["id"] == first["inventoryAdjustmentGroup"]["id"]
    assert again["inventoryAdjustmentGroup"]["changes"][0]["delta"] == -2
    assert shelf.case.site.oracle.calls["replay"] == 1


def test_a_shop_may_compare_what_comes_again_anew(shelf: Shelf) -> None:
    shelf.case.site.options.replay_compares = True
    row = shelf.row(0, 3, changeFromQuantity=5)
    assert shelf.set(row, key="k1")["userErrors"] == []
    assert codes(shelf.set(row, key="k1")) == [("CHANGE_FROM_QUANTITY_STALE", "0")]
    assert (shelf.units[0], len(shelf.case.site.oracle.writes("item"))) == (3, 1)


def test_a_key_is_for_one_payload_alone(shelf: Shelf) -> None:
    shelf.set(shelf.row(0, 3, changeFromQuantity=5), key="k1")
    made = shelf.set(shelf.row(1, 3, changeFromQuantity=6), key="k1")
    assert [each["code"] for each in made["userErrors"]] == ["IDEMPOTENCY_KEY_PARAMETER_MISMATCH"]
    assert shelf.units == [3, 6, 7]
    assert shelf.case.site.oracle.violations == ["the key k1 was used again for something else"]


def test_a_key_whose_request_failed_is_used_up(shelf: Shelf) -> None:
    row = shelf.row(0, 3, changeFromQuantity=4)
    shelf.set(row, key="k1")
    assert [each["code"] for each in shelf.set(row, key="k1")["userErrors"]] == ["IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED"]
    shelf.case.site.options.failed_key_replays = True
    assert codes(shelf.set(row, key="k1")) == [("CHANGE_FROM_QUANTITY_STALE", "0")]


def test_a_request_that_is_still_being_done_is_told_so(shelf: Shelf) -> None:
    shelf.case.site.options.concurrent_once = True
    row = shelf.row(0, 3, changeFromQuantity=5)
    assert [each["code"] for each in shelf.set(row, key="k1")["userErrors"]] == ["IDEMPOTENCY_CONCURRENT_REQUEST"]
    assert shelf.units[0] == 5
    assert (shelf.set(row, key="k1")["userErrors"], shelf.units[0]) == ([], 3)


def test_a_key_is_kept_for_a_day(shelf: Shelf) -> None:
    row = shelf.row(0, 3, changeFromQuantity=5)
    shelf.set(row, key="k1")
    shelf.case.clock.advance(24 * 3600 - 1)
    assert shelf.set(row, key="k1")["userErrors"] == []
    shelf.case.clock.advance(1)
    assert codes(shelf.set(row, key="k1")) == [("CHANGE_FROM_QUANTITY_STALE", "0")]


@pytest.mark.parametrize("key", ["", "  "])
def test_a_key_that_is_blank_is_none(newest: Shelf, key: str) -> None:
    got = newest.client.ask(SET, input=newest.input(newest.row(0, 3, changeFromQuantity=5)), key=key)
    assert (got.codes, newest.units[0]) == (["BAD_REQUEST"], 5)


def test_several_mutations_of_a_document_are_each_done_in_order_with_their_own_keys(newest: Shelf) -> None:
    one = "inventorySetQuantities(input: $i{0}) @idempotent(key: $k{0}) {{ userErrors {{ code }} }}"
    told = ", ".join(f"$i{n}: InventorySetQuantitiesInput!, $k{n}: String!" for n in range(3))
    ask = f"mutation({told}) {{ {' '.join(f'a{n}: ' + one.format(n) for n in range(3))} }}"
    chain = [(5, 3), (9, 4), (3, 8)]
    variables: dict[str, Any] = {
        f"i{n}": newest.input(newest.row(0, after, changeFromQuantity=before))
        for n, (before, after) in enumerate(chain)
    }
    data = newest.client.ask(ask, **variables, **{f"k{n}": f"key {n}" for n in range(3)}).data
    assert [[error["code"] for error in data[f"a{n}"]["userErrors"]] for n in range(3)] == [
        [],
        ["CHANGE_FROM_QUANTITY_STALE"],
        [],
    ]
    assert newest.units[0] == 8

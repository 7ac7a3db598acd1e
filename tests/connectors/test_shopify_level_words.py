"""Levels in Shopify's words, and what became of them in ours, without a wire."""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from syncctl.connectors.shopify.gids import gid
from syncctl.connectors.shopify.level_words import Errors, Group, Target, grouped, judged, to_target
from syncctl.connectors.shopify.variant_words import Ids, Level
from syncctl.model import LevelChange, Mismatch, Refused, Unclear, WriteOutcome

HERE = gid("Location", "11")
STALE = ("CHANGE_FROM_QUANTITY_STALE", "It is stale.")


def item(number: int) -> str:
    return gid("InventoryItem", str(number))


def group(*rows: tuple[int, int, int]) -> Group:
    """Rows are (item, level to be, level that must be there)."""
    return Group(tuple(Target(item(number), quantity, expected) for number, quantity, expected in rows))


def change(number: int, delta: int, **more: Any) -> dict[str, Any]:
    told = {"name": "available", "delta": delta, "item": {"id": item(number), "tracked": True}}
    return {**told, "location": {"id": HERE}, **more}


def payload(*changes: dict[str, Any]) -> dict[str, Any]:
    return {"inventoryAdjustmentGroup": {"changes": list(changes)} if changes else None}


def kinds(outcomes: Mapping[str, WriteOutcome]) -> dict[int, str]:
    """By item, the reason of a refusal or else the kind of outcome."""
    return {
        int(one.rpartition("/")[2]): getattr(outcome, "reason", type(outcome).__name__)
        for one, outcome in outcomes.items()
    }


def items(groups: Sequence[Group]) -> list[list[int]]:
    return [[int(one.item.rpartition("/")[2]) for one in each.targets] for each in groups]


def judge(sent: Group, answer: dict[str, Any], errors: Errors, name: str = "available") -> Any:
    outcomes, again = judged(sent, answer, errors, name, HERE)
    return kinds(outcomes), items(again)


THREE = group((1, 5, 9), (2, 0, 4), (3, 7, -2))


def test_a_level_is_sent_with_what_it_is_compared_with_even_where_that_is_less_than_none() -> None:
    sent = group((3, 7, -2)).variables("available", HERE)
    assert (sent["name"], sent["reason"]) == ("available", "correction")
    assert sent["quantities"] == [
        {"inventoryItemId": item(3), "locationId": HERE, "quantity": 7, "changeFromQuantity": -2}
    ]


def test_no_group_is_longer_than_a_list_may_be_and_each_has_a_key_of_its_own() -> None:
    groups = grouped([Target(item(number), 1, 2) for number in range(1, 602)])
    assert [len(one.targets) for one in groups] == [250, 250, 101]
    assert len({one.key for one in groups}) == 3
    assert all(uuid.UUID(one.key).version == 4 for one in groups)
    assert [one.item for each in groups for one in each.targets] == [item(number) for number in range(1, 602)]


def test_what_the_answer_confirms_is_written() -> None:
    answer = payload(change(1, -4), change(2, -4), change(3, 9), change(1, -4, name="on_hand"))
    assert judge(THREE, answer, {}) == ({1: "Written", 2: "Written", 3: "Written"}, [])


@pytest.mark.parametrize(
    "instead",
    [
        [],
        [change(2, -3)],
        [change(2, -4, name="on_hand")],
        [change(2, -4, location={"id": gid("Location", "12")})],
        [change(2, -4, location=None)],
        [change(2, -4, item=None)],
    ],
)
def test_what_the_answer_does_not_confirm_as_it_was_sent_is_unclear(instead: list[dict[str, Any]]) -> None:
    """It may be an answer to what was sent before, told anew from what the shop has by now."""
    assert judge(THREE, payload(change(1, -4), *instead, change(3, 9)), {}) == (
        {1: "Written", 2: "Unclear", 3: "Written"},
        [],
    )


def test_an_answer_that_says_nothing_confirms_nothing() -> None:
    assert judge(THREE, payload(), {}) == ({1: "Unclear", 2: "Unclear", 3: "Unclear"}, [])


def test_another_quantity_is_confirmed_under_its_own_name() -> None:
    answer = payload(change(1, -4, name="on_hand"), change(2, -4), change(3, 9, name="on_hand"))
    assert judge(THREE, answer, {}, "on_hand") == ({1: "Written", 2: "Unclear", 3: "Written"}, [])


def test_a_level_of_what_is_not_tracked_any_more_is_no_level() -> None:
    answer = payload(change(1, -4), change(2, -4, item={"id": item(2), "tracked": False}), change(3, 9))
    assert judge(THREE, answer, {})[0] == {1: "Written", 2: "not_tracked", 3: "Written"}


# --- errors -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", ["CHANGE_FROM_QUANTITY_STALE", "COMPARE_QUANTITY_STALE"])
def test_a_stale_level_is_left_out_and_the_others_are_sent_again_under_another_key(code: str) -> None:
    outcomes, again = judged(THREE, payload(), {1: (code, "It is stale.")}, "available", HERE)
    assert outcomes == {item(2): Mismatch(key="")}
    assert items(again) == [[1, 3]]
    assert again[0].key != THREE.key


PAIRED = Group((Target(item(1), 5, 9, "MUG"), Target(item(2), 0, 4), Target(item(3), 7, 7, "MUG")))


def test_levels_that_go_together_are_all_read_anew_where_one_of_them_is_stale() -> None:
    assert judge(PAIRED, payload(), {2: STALE}) == ({1: "Mismatch", 3: "Mismatch"}, [[2]])
    assert judge(PAIRED, payload(), {1: STALE}) == ({2: "Mismatch"}, [[1, 3]])


def test_a_level_that_is_only_compared_is_written_where_nothing_is_wrong() -> None:
    done = payload(change(1, -4), change(2, -4))
    assert judge(PAIRED, done, {}) == ({1: "Written", 2: "Written", 3: "Written"}, [])


def test_what_goes_together_is_never_parted() -> None:
    pairs = [Target(item(number), 1, 2, f"SKU-{number % 200}") for number in range(1, 401)]
    assert [len(one.targets) for one in grouped(pairs)] == [250, 150]
    for each in grouped(pairs):
        words = [one.together for one in each.targets]
        assert all(words.count(word) == 2 for word in words)
    odd: Errors = {None: ("INVALID_REASON", "No.")}
    assert judge(PAIRED, payload(), odd) == ({}, [[1, 3], [2]])
    assert judge(Group(PAIRED.targets[::2]), payload(), odd) == ({1: "invalid_reason", 3: "invalid_reason"}, [])


def test_a_level_that_is_refused_is_left_out_with_shopifys_code() -> None:
    errors: Errors = {0: ("INVALID_INVENTORY_ITEM", "Not found."), 2: ("A_CODE_OF_NEXT_YEAR", ""), 1: ("", "Odd.")}
    outcomes, again = judged(THREE, payload(), errors, "available", HERE)
    assert outcomes == {
        item(1): Refused(key="", reason="invalid_inventory_item", message="Not found."),
        item(2): Refused(key="", reason="refused", message="Odd."),
        item(3): Refused(key="", reason="a_code_of_next_year", message=""),
    }
    assert again == []


def test_where_a_shop_does_the_others_of_a_list_they_are_not_sent_again() -> None:
    assert judge(THREE, payload(change(1, -4)), {1: STALE}) == ({1: "Written", 2: "Mismatch"}, [[3]])


def test_a_stale_level_that_no_error_names_lets_all_of_them_be_read_anew() -> None:
    assert judge(THREE, payload(change(1, -4)), {None: STALE}) == ({1: "Written", 2: "Mismatch", 3: "Mismatch"}, [])


@pytest.mark.parametrize("error", [("INVALID_REASON", "No."), ("", "Odd.")])
@pytest.mark.parametrize("index", [None, 3, 99])
def test_an_error_that_names_no_row_of_the_list_is_looked_for_in_halves(
    error: tuple[str, str], index: int | None
) -> None:
    outcomes, again = judged(THREE, payload(), {index: error}, "available", HERE)
    assert (outcomes, items(again)) == ({}, [[1], [2, 3]])
    assert len({THREE.key, *(one.key for one in again)}) == 3


@pytest.mark.parametrize(("error", "kind"), [(STALE, "Mismatch"), (("INVALID_REASON", "No."), "invalid_reason")])
def test_a_row_that_stands_alone_is_what_its_error_says(error: tuple[str, str], kind: str) -> None:
    assert judge(group((2, 0, 4)), payload(), {None: error}) == ({2: kind}, [])


def test_halving_ends_whatever_is_answered() -> None:
    """Each row has an outcome after so many rounds as a list of 250 can be halved."""
    waiting = grouped([Target(item(number), 1, 2) for number in range(1, 251)])
    outcomes: dict[str, WriteOutcome] = {}
    for _ in range(9):
        told = [judged(one, payload(), {None: ("", "No.")}, "available", HERE) for one in waiting]
        outcomes |= {key: one for found, _ in told for key, one in found.items()}
        waiting = [one for _, again in told for one in again]
    assert (len(outcomes), waiting) == (250, [])


# --- keys -------------------------------------------------------------------------------------------------------------


def test_what_is_under_way_is_waited_for_and_asked_again_by_its_key() -> None:
    outcomes, [again] = judged(THREE, payload(), {None: ("IDEMPOTENCY_CONCURRENT_REQUEST", "")}, "available", HERE)
    assert outcomes == {}
    assert (again.key, again.targets, again.wait) == (THREE.key, THREE.targets, 1.0)


def test_a_key_that_is_something_elses_is_replaced() -> None:
    error = {None: ("IDEMPOTENCY_KEY_PARAMETER_MISMATCH", "")}
    outcomes, [again] = judged(THREE, payload(), error, "available", HERE)
    assert outcomes == {}
    assert (again.targets, again.wait) == (THREE.targets, 0.0)
    assert again.key != THREE.key


def test_what_failed_before_is_read_anew() -> None:
    error = {None: ("IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED", "")}
    assert judge(THREE, payload(), error) == (dict.fromkeys((1, 2, 3), "Mismatch"), [])


@pytest.mark.parametrize("code", ["IDEMPOTENCY_CONCURRENT_REQUEST", "IDEMPOTENCY_KEY_PARAMETER_MISMATCH"])
def test_trouble_with_keys_ends_and_then_nobody_knows(code: str) -> None:
    waiting, rounds = [THREE], 0
    while waiting:
        outcomes, waiting = judged(waiting[0], payload(), {None: (code, "")}, "available", HERE)
        rounds += 1
    assert rounds == 5
    assert all(isinstance(one, Unclear) for one in outcomes.values()) and len(outcomes) == 3


# --- before it is sent ------------------------------------------------------------------------------------------------


READ = {item(1): Level(available=9, on_hand=12), item(2): Level(-2, 1), item(3): None}


def told(listing: int, quantity: int, expected: int, name: str = "available") -> object:
    sent = LevelChange(key="a", listing_id=f"7/8/{listing}", quantity=quantity, expected=expected)
    return to_target(sent, Ids.of(sent.listing_id), READ, name)


def test_what_is_available_is_compared_and_set_as_it_is() -> None:
    assert told(1, 5, 9) == Target(item(1), 5, 9)
    assert told(2, 0, -2) == Target(item(2), 0, -2)


def test_on_hand_keeps_what_was_sold_and_not_sent_on_top() -> None:
    assert told(1, 5, 9, "on_hand") == Target(item(1), 8, 12)
    assert told(2, 0, -2, "on_hand") == Target(item(2), 3, 1)


@pytest.mark.parametrize("name", ["available", "on_hand"])
def test_a_level_that_moved_since_it_was_read_is_not_written(name: str) -> None:
    assert told(1, 5, 10, name) == Mismatch(key="a", actual=9)


@pytest.mark.parametrize(
    ("listing", "quantity", "reason"),
    [(1, -1, "bad_quantity"), (1, 10**9, "bad_quantity"), (3, 5, "not_managed"), (4, 5, "unknown_listing")],
)
def test_what_cannot_be_is_refused_before_it_is_sent(listing: int, quantity: int, reason: str) -> None:
    found = told(listing, quantity, 9)
    assert isinstance(found, Refused) and (found.key, found.reason) == ("a", reason)


def test_what_is_no_listing_of_ours_is_refused() -> None:
    found = to_target(LevelChange(key="a", listing_id="8", quantity=1, expected=9), None, READ, "available")
    assert isinstance(found, Refused) and found.reason == "unknown_listing"

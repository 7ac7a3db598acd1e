"""Levels whose answer is lost, late or less than the whole, on a real socket: nothing is done twice, or believed."""

from collections.abc import Iterator
from typing import Any

import pytest

from syncctl.errors import Throttled, Unreachable
from syncctl.model import Mismatch, Unclear, Written
from tests.connectors.shopify_goods import Goods, goods, item_of, kinds, level
from tests.fakes.graphql_faults import GraphqlFault
from tests.fakes.wire import Request


@pytest.fixture
def shop() -> Iterator[Goods]:
    with goods() as shop:
        yield shop


@pytest.mark.parametrize("kind", ["reset_mid_body", "502", "internal_after"])
@pytest.mark.parametrize("compares", [False, True])
def test_a_lost_answer_is_asked_for_again_by_its_key_and_nothing_is_done_twice(kind: str, compares: bool) -> None:
    """At some shops what comes again is compared anew: those levels are read, and are as they were wanted."""
    with goods(replay_compares=compares) as shop:
        ids = shop.sell(3)
        shop.store.fetch_levels(ids)
        shop.server.fail(GraphqlFault(kind) if kind == "internal_after" else kind)
        outcomes = kinds(shop.store.push_levels([level(one, 4) for one in ids]))
        assert len(shop.keys()) == 2 and len(set(shop.keys())) == 1
        done = kind != "502"
        assert outcomes == ["Mismatch" if compares and done else "Written"] * 3
        assert len(shop.writes()) == 3
        assert shop.store.fetch_levels(ids) == dict.fromkeys(ids, 4)


@pytest.mark.parametrize("compares", [False, True])
def test_what_is_sold_between_a_lost_answer_and_its_replay_stays_sold(compares: bool) -> None:
    with goods(replay_compares=compares) as shop:
        [plain] = shop.sell(1)
        shop.store.fetch_levels([plain])
        shop.server.fail("reset_mid_body")
        sent: list[int] = []

        def buy(request: Request) -> None:
            sent.append(request.number)
            if len(sent) == 2:  # the replay
                shop.world.place([("SKU-0", 3, "5.00", "0")])

        shop.server.before = buy
        [outcome] = shop.store.push_levels([level(plain, 6)])
        assert isinstance(outcome, Mismatch if compares else Written)
        assert shop.shows(plain) == 3


def test_a_lost_answer_that_was_a_refusal_is_read_anew(shop: Goods) -> None:
    """By its key Shopify says that it failed before, and not why."""
    ids = shop.sell(3)
    shop.store.fetch_levels(ids)
    shop.world.set_level(ids[1], 8)
    shop.server.fail("reset_mid_body")
    assert kinds(shop.store.push_levels([level(one, 4) for one in ids])) == ["Mismatch"] * 3
    assert [shop.shows(one) for one in ids] == [10, 8, 10]


def test_a_refusal_that_is_told_again_is_a_refusal() -> None:
    with goods(failed_key_replays=True) as shop:
        ids = shop.sell(3)
        shop.store.fetch_levels(ids)
        shop.world.set_level(ids[1], 8)
        shop.server.fail("reset_mid_body")
        assert kinds(shop.store.push_levels([level(one, 4) for one in ids])) == ["Written", "Mismatch", "Written"]
        assert [shop.shows(one) for one in ids] == [4, 8, 4]


def test_what_is_under_way_at_the_shop_is_waited_for_and_asked_for_by_its_key(shop: Goods) -> None:
    ids = shop.sell(3)
    shop.store.fetch_levels(ids)
    shop.world.site.options.concurrent_once = True
    assert kinds(shop.store.push_levels([level(one, 4) for one in ids])) == ["Written"] * 3
    assert len(shop.keys()) == 2 and len(set(shop.keys())) == 1
    assert 0.9 < shop.clock.waited < 1.5


def test_one_list_that_an_error_spoilt_is_sent_again_by_its_key_and_the_other_is_written(shop: Goods) -> None:
    """The first was done all the same: nobody could know."""
    ids = shop.sell(251)
    shop.store.fetch_levels(ids)
    shop.server.fail(GraphqlFault("partly"))
    assert kinds(shop.store.push_levels([level(one, 4) for one in ids])) == ["Written"] * 251
    assert len(shop.writes()) == 251
    assert len(shop.keys()) == 3 and len(set(shop.keys())) == 2


def test_a_list_that_is_spoilt_each_time_is_unclear_in_the_end(shop: Goods) -> None:
    ids = shop.sell(2)
    shop.store.fetch_levels(ids)
    shop.server.fail(GraphqlFault("partly"), times=9)
    outcomes = shop.store.push_levels([level(one, 4) for one in ids])
    assert [type(one) for one in outcomes] == [Unclear, Unclear]
    assert len(shop.writes()) == 2 and len(set(shop.keys())) == 1


@pytest.mark.parametrize("lack", ["a row", "every row", "another change", "the group"])
def test_an_answer_that_confirms_less_than_was_sent_is_not_believed_for_the_rest(shop: Goods, lack: str) -> None:
    ids = shop.sell(3)
    shop.store.fetch_levels(ids)

    def less(data: dict[str, Any]) -> None:
        group = data["a0"]["inventoryAdjustmentGroup"]
        first = [one for one in group["changes"] if one["item"]["id"].endswith(f"/{item_of(ids[0])}")]
        if lack == "a row":
            group["changes"] = [one for one in group["changes"] if one not in first]
        elif lack == "another change":
            first[0]["delta"] -= 1
        elif lack == "every row":
            group["changes"] = []
        else:
            data["a0"]["inventoryAdjustmentGroup"] = None

    shop.server.alter = [less]
    rest = "Unclear" if lack in ("every row", "the group") else "Written"
    assert kinds(shop.store.push_levels([level(one, 4) for one in ids])) == ["Unclear", rest, rest]
    assert {shop.shows(one) for one in ids} == {4}


def test_a_shop_that_answers_nothing_at_all_leaves_the_outcome_unknown(shop: Goods) -> None:
    [plain] = shop.sell(1)
    shop.store.fetch_levels([plain])
    shop.server.fail("reset", times=9)
    with pytest.raises(Unreachable):
        shop.store.push_levels([level(plain, 4)])


def test_a_shop_that_grants_no_points_is_waited_for(shop: Goods) -> None:
    [plain] = shop.sell(1)
    shop.store.fetch_levels([plain])
    shop.server.fail(GraphqlFault("throttled"), times=2)
    assert kinds(shop.store.push_levels([level(plain, 4)])) == ["Written"]
    assert shop.clock.waited > 0
    shop.server.fail(GraphqlFault("throttled"), times=9)
    shop.store.fetch_levels([])
    with pytest.raises(Throttled):
        shop.store.push_levels([level(plain, 3, 4)])
    assert shop.shows(plain) == 4

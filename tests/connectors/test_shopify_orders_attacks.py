"""Paging that goes wrong and rows that are odd: a shop that says what no shop should say, and nobody believes it."""

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncctl.connectors.checked import CheckedStore
from syncctl.connectors.shopify.order_words import Manners, read_order
from syncctl.connectors.shopify.store import ShopifyStore
from syncctl.errors import DataError, SyncctlError
from syncctl.model import Order, Unreadable
from tests.connectors.shopify_bodies import bag, fee, line, order, refund, shipping, transaction
from tests.connectors.shopify_server import Clock, Shop, settings_of
from tests.fakes.wire import Answer, Request, reply


class Pages(Shop):
    """Answers each request for orders by what `told` says for the cursor that it is asked behind."""

    def __init__(self, told: dict[str | None, dict[str, Any]]) -> None:
        super().__init__()
        self.told = told

    def handle(self, request: Request) -> Answer:
        after = json.loads(request.body)["variables"]["after"]
        return reply({"data": {"orders": self.told[after if after in self.told else "else"]}})


def page(*numbers: int, after: str | None = None, more: bool = False) -> dict[str, Any]:
    rows = [order("1.0", line(one, 1, "1.0"), id=f"gid://shopify/Order/{one}") for one in numbers]
    return {"nodes": rows, "pageInfo": {"hasNextPage": more, "endCursor": after}}


def walked(told: dict[str | None, dict[str, Any]]) -> tuple[list[str], list[str]]:
    """The orders and the cursors that came before the reading ended, or went wrong."""
    seen: list[str] = []
    cursors: list[str] = []
    with Pages(told) as server:
        store = ShopifyStore("shop", settings_of(server, bulk_from=0), Clock().patience())
        try:
            for one in CheckedStore(store).fetch_orders(None, None):
                seen += [each.id for each in one.records]
                cursors.append(one.cursor)
        finally:
            store.close()
    return seen, cursors


ATTACKS = {
    "the same page for ever": {None: page(1, after="a", more=True), "else": page(2, after="a", more=True)},
    "an empty page with more behind it, nobody knows where": {
        None: page(1, after="a", more=True),
        "a": page(more=True),
    },
    "more, and nobody knows where": {None: page(1, more=True)},
    "pages that go round in a circle": {
        None: page(1, after="a", more=True),
        "a": page(2, after="b", more=True),
        "b": page(1, after="a", more=True),
    },
}


@pytest.mark.parametrize("told", ATTACKS.values(), ids=list(ATTACKS))
def test_pages_that_do_not_move_on_are_an_error(told: dict[str | None, dict[str, Any]]) -> None:
    with pytest.raises(DataError):
        walked(told)


def test_a_page_of_orders_none_of_which_may_be_seen_is_passed_over() -> None:
    told = {None: page(1, after="a", more=True), "a": page(after="b", more=True), "b": page(2)}
    assert walked(told)[0] == ["1", "2"]


def test_pages_that_repeat_rows_or_are_of_another_size_lose_none() -> None:
    seen, _ = walked(
        {None: page(*range(1, 60), after="a", more=True), "a": page(59, 60, 3, after="b", more=True), "b": page(61)}
    )
    assert set(seen) == {str(number) for number in range(1, 62)}


def test_a_page_that_was_not_the_last_does_not_move_the_bound() -> None:
    with Pages({None: page(1, after="a", more=True), "a": page(2)}) as server:
        store = ShopifyStore("shop", settings_of(server, bulk_from=0), Clock().patience())
        first, last = (json.loads(one.cursor) for one in store.fetch_orders(None, None))
        store.close()
    assert (first["since"], first["after"]) == (None, "a")
    assert last["since"] is not None and last["after"] is None


@pytest.mark.parametrize("rows", [None, [None], [*page(1)["nodes"], None]])
def test_a_page_that_leaves_out_an_order_moves_nothing(rows: Any) -> None:
    last = {"nodes": rows, "pageInfo": {"hasNextPage": False, "endCursor": None}}
    with Pages({None: last}) as server:
        store = ShopifyStore("shop", settings_of(server, bulk_from=0), Clock().patience())
        with pytest.raises(DataError):
            list(store.fetch_orders(None, None))
        store.close()


def test_rows_that_are_nothing_or_no_orders_are_errors_and_never_crashes() -> None:
    for rows in ([None], [7], ["x"], [[]], [{}], [{"id": 7}], None, "x", {}):
        try:
            seen, _ = walked({None: {"nodes": rows, "pageInfo": {"hasNextPage": False, "endCursor": None}}})
        except SyncctlError:
            continue
        assert seen == []


@pytest.mark.parametrize("data", [{}, {"orders": None}, {"orders": []}, {"orders": {"nodes": [], "pageInfo": None}}])
def test_an_answer_that_is_no_page_of_orders_is_an_error(data: dict[str, Any]) -> None:
    with Shop({"data": data}) as server:
        store = ShopifyStore("shop", settings_of(server, bulk_from=0), Clock().patience())
        with pytest.raises(DataError):
            list(store.fetch_orders(None, None))
        store.close()


@pytest.mark.parametrize("rows", [None, [], [None, None], {}])
def test_refunds_that_are_told_of_other_orders_than_were_asked_for_are_an_error(rows: Any) -> None:
    row = order("1.0", line(1, 1, "1.0"), refunds=[{"id": "gid://shopify/Refund/9"}])
    one = {"orders": {"nodes": [row], "pageInfo": {"hasNextPage": False, "endCursor": None}}}
    with Shop({"data": one}, {"data": {"nodes": rows}}) as server:
        store = ShopifyStore("shop", settings_of(server, bulk_from=0), Clock().patience())
        with pytest.raises(DataError):
            list(store.fetch_orders(None, None))
        store.close()


# --- odd rows ---------------------------------------------------------------------------------------------------------

WHOLE = order(
    "64.7",
    line(1, 3, "10.0", off=("3.0",), taxes=("2.7",), left=2),
    line(2, 1, "25.0", isGiftCard=True),
    shipping=[shipping(5, "6.0", off=("2.0",), taxes=("0.8",))],
    additionalFees=[fee("Deposit", "2.0", "0.2")],
    transactions=[transaction(1, "SALE", "64.7")],
    refunds=[refund(9, (1, 1, "RETURN", "9.0", "0.9"), shipping=[(5, "1.0", "0.2")], adjusted=[("1.0", "0.0", None)])],
    fulfillments=[
        {
            "id": "gid://shopify/Fulfillment/3",
            "status": "SUCCESS",
            "createdAt": "2026-03-02T08:00:00Z",
            "trackingInfo": [{"number": "JD01", "company": "Royal Mail", "url": None}],
        }
    ],
    originalTotalDutiesSet=bag("3.0"),
    currentTotalTaxSet=bag("2.8"),
    discountCodes=["TEN"],
)
ODD = [None, True, -1, 0, 2**63, "", "x", "1,234.50", "NaN", "1e999", "-0", "9" * 400, "1.005", [], {}, [None], [[]]]


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path to everything in a body."""
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield (*path, key)
        yield from places(inner, (*path, key))


PLACES = list(places(WHOLE))


def put(path: tuple[Any, ...], value: Any) -> dict[str, Any]:
    body = copy.deepcopy(WHOLE)
    inner: Any = body
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    return body


@given(path=st.sampled_from(PLACES), value=st.sampled_from(ODD) | st.text(max_size=8))
def test_whatever_stands_in_an_order_is_read_or_named_and_never_crashes(path: tuple[Any, ...], value: Any) -> None:
    found = read_order(put(path, value), "", Manners())
    if isinstance(found, Unreadable):
        assert found.reason
        return
    assert isinstance(found, Order)
    amounts = [part.amount + part.tax for part in (*found.lines, *found.charges)]
    assert found.problems or sum(amounts) == found.total
    assert found.problems or all(
        one.total == sum(part.amount + part.tax for part in (*one.lines, *one.charges)) for one in found.refunds
    )
    assert found.units_known <= all(isinstance(one.sku, str | None) for one in found.lines)


def test_the_whole_order_is_sound_as_it_is() -> None:
    found = read_order(WHOLE, "", Manners())
    assert isinstance(found, Order) and found.problems == ()
    assert [(one.id, one.quantity) for one in found.lines] == [("1", 3)]


@pytest.mark.parametrize(
    ("path", "kept"),
    [
        (("lineItems", "nodes", 0, "originalUnitPriceSet", "shopMoney", "amount"), [("1", "SKU-1", 3)]),
        (("lineItems", "nodes", 0, "taxLines", 0, "priceSet", "shopMoney", "amount"), [("1", "SKU-1", 3)]),
        (("lineItems", "nodes", 0, "id"), [("?1", "SKU-1", 2)]),
        (("totalPriceSet", "shopMoney", "amount"), [("1", "SKU-1", 3)]),
        (("currencyCode",), [("1", "SKU-1", 3)]),
    ],
)
def test_units_of_an_order_with_something_odd_in_it_still_count(
    path: tuple[Any, ...], kept: list[tuple[str, str, int]]
) -> None:
    found = read_order(put(path, "1,234.50"), "", Manners())
    assert isinstance(found, Order)
    assert [(one.id, one.sku, one.quantity) for one in found.lines] == kept
    assert any("1,234.50" in problem for problem in found.problems)


@pytest.mark.parametrize(("path", "value"), [(("lineItems", "nodes", 0, "quantity"), "x"), (("lineItems",), None)])
def test_where_units_are_not_known_nobody_says_that_they_are(path: tuple[Any, ...], value: Any) -> None:
    found = read_order(put(path, value), "", Manners())
    assert isinstance(found, Order)
    assert found.problems and not found.units_known

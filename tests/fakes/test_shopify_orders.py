"""Orders of the shop: what they do to levels, how they are listed, what moves their date of change."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.fakes.conftest import Case
from tests.fakes.shopify import add_static, schema
from tests.fakes.shopify.checkout import Buy, Charge, Off, Ship
from tests.fakes.shopify.selections import everything

LIST = """query Orders($first: Int!, $after: String, $query: String, $sort: OrderSortKeys, $reverse: Boolean) {
  orders(first: $first, after: $after, query: $query, sortKey: $sort, reverse: $reverse) {
    nodes { id updatedAt displayFulfillmentStatus } pageInfo { hasNextPage endCursor } } }"""
ONE = "query One($id: ID!) { node(id: $id) { ... on Order { %s } } }"
MILL = {"first_name": "Ada", "last_name": "Byron", "address1": "12 Mill Lane", "city": "Leeds", "country_code_v2": "GB"}


def ids(case: Case, query: str | None = None, **more: Any) -> list[int]:
    got = case.client.ask(LIST, **{"first": 50, "query": query, "sort": "UPDATED_AT", **more}).data["orders"]
    return [number(each["id"]) for each in got["nodes"]]


def number(gid: str) -> int:
    return int(gid.rpartition("/")[2])


def one(case: Case, order_id: int, fields: str) -> Any:
    return case.client.ask(ONE % fields, id=f"gid://shopify/Order/{order_id}").data["node"]


def level(case: Case, variant: int, at: int | None = None) -> tuple[int, int, int]:
    """Available, committed, on hand."""
    there = case.hands.level(variant, at)
    return (there.available, there.committed, there.on_hand)


def first_line(case: Case, order_id: int) -> int:
    return case.site.orders[order_id].lines[0].id


# --- levels -----------------------------------------------------------------------------------------------------------


def test_an_order_commits_its_units_and_a_fulfilment_takes_them_off_the_shelf(case: Case) -> None:
    mug = case.hands.add_variant("MUG", 10)
    order = case.hands.place([Buy(mug, 3)])
    assert level(case, mug) == (7, 3, 10)
    case.hands.fulfil(order, {first_line(case, order): 2})
    assert level(case, mug) == (7, 1, 8)
    assert one(case, order, "displayFulfillmentStatus")["displayFulfillmentStatus"] == "PARTIALLY_FULFILLED"


@pytest.mark.parametrize(("restock", "levels"), [(True, (9, 1, 10)), (False, (7, 1, 8))])
def test_units_refunded_before_they_were_sent_are_free_again_or_gone(
    case: Case, restock: bool, levels: tuple[int, int, int]
) -> None:
    mug = case.hands.add_variant("MUG", 10)
    order = case.hands.place([Buy(mug, 3)])
    case.hands.refund(order, {first_line(case, order): 2}, restock=restock)
    assert level(case, mug) == levels


@pytest.mark.parametrize(("restock", "levels"), [(True, (9, 0, 9)), (False, (7, 0, 7))])
def test_units_brought_back_after_they_were_sent_are_on_the_shelf_or_not(
    case: Case, restock: bool, levels: tuple[int, int, int]
) -> None:
    mug = case.hands.add_variant("MUG", 10)
    order = case.hands.place([Buy(mug, 3)])
    case.hands.fulfil(order)
    refund = case.hands.refund(order, {first_line(case, order): 2}, restock=restock)
    assert (level(case, mug), refund.lines[0].restock_type) == (levels, "RETURN" if restock else "NO_RESTOCK")


def test_edits_and_cancellations_move_levels_as_they_say(case: Case) -> None:
    mug, tray = case.hands.add_variant("MUG", 10), case.hands.add_variant("TRAY", 10)
    order = case.hands.place([Buy(mug, 3)])
    case.hands.edit(order, first_line(case, order), 5)
    assert level(case, mug) == (5, 5, 10)
    case.hands.edit(order, first_line(case, order), 4)
    case.hands.edit(order, first_line(case, order), 2, restock=False)
    assert level(case, mug) == (6, 2, 8)
    case.hands.add_line(order, Buy(tray, 4))
    assert level(case, tray) == (6, 4, 10)
    case.hands.cancel(order)
    assert (level(case, mug), level(case, tray)) == ((8, 0, 8), (10, 0, 10))
    other = case.hands.place([Buy(mug, 3)])
    case.hands.cancel(other, restock=False)
    assert level(case, mug) == (5, 0, 5)


def test_what_is_not_tracked_or_not_stocked_has_no_level_to_move(case: Case) -> None:
    gift = case.hands.add_variant("GIFT", None)
    mug = case.hands.add_variant("MUG", 10)
    case.hands.unstock(mug)
    case.hands.place([Buy(gift, 2), Buy(mug, 2), Buy(price="1.00", title="Wrapping")])
    assert (level(case, gift), level(case, mug)) == ((0, 0, 0), (10, 0, 10))


def test_variants_that_share_an_item_share_its_level(case: Case) -> None:
    mug = case.hands.add_variant("MUG", 10)
    again = case.hands.add_variant("MUG", item=case.hands.item_of(mug).id)
    case.hands.place([Buy(mug, 1), Buy(again, 2)])
    assert level(case, mug) == level(case, again) == (7, 3, 10)


def test_units_are_taken_where_there_are_some(case: Case) -> None:
    mug = case.hands.add_variant("MUG", 0)
    attic = case.hands.add_location("Attic")
    case.hands.stock_at(mug, attic, 5)
    order = case.hands.place([Buy(mug, 2)])
    assert (level(case, mug), level(case, mug, attic)) == ((0, 0, 0), (3, 2, 5))
    case.hands.move(order, case.hands.here)
    assert (level(case, mug), level(case, mug, attic)) == ((-2, 2, 0), (5, 0, 5))


def test_every_level_that_an_order_makes_is_in_the_oracle(case: Case) -> None:
    mug = case.hands.add_variant("MUG", 10)
    order = case.hands.place([Buy(mug, 3)])
    case.hands.fulfil(order)
    shown = case.site.oracle.levels[case.hands.item_of(mug).id, case.hands.here]
    assert [(each.available, each.on_hand, each.by) for each in shown] == [
        (10, 10, "start"),
        (7, 10, "order"),
        (7, 7, "fulfilment"),
    ]


# --- lists ------------------------------------------------------------------------------------------------------------


def typed(case: Case, **more: Any) -> int:
    return case.hands.place([Buy(price="1.00", title="Something")], **more)


def test_a_walk_by_the_date_of_change_sees_what_changes_meanwhile_at_its_end(case: Case) -> None:
    placed = []
    for _ in range(5):
        placed.append(typed(case))
        case.clock.advance(1)
    first = case.client.ask(LIST, first=2, sort="UPDATED_AT").data["orders"]
    case.hands.change_order(placed[0], note="?")
    seen = [number(each["id"]) for each in first["nodes"]]
    after = first["pageInfo"]["endCursor"]
    while after:
        page = case.client.ask(LIST, first=2, sort="UPDATED_AT", after=after).data["orders"]
        seen += [number(each["id"]) for each in page["nodes"]]
        after = page["pageInfo"]["endCursor"] if page["pageInfo"]["hasNextPage"] else None
    assert seen == [placed[0], placed[1], placed[2], placed[3], placed[4], placed[0]]
    assert ids(case, reverse=True)[0] == placed[0]


def test_a_quoted_moment_is_exact_and_a_bare_one_is_its_day(case: Case) -> None:
    early = typed(case)
    case.clock.advance(3600)
    late = typed(case)
    assert ids(case, "updated_at:>='2026-03-01T12:30:00Z'") == [late]
    assert ids(case, "updated_at:>=2026-03-01T12:30:00Z") == [early, late]
    assert ids(case, "created_at:<'2026-03-01T12:30:00Z'") == [early]


def test_filters_of_status_test_and_channel(case: Case) -> None:
    plain, test = typed(case), typed(case, test=True)
    till, gone, filed = typed(case, source_name="pos"), typed(case), typed(case)
    case.hands.cancel(gone)
    case.hands.archive(filed)
    assert ids(case) == ids(case, "status:any") == [plain, test, till, gone, filed]
    assert ids(case, "status:open test:false -source_name:pos") == [plain]
    assert sorted(ids(case, "status:closed")) == sorted([gone, filed])
    assert ids(case, "financial_status:refunded") == [gone]


def test_counts_stop_where_they_are_told_to(case: Case) -> None:
    for _ in range(3):
        typed(case)
    count = "query($limit: Int) { ordersCount(limit: $limit) { count precision } }"
    told = [case.client.ask(count, limit=limit).data["ordersCount"] for limit in (2, 3, None)]
    assert told == [
        {"count": 2, "precision": "AT_LEAST"},
        {"count": 3, "precision": "EXACT"},
        {"count": 3, "precision": "EXACT"},
    ]


def test_orders_older_than_sixty_days_are_hidden_from_an_app_without_the_right(case: Case) -> None:
    now = case.clock()
    old = typed(case, placed_at=now - timedelta(days=61))
    new = typed(case, placed_at=now - timedelta(days=59))
    assert ids(case) == [old, new]
    case.site.tokens.clear()
    add_static(case.site, scopes=("read_orders",))
    assert ids(case) == [new]
    count = "{ ordersCount { count } }"
    assert case.client.ask(count).data["ordersCount"]["count"] == 1
    assert (one(case, old, "id"), one(case, new, "id") is not None) == (None, True)


def test_an_index_that_lags_hides_what_is_new_and_keeps_what_was(case: Case) -> None:
    case.site.options.index_lag = 60
    old = typed(case)
    case.clock.advance(3600)
    fresh = typed(case)
    case.hands.change_order(old, note="moved")
    assert ids(case, "updated_at:>='2026-03-01T12:59:00Z'") == []
    assert one(case, fresh, "id") is not None
    case.clock.advance(61)
    assert ids(case, "updated_at:>='2026-03-01T12:59:00Z'") == [old, fresh]


# --- dates ------------------------------------------------------------------------------------------------------------


def test_what_happens_to_an_order_moves_its_date_of_change_but_for_a_hold(case: Case) -> None:
    mug = case.hands.add_variant("MUG", 50, "5.00")
    order = case.hands.place([Buy(mug, 5)])
    line = first_line(case, order)
    hands = case.hands
    deeds = {
        "edit": lambda: hands.edit(order, line, 6),
        "refund": lambda: hands.refund(order, {line: 1}),
        "hold": lambda: hands.hold(order),
        "release": lambda: hands.release(order),
        "fulfil": lambda: hands.fulfil(order, {line: 1}),
        "pay": lambda: hands.pay(order),
        "cancel": lambda: hands.cancel(order),
    }
    moved = {}
    for name, deed in deeds.items():
        before = case.site.orders[order].updated_at
        case.clock.advance(10)
        deed()
        moved[name] = case.site.orders[order].updated_at > before
    assert {name for name, each in moved.items() if not each} == {"hold", "release"}


def test_a_shop_may_forget_to_move_other_dates_too(case: Case) -> None:
    case.site.options.unmoved = frozenset({"hold", "edited"})
    order = typed(case)
    case.clock.advance(10)
    case.hands.edit(order, first_line(case, order), 2)
    assert case.site.orders[order].updated_at == datetime(2026, 3, 1, 12, tzinfo=UTC)


# --- all that there is ------------------------------------------------------------------------------------------------


def rich(case: Case) -> int:
    """An order with all that an order can have."""
    hands = case.hands
    mug, tray = hands.add_variant("MUG", 50, "10.00"), hands.add_variant("TRAY", 50, "4.00")
    ada = hands.add_customer("ada@example.com", phone="+447700900123", address=MILL, tags=["vip"])
    order = hands.place(
        [Buy(mug, 3, rate="0.1", duty="1.00", off="0.50"), Buy(tray, 2, rate="0.1")],
        ships=[Ship("4.95", tax="0.50")],
        offs=[Off("2.00"), Off("1.00", "SHIP", "SHIPPING_LINE")],
        charges=[Charge("Bottle deposit", "1.00", "0.05")],
        tip="1.50",
        customer=ada,
        billing=MILL,
        shipping_to=MILL,
        rounding="-0.03",
    )
    line = first_line(case, order)
    hands.fulfil(order, {line: 2}, number="T1", company="DHL", url="https://example.com/T1")
    hands.refund(order, {line: 1}, amount="3.00", shipping="1.00")
    hands.hold(order)
    return order


@pytest.mark.parametrize("kind", ["Order", "Customer"])
def test_all_that_the_small_schema_offers_is_answered_the_same_by_both_schemas(case: Case, kind: str) -> None:
    order = rich(case)
    gid = f"gid://shopify/Order/{order}"
    if kind == "Customer":
        gid = f"gid://shopify/Customer/{case.site.orders[order].customer_id}"
    case.site.options.most_cost = case.site.options.bucket = 10**9
    asked = everything(schema.schema_of("2026-07", own=True), kind, deep=2)
    document = f"query All($id: ID!) {{ node(id: $id) {{ ... on {kind} {asked} }} }}"
    case.site.options.own_schema = True
    mine = case.client.ask(document, id=gid).data
    case.site.options.own_schema = False
    assert case.client.ask(document, id=gid).data == mine
    assert case.site.oracle.violations == []
    assert mine["node"]["id"] == gid


def test_addresses_and_the_buyer_are_those_of_the_order(case: Case) -> None:
    order = rich(case)
    told = one(
        case, order, "email customer { tags } billingAddress { name city countryCodeV2 } shippingAddress { zip }"
    )
    assert told == {
        "email": "ada@example.com",
        "customer": {"tags": ["vip"]},
        "billingAddress": {"name": "Ada Byron", "city": "Leeds", "countryCodeV2": "GB"},
        "shippingAddress": {"zip": None},
    }
    case.hands.remove_customer(case.site.orders[order].customer_id or 0)
    assert one(case, order, "email customer { tags }") == {"email": "ada@example.com", "customer": None}


def test_more_lines_than_a_page_has_are_read_by_cursor(case: Case) -> None:
    order = case.hands.place([Buy(price="1.00", title=f"Line {each}") for each in range(120)])
    lines = "query Lines($id: ID!, $after: String) { order(id: $id) { lineItems(first: 50, after: $after) {"
    lines += " nodes { title } pageInfo { hasNextPage endCursor } } } }"
    titles: list[str] = []
    after = None
    while True:
        page = case.client.ask(lines, id=f"gid://shopify/Order/{order}", after=after).data["order"]["lineItems"]
        titles += [each["title"] for each in page["nodes"]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert titles == [f"Line {each}" for each in range(120)]

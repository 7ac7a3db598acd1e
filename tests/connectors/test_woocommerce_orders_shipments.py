"""Shipments in the meta data of WooCommerce orders: what we keep there, and what tracking plug-ins do."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from syncctl.connectors.woocommerce import shipments
from syncctl.connectors.woocommerce.order_words import Manners
from syncctl.errors import DataError
from syncctl.model import FulfilmentChange, FulfilmentLine, Order
from tests.connectors.woo_bodies import Body, back, line, order, read, refund, with_refunds

NOW = datetime(2026, 3, 5, 8, tzinfo=UTC)
TRACKING = "_wc_shipment_tracking_items"
MANNERS = Manners(tracking_key=TRACKING)


def change(*lines: FulfilmentLine, key: str = "s1", number: str = "TRACK 1") -> FulfilmentChange:
    return FulfilmentChange(
        key=key, order_id="727", lines=lines, tracking_number=number, carrier="Post", shipped_at=NOW
    )


def kept(body: Body, *rows: shipments.Row) -> Body:
    """The order with these shipments of ours in its meta data."""
    return body | {"meta_data": [{"id": 7, "key": shipments.KEY, "value": shipments.own_text(rows)}]}


def shipped(body: Body, **units: int) -> Body:
    """The order after so many units of each line left, by our own record."""
    return kept(body, shipments.to_row(change(), units))


def test_what_is_kept_is_read_back() -> None:
    mug = line(3, "15.000000")
    row = shipments.to_row(change(), {str(mug["id"]): 2})
    (found,) = read(kept(order(mug, total="15.00"), row)).fulfilments
    assert (found.id, found.order_id, found.tracking_number, found.carrier) == (row["id"], "727", "TRACK 1", "Post")
    assert (found.lines, found.shipped_at) == ((FulfilmentLine(quantity=2, line_id=str(mug["id"])),), NOW)


def test_a_shipment_has_one_name_however_often_it_is_sent() -> None:
    assert shipments.shipment_id(change(number="A")) == shipments.shipment_id(change(number="B"))
    assert shipments.shipment_id(change(key="s1")) != shipments.shipment_id(change(key="s2"))


@pytest.mark.parametrize("value", ["", None, []])
def test_no_list_is_no_shipment(value: Any) -> None:
    assert shipments.own_rows({"meta_data": [{"id": 7, "key": shipments.KEY, "value": value}]}) == []
    assert shipments.own_rows({"meta_data": {}}) == shipments.own_rows({}) == []


@pytest.mark.parametrize("value", ["[{", "{}", "7", '[{"id": 7, "lines": []}]', '[{"id": "a"}]', {"a": 1}, [[]], 7])
def test_a_list_that_somebody_spoilt_is_not_taken_for_none(value: Any) -> None:
    body = order(line(), total="5.00", meta_data=[{"id": 7, "key": shipments.KEY, "value": value}])
    with pytest.raises(DataError, match="changed by somebody else"):
        shipments.own_rows(body)
    found = read(body)
    assert (found.fulfilments, found.problems, found.fulfilment_status) == ((), (), "unfulfilled")


def test_the_list_may_come_read_already() -> None:
    """Some plug-ins turn every JSON text in meta data into what it says."""
    rows = [{"id": "727-a", "lines": [{"line_id": "300", "quantity": 1}]}]
    assert shipments.own_rows({"meta_data": [{"key": shipments.KEY, "value": rows}]}) == rows


def test_units_that_left_decide_how_far_the_order_is() -> None:
    mug, cup = line(3, "15.000000"), line(1)
    body = order(mug, cup, total="20.00")
    ids = str(mug["id"]), str(cup["id"])
    assert read(body).fulfilment_status == "unfulfilled"
    assert read(shipped(body, **{ids[0]: 3})).fulfilment_status == "partially_fulfilled"
    assert read(shipped(body, **{ids[0]: 3, ids[1]: 1})).fulfilment_status == "fulfilled"
    assert read(shipped(body, **{ids[0]: 1}) | {"status": "completed"}).fulfilment_status == "partially_fulfilled"


def test_units_that_were_given_back_need_not_leave() -> None:
    mug = line(3, "15.000000")
    body, details = with_refunds(order(mug, total="15.00"), refund(901, "5.00", back(mug, -1, "-5.000000")))
    assert read(shipped(body, **{str(mug["id"]): 2}), details).fulfilment_status == "fulfilled"


# --- which lines a shipment is for ------------------------------------------------------------------------------------


@pytest.fixture
def twins() -> Order:
    """Two mugs and three more of them, on lines of their own, and a cup."""
    return read(order(line(2, id=11), line(3, id=12), line(1, id=13, sku="CUP"), total="15.00"))


def allocated(found: Order, *lines: FulfilmentLine, left: dict[str, int] | None = None) -> dict[str, int]:
    return shipments.allocated(change(*lines), found.lines, left or shipments.units_left(found.lines, ()))


def test_units_go_to_the_lines_they_name_or_to_those_of_their_sku_in_turn(twins: Order) -> None:
    assert allocated(twins, FulfilmentLine(quantity=3, line_id="12")) == {"12": 3}
    assert allocated(twins, FulfilmentLine(quantity=4, sku="MUG")) == {"11": 2, "12": 2}
    assert allocated(twins, FulfilmentLine(quantity=1, sku="MUG"), FulfilmentLine(quantity=2, sku="MUG")) == {
        "11": 2,
        "12": 1,
    }
    assert allocated(twins) == {"11": 2, "12": 3, "13": 1}


@pytest.mark.parametrize(
    "shipped_line",
    [
        FulfilmentLine(quantity=6, sku="MUG"),
        FulfilmentLine(quantity=3, line_id="11"),
        FulfilmentLine(quantity=1, line_id="99"),
        FulfilmentLine(quantity=1, sku="mug"),
        FulfilmentLine(quantity=0, sku="MUG"),
        FulfilmentLine(quantity=-1, sku="MUG"),
    ],
)
def test_units_that_the_order_does_not_have_are_refused(twins: Order, shipped_line: FulfilmentLine) -> None:
    with pytest.raises(DataError, match="units left"):
        allocated(twins, shipped_line)


def test_nothing_left_is_no_shipment(twins: Order) -> None:
    with pytest.raises(DataError, match="nothing left"):
        allocated(twins, left={"11": 0, "12": 0, "13": 0})


# --- tracking plug-ins ------------------------------------------------------------------------------------------------


def with_plugin(body: Body, value: Any) -> Body:
    return body | {"meta_data": [*body["meta_data"], {"id": 9, "key": TRACKING, "value": value}]}


def test_what_a_plug_in_lists_is_told_without_units_and_ours_once() -> None:
    mug = line(1)
    ours = change()
    body = kept(order(mug, total="5.00"), shipments.to_row(ours, {str(mug["id"]): 1}))
    theirs = {
        "custom_tracking_provider": "DHL",
        "tracking_number": "D7",
        "tracking_id": "x",
        "date_shipped": "1772697600",
    }
    found = read(with_plugin(body, [shipments.to_plugin_row(ours, NOW), theirs]), manners=MANNERS)
    assert [(one.tracking_number, one.carrier, len(one.lines)) for one in found.fulfilments] == [
        ("TRACK 1", "Post", 1),
        ("D7", "DHL", 0),
    ]
    assert found.fulfilments[1].shipped_at == NOW
    assert found.fulfilment_status == "fulfilled"


@pytest.mark.parametrize("value", ["", None, [], {}])
def test_a_plug_in_without_a_list_gets_one(value: Any) -> None:
    assert shipments.plugin_rows(with_plugin(order(line(), total="5.00"), value), TRACKING) == []
    assert shipments.plugin_rows(order(line(), total="5.00"), TRACKING) == []


@pytest.mark.parametrize("value", ["TRACK", 7, ["TRACK"], {"a": "b"}, [None]])
def test_a_plug_ins_list_of_another_kind_is_left_alone(value: Any) -> None:
    body = with_plugin(order(line(), total="5.00"), value)
    assert shipments.plugin_rows(body, TRACKING) is None
    assert read(body, manners=MANNERS).fulfilments == ()


def test_without_a_key_no_plug_in_is_read_or_written() -> None:
    body = with_plugin(order(line(), total="5.00"), [{"tracking_number": "D7"}])
    assert (shipments.plugin_rows(body, ""), read(body).fulfilments) == (None, ())


def test_what_is_kept_is_ascii_and_no_more_than_was_said() -> None:
    bare = FulfilmentChange(key="s1", order_id="727", lines=(), carrier="Póst")
    text = shipments.own_text([shipments.to_row(bare, {"11": 1})])
    assert text.isascii()
    assert json.loads(text)[0].keys() == {"id", "lines", "carrier"}

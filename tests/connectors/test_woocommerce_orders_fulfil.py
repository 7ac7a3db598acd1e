"""Shipments shown on a WooCommerce site: what is written, what is mailed, and what is never touched."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from syncctl.connectors.woocommerce.shipments import KEY
from syncctl.connectors.woocommerce.store import WooCommerceStore
from syncctl.errors import BatchRefused, DataError, Unreachable
from syncctl.model import FulfilmentChange, FulfilmentLine, Refused, Unclear, WriteOutcome, Written
from tests.connectors.woo_side import settings_of
from tests.fakes.woo import WooServer
from tests.fakes.woo.records import Order
from tests.fakes.woo.shop import Line
from tests.fakes.woo.world import WooWorld, world

SHIPPED_AT = datetime(2026, 3, 1, 11, tzinfo=UTC)
TRACKING = "_wc_shipment_tracking_items"


class Bench:
    """A site with one kind of mug, and a store that is connected to it."""

    def __init__(self, server: WooServer, site: WooWorld) -> None:
        self.server, self.site = server, site
        self.shop = site.shop
        self.mug = self.shop.add_product("MUG", 100)
        self.store = self.connect()

    def connect(self, **settings: Any) -> WooCommerceStore:
        self.store = WooCommerceStore("web", settings_of(self.server, **settings))
        return self.store

    def place(self, *units: int, **more: Any) -> str:
        return str(self.shop.place([Line(self.mug, each) for each in units or (3,)], **more))

    def order(self, order_id: str) -> Order:
        return self.site.site.orders[int(order_id)]

    def meta(self, order_id: str, key: str = KEY) -> Any:
        return next((one.value for one in self.order(order_id).metas if one.key == key), None)

    def mails(self) -> list[str]:
        return [kind for _, kind, _ in self.site.site.oracle.mails]

    def sent(self) -> list[dict[str, Any]]:
        """What was sent for each order that was written."""
        return [event.detail["sent"] for event in self.site.site.oracle.writes("order") if "sent" in event.detail]

    def push(self, *changes: FulfilmentChange) -> list[WriteOutcome]:
        return self.store.push_fulfilments(changes)


@pytest.fixture
def bench() -> Iterator[Bench]:
    site = world()
    with WooServer(site.site) as server:
        made = Bench(server, site)
        yield made
        made.store.close()
        assert site.site.oracle.violations == []


def change(order_id: str, *lines: FulfilmentLine, key: str = "s1", **more: Any) -> FulfilmentChange:
    words = {"tracking_number": "TRACK 1", "carrier": "Post", "shipped_at": SHIPPED_AT, **more}
    return FulfilmentChange(key=key, order_id=order_id, lines=lines or (mugs(3),), **words)


def mugs(quantity: int) -> FulfilmentLine:
    return FulfilmentLine(quantity=quantity, sku="MUG")


# --- what is written --------------------------------------------------------------------------------------------------


def test_only_status_and_meta_are_sent_and_the_rest_of_the_order_stays(bench: Bench) -> None:
    order_id = bench.place(billing={"first_name": "Ada", "email": "ada@example.com"})
    before = bench.order(order_id)
    kept = before.total, dict(before.billing), [(item.id, item.total) for item in before.items]
    (outcome,) = bench.push(change(order_id))
    assert isinstance(outcome, Written)
    (sent,) = bench.sent()
    assert sent.keys() == {"id", "meta_data", "status"}
    after = bench.order(order_id)
    assert (after.total, after.billing, [(item.id, item.total) for item in after.items]) == kept
    assert [row["id"] for row in json.loads(bench.meta(order_id))] == [outcome.remote_id]


def test_an_order_is_completed_with_its_last_unit_and_the_mail_goes_once(bench: Bench) -> None:
    order_id = bench.place(2, 1)
    first, second = (str(each) for each in bench.shop.lines(int(order_id)))
    bench.push(change(order_id, FulfilmentLine(quantity=2, line_id=first)))
    assert (bench.order(order_id).status, "customer_completed_order" in bench.mails()) == ("processing", False)
    assert "status" not in bench.sent()[-1]
    bench.push(change(order_id, FulfilmentLine(quantity=1, line_id=second), key="s2"))
    assert bench.order(order_id).status == "completed"
    assert bench.mails().count("customer_completed_order") == 1
    found = bench.store.find_fulfilments([order_id])[order_id]
    assert [[(line.line_id, line.quantity) for line in one.lines] for one in found] == [[(first, 2)], [(second, 1)]]


@pytest.mark.parametrize("status", ["pending", "on-hold", "completed", "half-packed"])
def test_only_an_order_that_is_being_processed_is_completed(bench: Bench, status: str) -> None:
    """One that waits for its money stays so; one that is completed gets no second mail."""
    bench.site.site.options.statuses = ("half-packed",)
    order_id = bench.place(status=status)
    before = bench.mails()
    assert [type(one) for one in bench.push(change(order_id))] == [Written]
    assert (bench.order(order_id).status, bench.mails()) == (status, before)


def test_a_plug_ins_status_that_counts_as_processing_is_completed(bench: Bench) -> None:
    bench.site.site.options.statuses = ("half-packed",)
    bench.connect(statuses={"half-packed": "processing"})
    order_id = bench.place(status="half-packed")
    bench.push(change(order_id))
    assert bench.order(order_id).status == "completed"


def test_orders_are_not_completed_where_the_settings_say_so(bench: Bench) -> None:
    bench.connect(complete_orders=False)
    order_id = bench.place()
    bench.push(change(order_id))
    assert (bench.order(order_id).status, bench.mails().count("customer_completed_order")) == ("processing", 0)


def test_units_that_were_given_back_are_not_waited_for(bench: Bench) -> None:
    order_id = bench.place(3)
    bench.shop.refund(int(order_id), {bench.shop.lines(int(order_id))[0]: 1}, restock=True)
    bench.push(change(order_id, mugs(2)))
    assert bench.order(order_id).status == "completed"


def test_several_shipments_of_one_order_go_out_together_and_one_too_many_is_refused_alone(bench: Bench) -> None:
    order_id = bench.place(3)
    outcomes = bench.push(
        change(order_id, mugs(1)), change(order_id, mugs(3), key="s2"), change(order_id, mugs(2), key="s3")
    )
    assert [(one.key, type(one)) for one in outcomes] == [("s1", Written), ("s2", Refused), ("s3", Written)]
    assert isinstance(outcomes[1], Refused) and outcomes[1].reason == "too_many_units"
    assert len(bench.sent()) == 1
    assert [row["lines"][0]["quantity"] for row in json.loads(bench.meta(order_id))] == [1, 2]


def test_the_same_shipment_again_writes_nothing(bench: Bench) -> None:
    order_id = bench.place()
    first = bench.push(change(order_id, notify_customer=True))
    written = len(bench.site.site.oracle.writes())
    assert bench.push(change(order_id, notify_customer=True)) == first
    assert len(bench.site.site.oracle.writes()) == written


def test_orders_that_cannot_be_shipped_are_refused_alone(bench: Bench) -> None:
    cancelled, trashed, sound = bench.place(), bench.place(), bench.place()
    bench.shop.cancel(int(cancelled))
    bench.shop.trash(int(trashed))
    keys = [cancelled, trashed, "999999", "no-such-order", sound]
    outcomes = bench.push(*[change(each, key=each) for each in keys])
    assert [one.key for one in outcomes] == keys
    reasons = [one.reason if isinstance(one, Refused) else "" for one in outcomes]
    assert reasons == ["cancelled", "unknown_order", "unknown_order", "unknown_order", ""]
    assert [sent["id"] for sent in bench.sent()] == [int(sound)]


def test_a_list_of_ours_that_somebody_spoilt_is_never_written_over(bench: Bench) -> None:
    order_id = bench.place()
    bench.order(order_id).metas.append(bench.site.site.meta(KEY, "[{oops"))
    bench.site.site.touch(bench.order(order_id))
    (outcome,) = bench.push(change(order_id))
    assert isinstance(outcome, Refused) and outcome.reason == "unreadable_order"
    assert (bench.meta(order_id), bench.sent()) == ("[{oops", [])


def test_too_many_at_once_are_refused_whole(bench: Bench) -> None:
    order_id = bench.place()
    most = bench.store.abilities.fulfilment_batch
    with pytest.raises(BatchRefused):
        bench.push(*[change(order_id, key=str(number)) for number in range(most + 1)])
    assert bench.sent() == []


# --- tracking plug-ins ------------------------------------------------------------------------------------------------


def test_a_plug_ins_list_is_added_to_and_keeps_what_it_had(bench: Bench) -> None:
    bench.connect(tracking_key=TRACKING)
    order_id = bench.place()
    theirs = {"tracking_provider": "dhl", "tracking_number": "D7", "tracking_id": "x", "date_shipped": "1772323200"}
    bench.order(order_id).metas.append(bench.site.site.meta(TRACKING, [theirs]))
    bench.site.site.touch(bench.order(order_id))
    (outcome,) = bench.push(change(order_id, tracking_url="https://post.example/1"))
    first, second = bench.meta(order_id, TRACKING)
    assert first == theirs
    assert (second["custom_tracking_provider"], second["tracking_number"]) == ("Post", "TRACK 1")
    assert (second["custom_tracking_link"], second["date_shipped"]) == ("https://post.example/1", "1772362800")
    found = bench.store.find_fulfilments([order_id])[order_id]
    assert isinstance(outcome, Written)
    assert [(one.id, one.tracking_number) for one in found] == [(outcome.remote_id, "TRACK 1"), (f"{order_id}-x", "D7")]


def test_a_plug_ins_list_of_another_kind_is_left_and_ours_is_written(bench: Bench) -> None:
    bench.connect(tracking_key=TRACKING)
    order_id = bench.place()
    bench.order(order_id).metas.append(bench.site.site.meta(TRACKING, "D7, D8"))
    bench.site.site.touch(bench.order(order_id))
    assert [type(one) for one in bench.push(change(order_id))] == [Written]
    assert bench.meta(order_id, TRACKING) == "D7, D8"
    assert len(bench.store.find_fulfilments([order_id])[order_id]) == 1


# --- notes ------------------------------------------------------------------------------------------------------------


def notes(bench: Bench) -> list[tuple[int, str, bool]]:
    return [(one.order_id, one.text, one.for_customer) for one in bench.site.site.notes.values()]


def test_a_customer_is_told_only_where_that_is_wanted(bench: Bench) -> None:
    quiet, loud = bench.place(), bench.place()
    bench.push(change(quiet), change(loud, key="s2", notify_customer=True, tracking_url="https://post.example/1"))
    assert notes(bench) == [
        (int(loud), "Your order was shipped by Post, tracking number TRACK 1: https://post.example/1", True)
    ]
    assert bench.mails().count("customer_note") == 1


def test_a_customer_is_not_told_of_what_was_refused(bench: Bench) -> None:
    order_id = bench.place(1)
    bench.push(change(order_id, mugs(2), notify_customer=True))
    assert notes(bench) == []


@pytest.mark.parametrize("fault", ["502", "404", "timeout_after", "reset_mid_body", "login_page"])
def test_a_note_that_fails_takes_nothing_back_and_is_not_sent_again(bench: Bench, fault: str) -> None:
    order_id = bench.place()
    bench.connect(timeout="1s")
    bench.server.fail(fault, at=bench.server.count + 3)  # after the order is read and written
    outcomes = bench.push(change(order_id, notify_customer=True))
    assert [type(one) for one in outcomes] == [Written]
    told = len(notes(bench))
    assert bench.push(change(order_id, notify_customer=True)) == outcomes
    assert len(notes(bench)) == told <= 1


# --- what goes wrong --------------------------------------------------------------------------------------------------


def test_an_item_that_the_shop_refuses_is_refused_alone(bench: Bench) -> None:
    gone, sound = bench.place(), bench.place()
    bench.server.before = lambda request: bench.shop.delete(int(gone)) if request.path.endswith("/batch") else None
    outcomes = bench.push(change(gone, key="a"), change(sound, key="b"))
    assert [type(one) for one in outcomes] == [Refused, Written]
    assert isinstance(outcomes[0], Refused) and outcomes[0].reason.endswith("invalid_id")


def test_a_shop_that_does_not_keep_our_list_is_told_apart_from_one_that_does(bench: Bench) -> None:
    order_id = bench.place()
    bench.shop.change_order(int(order_id), patch={"meta_data": []})
    (outcome,) = bench.push(change(order_id))
    assert isinstance(outcome, Refused) and outcome.reason == "not_kept"


@pytest.mark.parametrize("answer", [{}, {"update": []}, {"update": "x"}, {"update": [{"id": "x"}, 7]}, []])
def test_an_order_that_the_answer_leaves_out_is_in_doubt(
    bench: Bench, answer: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    order_id = bench.place()
    reply = type("Reply", (), {"body": answer})()
    monkeypatch.setattr(bench.store.site.http, "send", lambda *_call: reply)
    assert [type(one) for one in bench.push(change(order_id))] == [Unclear]


@pytest.mark.parametrize("fault", ["timeout_after", "reset_mid_body", "truncated"])
def test_a_lost_answer_is_an_error_and_the_shipment_is_found_afterwards(bench: Bench, fault: str) -> None:
    order_id = bench.place()
    bench.connect(timeout="1s")
    bench.server.fail(fault, at=bench.server.count + 2)
    with pytest.raises((Unreachable, DataError)):
        bench.push(change(order_id))
    assert len(bench.store.find_fulfilments([order_id])[order_id]) == 1

"""An order's life in the books, told by the books: each document once, of the right amount, or a hold that says why."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

import syncctl.connectors
from syncctl.connectors.sandbox.bodies import NewLine
from syncctl.connectors.sandbox.books import SandboxBooks
from syncctl.errors import BatchRefused, Unreachable
from syncctl.model import CannotTell, Document, DocumentOutcome, LookUp, Queued, Unclear
from syncctl.settings import SandboxBooksSettings
from tests.builders import World
from tests.fakes.faulty import FailBefore, lost_reply, on

DAY = timedelta(days=1)
OLD = datetime(2026, 1, 10, 12, tzinfo=UTC)


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def books(monkeypatch: pytest.MonkeyPatch, kind: type[SandboxBooks]) -> None:
    """Put another back office in the sandbox's place, by name."""
    monkeypatch.setitem(syncctl.connectors.BACK_OFFICES, "sandbox", f"{__name__}:{kind.__name__}")


def state_of(world: World, reference: str) -> list[str]:
    return [row[0] for row in world.rows("SELECT state FROM journal WHERE key = ? ORDER BY id", reference)]


# --- first booking -------------------------------------------------------------------------------------------------


def test_an_order_is_booked_once_with_its_payment_and_a_second_run_writes_nothing(world: World) -> None:
    order = world.shop.place_order([("MUG", 2), ("TRAY", 1)], charges={"shipping": "3.50", "discount": "-1.00"})
    world.run()
    sale, payment = world.documents()
    assert (sale.kind, sale.total, sale.number, sale.store_number) == ("sale", 2650, f"#{order}", 98)
    assert [(line.sku, line.quantity, line.amount) for line in sale.lines] == [("MUG", 2, 2000), ("TRAY", 1, 400)]
    assert [(one.kind, one.item, one.amount) for one in sale.charges] == [
        ("shipping", "SHIPPING", 350),
        ("discount", "DISCOUNT", -100),
    ]
    assert (payment.kind, payment.total, payment.original, payment.tender) == ("payment", 2650, sale.reference, "web")
    assert (world.office.on_hand("MUG"), world.office.on_hand("TRAY")) == (98, 49)
    report = world.run()
    assert world.totals(payments=True) == [("sale", 2650), ("payment", 2650)]
    assert world.calls("push_documents") == 0 and report.exit_code == 0


def test_the_store_number_and_the_tender_come_from_the_settings(world: World) -> None:
    world.change(orders={"store_number": 7, "tenders": {"wallet": "PP"}})
    world.shop.place_order([("MUG", 1)], gateway="wallet")
    world.run()
    assert [one.store_number for one in world.documents()] == [7, 7]
    assert world.documents()[1].tender == "PP"


@pytest.mark.parametrize("included", [False, True])
def test_without_import_taxes_the_total_less_tax_is_booked_and_paid(world: World, included: bool) -> None:
    world.change(orders={"import_taxes": False})
    lines = [NewLine(sku="MUG", quantity=2, tax="4.00")]
    order = world.shop.place_order(lines, charges={"shipping": ("3.00", "0.60")}, tax_included=included)
    total = 2300 if included else 2760
    world.run()
    assert world.totals(payments=True) == [("sale", total - 460), ("payment", total - 460)]
    assert world.documents()[0].tax == 0
    world.shop.refund_all(order)
    world.run()
    assert world.totals() == [("sale", total - 460), ("credit", total - 460)]
    assert world.rows("SELECT tax FROM sales_order") == [(460,)]


def test_with_import_taxes_the_stores_total_is_booked(world: World) -> None:
    world.shop.place_order([NewLine(sku="MUG", quantity=2, tax="4.00")], tax_included=True)
    world.shop.place_order([NewLine(sku="MUG", quantity=2, tax="4.00")])
    world.run()
    assert world.totals() == [("sale", 2000), ("sale", 2400)]
    assert [one.tax for one in world.documents() if one.kind == "sale"] == [400, 400]


def test_the_same_sku_on_two_lines_is_booked_as_two_lines(world: World) -> None:
    world.shop.place_order([("MUG", 1), NewLine(sku="MUG", quantity=2, price="9.00")])
    world.run()
    assert [(line.sku, line.amount) for line in world.documents()[0].lines] == [("MUG", 1000), ("MUG", 1800)]
    assert world.office.on_hand("MUG") == 97


def test_skus_that_differ_by_case_alone_are_two(world: World) -> None:
    world.add("mug", "7.00", 20)
    world.shop.place_order([("mug", 3)])
    world.run()
    assert (world.office.on_hand("MUG"), world.office.on_hand("mug")) == (100, 17)
    assert world.totals() == [("sale", 2100)]


def test_two_shops_with_the_same_order_number_lead_to_two_sales(tmp_path: Path) -> None:
    world = World(tmp_path, stores=("one", "two"))
    assert {shop.place_order([("MUG", 1)]) for shop in world.shops.values()} == {"1001"}
    world.run()
    assert world.totals() == [("sale", 1000)] * 2
    assert len(set(world.office.references())) == 4


def test_an_order_is_dated_by_the_shops_own_day(world: World) -> None:
    world.sections["stores"]["shop"]["time_zone"] = "Pacific/Auckland"
    world.change()
    world.shop.place_order([("MUG", 1)], placed_at=datetime(2026, 3, 1, 23, tzinfo=UTC))
    world.run()
    assert world.documents()[0].dated_on == date(2026, 3, 2)


def test_rounding_is_booked_as_a_charge_of_its_own_name(world: World) -> None:
    world.shop.place_order([NewLine(sku="MUG", quantity=3, price="3.333")], total="9.99")
    world.run()
    [sale, _] = world.documents()
    assert (sale.total, [(one.kind, one.item, one.amount) for one in sale.charges]) == (
        999,
        [("rounding", "ROUNDING", -1)],
    )


# --- refunds and cancellations -------------------------------------------------------------------------------------


def test_a_refund_with_restock_credits_the_line_and_puts_the_unit_back(world: World) -> None:
    order = world.shop.place_order([("MUG", 3)])
    world.run()
    world.shop.refund(order, {world.line_ids(order)[0]: 1}, restock=True)
    world.run()
    assert world.totals() == [("sale", 3000), ("credit", 1000)]
    assert world.office.on_hand("MUG") == 98 == world.shop.level("MUG")


def test_a_refund_without_restock_gives_money_back_and_no_unit(world: World) -> None:
    order = world.shop.place_order([("MUG", 3)])
    world.run()
    world.shop.refund(order, {world.line_ids(order)[0]: 1}, restock=False)
    world.run()
    assert world.totals() == [("sale", 3000), ("credit", 1000)]
    assert world.office.on_hand("MUG") == 97 == world.shop.level("MUG")


def test_several_refunds_are_as_many_credits_of_the_same_sale(world: World) -> None:
    order = world.shop.place_order([("MUG", 3)], charges={"shipping": "3.50"})
    line = world.line_ids(order)[0]
    first = world.shop.refund(order, {line: 1})
    world.run()
    second = world.shop.refund(order, {line: 1}, charges={"shipping": "3.50"})
    third = world.shop.refund(order, {}, charges={"discount": "1.00"})
    world.run()
    world.run()
    documents = [one for one in world.documents() if one.kind != "payment"]
    assert [(one.event, one.total) for one in documents] == [
        ("order", 3350),
        (first, 1000),
        (second, 1350),
        (third, 100),
    ]
    assert {one.original for one in documents[1:]} == {documents[0].reference}


def test_a_cancellation_before_booking_is_rejected_with_its_reason(world: World) -> None:
    order = world.shop.place_order([("MUG", 2)])
    world.shop.cancel_order(order)
    world.run()
    assert world.documents() == [] and world.holds() == []
    assert world.decisions()[order] == ("rejected", "cancelled before booking")
    assert world.run().exit_code == 0 and world.office.on_hand("MUG") == 100


def test_a_cancellation_after_booking_credits_all_of_it(world: World) -> None:
    order = world.shop.place_order([("MUG", 2)], charges={"shipping": "3.50", "discount": "-1.00"})
    world.run()
    world.shop.cancel_order(order)
    world.run()
    world.run()
    assert world.totals() == [("sale", 2250), ("credit", 2250)]
    assert world.office.on_hand("MUG") == 100 == world.shop.level("MUG")


@pytest.mark.parametrize("refund", [False, True])
def test_a_cancellation_after_a_partial_refund_credits_the_rest(world: World, refund: bool) -> None:
    order = world.shop.place_order([("MUG", 3)], charges={"shipping": "3.50"})
    world.run()
    world.shop.refund(order, {world.line_ids(order)[0]: 1}, charges={"shipping": "1.00"})
    world.run()
    world.change(orders={"charges": {"shipping": "SHIPPING", "adjustment": "FEE"}})
    world.shop.cancel_order(order, refund=refund)
    world.run()
    assert world.totals() == [("sale", 3350), ("credit", 1100), ("credit", 2250)]
    assert world.office.on_hand("MUG") == 100


def test_a_cancelled_order_that_was_held_goes_on_to_be_rejected(world: World) -> None:
    order = world.shop.place_order([NewLine(sku="NOBODY-KNOWS", price="5.00", title="?")])
    world.run()
    assert world.holds() == [("order", "unknown SKU")]
    world.shop.cancel_order(order)
    world.run()
    assert world.holds() == [] and world.documents() == []
    assert world.decisions()[order] == ("rejected", "cancelled before booking")


def test_payments_are_booked_as_they_come(world: World) -> None:
    world.change(orders={"financial_statuses": ["partially_paid", "paid"]})
    order = world.shop.place_order([("MUG", 3)], financial_status="pending")
    world.shop.pay(order, "10.00")
    world.run()
    assert world.totals(payments=True) == [("sale", 3000), ("payment", 1000)]
    world.shop.pay(order)
    world.run()
    assert world.totals(payments=True) == [("sale", 3000), ("payment", 1000), ("payment", 2000)]


def test_a_return_that_names_no_order_is_a_credit_without_an_original(world: World) -> None:
    world.shop.place_order([("MUG", -2)], kind="return", financial_status="refunded")
    world.run()
    [credit] = world.documents()
    assert (credit.kind, credit.event, credit.total, credit.original) == ("credit", "return", 2000, None)
    assert world.office.on_hand("MUG") == 102


def test_an_order_edited_after_booking_is_held_with_both_versions_and_its_units_count(world: World) -> None:
    order = world.shop.place_order([("MUG", 2)])
    world.run()
    world.shop.edit_order(order, {world.line_ids(order)[0]: 5})
    world.run()
    assert world.totals() == [("sale", 2000)]
    assert world.holds() == [("order", "edited after booking")]
    assert "#1001" in world.messages()[0] and "2000" in world.messages()[0] and "5000" in world.messages()[0]
    assert world.rows("SELECT count(*), count(raw) FROM order_version") == [(2, 2)]
    assert (world.office.on_hand("MUG"), world.shop.level("MUG")) == (98, 95)  # three more are sold than are booked
    assert world.run().new_holds == 0
    world.shop.edit_order(order, {world.line_ids(order)[0]: 2})
    world.run()
    assert world.holds() == [] and world.totals() == [("sale", 2000)]


# --- what cannot be booked -----------------------------------------------------------------------------------------


def test_an_unknown_sku_is_held_and_booked_once_the_back_office_has_it(world: World) -> None:
    world.shop.add_listing("NEW", "New", "5.00", 10)
    world.shop.place_order([("NEW", 1)])
    good = world.shop.place_order([("MUG", 1)])
    report = world.run()
    assert world.holds() == [("order", "unknown SKU")] and "'NEW'" in world.messages()[0]
    assert world.totals() == world.totals(good) == [("sale", 1000)] and report.exit_code == 1
    assert world.run().exit_code == 0
    world.office.add_item("NEW", "New", "5.00", 10)
    world.run()
    assert world.holds() == [] and world.totals() == [("sale", 1000), ("sale", 500)]


def test_an_unknown_sku_is_booked_on_the_placeholder_where_so_set(world: World) -> None:
    world.change(orders={"unknown_sku": "placeholder"})
    world.office.add_item("WEB-ITEM", units=None)
    world.shop.place_order(
        [NewLine(sku="NEW", price="5.00", title="New"), NewLine(sku=None, price="2.00", title="New"), ("MUG", 1)]
    )
    world.run()
    assert [line.sku for line in world.documents()[0].lines] == ["WEB-ITEM", "WEB-ITEM", "MUG"]
    assert world.totals() == [("sale", 1700)]


def test_a_placeholder_that_the_back_office_lacks_is_a_hold(world: World) -> None:
    world.change(orders={"unknown_sku": "placeholder"})
    world.shop.place_order([NewLine(sku="NEW", price="5.00", title="New")])
    world.run()
    assert world.documents() == [] and world.holds() == [("order", "unknown_sku")]
    assert "WEB-ITEM" in world.messages()[0]


def test_an_unknown_sku_is_created_once_where_so_set(world: World) -> None:
    world.change(orders={"unknown_sku": "create"})
    for _ in range(2):
        world.shop.place_order([NewLine(sku="NEW", quantity=2, price="5.00", title="New")])
    world.run()
    assert world.totals() == [("sale", 1000)] * 2
    assert world.office.on_hand("NEW") == -4
    assert world.rows("SELECT key, state FROM journal WHERE operation = 'variant.create'") == [("NEW", "done")]


def test_a_charge_that_the_settings_do_not_map_is_held_till_they_do(world: World) -> None:
    world.shop.place_order([("MUG", 1)], charges={"engraving": "4.00"})
    world.run()
    assert world.holds() == [("order", "unmapped charge")] and "'engraving'" in world.messages()[0]
    world.change(orders={"charges": {"engraving": "ENGRAVING"}})
    world.run()
    assert world.holds() == [] and world.totals() == [("sale", 1400)]


def test_an_order_in_another_currency_than_the_books_is_held(world: World) -> None:
    world.shop.place_order([("MUG", 1)], currency="USD")
    world.shop.place_order([("MUG", 2)])
    world.run()
    assert world.holds() == [("order", "foreign currency")]
    assert world.totals() == [("sale", 2000)]


def test_a_closed_period_is_held_not_sent_each_cycle_and_tried_again_when_asked(world: World) -> None:
    world.office.close_period(date(2026, 1, 31))
    world.shop.place_order([("MUG", 1)], placed_at=OLD)
    assert world.run().exit_code == 1
    assert world.holds() == [("order", "closed_period")] and world.calls("push_documents") == 1
    for _ in range(2):
        assert world.run().exit_code == 0
        assert world.calls("push_documents") == world.calls("find_documents") == 0
    world.office.close_period(None)
    world.run()
    assert world.documents() == []
    with world.hub() as hub:
        assert hub.holds.retry() == 1
    world.run()
    assert world.totals() == [("sale", 1000)] and world.holds() == []


def test_a_refusal_is_tried_again_after_a_day(world: World) -> None:
    world.office.close_period(date(2026, 1, 31))
    world.shop.place_order([("MUG", 1)], placed_at=OLD)
    world.run()
    world.run("push-orders", later=DAY)
    assert world.calls("push_documents") == 1 and world.holds() == [("order", "closed_period")]
    world.office.close_period(None)
    world.run("push-orders", later=1.5 * DAY)
    assert world.calls("push_documents") == 0
    world.run("push-orders", later=2 * DAY + timedelta(minutes=1))
    assert world.totals() == [("sale", 1000)] and world.holds() == []


def test_a_refusal_is_tried_again_when_the_order_or_the_settings_change(world: World) -> None:
    world.office.close_period(date(2026, 1, 31))
    order = world.shop.place_order([("MUG", 1)], placed_at=OLD)
    world.run()
    world.change(orders={"store_number": 5})
    world.run()
    assert world.calls("push_documents") == 1
    world.run()
    assert world.calls("push_documents") == 0
    world.shop.edit_order(order, {world.line_ids(order)[0]: 2})
    world.run()
    assert world.calls("push_documents") == 1 and world.holds() == [("order", "closed_period")]


def test_a_refused_credit_leaves_its_sale_booked_and_says_so(world: World) -> None:
    order = world.shop.place_order([("MUG", 2)])
    world.run()
    world.office.deactivate_item("MUG")
    world.shop.refund(order, {world.line_ids(order)[0]: 1})
    world.run()
    assert world.totals() == [("sale", 2000)] and world.holds() == [("order", "inactive_item")]
    assert world.messages()[0].startswith("order #1001: ")


def test_a_reference_that_somebody_else_used_is_held_and_nothing_is_booked(world: World) -> None:
    order = world.shop.place_order([("MUG", 1)])
    world.run("pull-orders")
    reference = f"{world.shop.identity}/{order}/sale/order"
    world.office.connection.execute(
        "INSERT INTO document (number, reference, kind, event, order_id, order_number, dated_on, currency, total, "
        "fingerprint, tax_included, changed) VALUES ('S-9', ?, 'sale', '', '', '', '2026-01-01', 'GBP', 77, '', 0, 1)",
        [reference],
    )
    world.run()
    assert world.holds() == [("order", "reference taken")] and "77" in world.messages()[0]
    assert world.office.references() == [reference]
    assert world.run().new_holds == 0 and world.calls("push_documents") == 0


# --- exactly once --------------------------------------------------------------------------------------------------


def test_a_lost_reply_does_not_book_twice(world: World) -> None:
    world.shop.place_order([("MUG", 1)])
    world.shop.place_order([("TRAY", 1)])
    report = world.run(office=[lost_reply("push_documents")])
    assert report.exit_code == 3 and len(world.documents()) == 2
    world.run()
    assert sorted(world.totals(payments=True)) == sorted(
        [("sale", 1000), ("sale", 400), ("payment", 1000), ("payment", 400)]
    )
    assert len(set(world.office.references())) == 4
    assert world.rows("SELECT count(*) FROM document WHERE state = 'booked'") == [(4,)]


def test_a_failure_before_the_work_books_once_too(world: World) -> None:
    world.shop.place_order([("MUG", 1)])
    world.run(office=[FailBefore(on("push_documents"), Unreachable("down"))])
    assert world.documents() == []
    world.run()
    assert world.totals(payments=True) == [("sale", 1000), ("payment", 1000)]


def test_while_it_may_still_be_settling_a_lost_write_waits_and_is_then_adopted(world: World) -> None:
    world.change(safety={"settle": "60s"})
    order = world.shop.place_order([("MUG", 1)])
    world.run(office=[lost_reply("push_documents")])
    world.run()
    assert world.calls("find_documents") == world.calls("push_documents") == 0
    assert world.decisions()[order] == ("book", "") and world.holds() == []
    world.run(later=timedelta(seconds=90))
    assert world.calls("push_documents") == 1  # the payment; the sale was found
    assert world.totals(payments=True) == [("sale", 1000), ("payment", 1000)]
    assert state_of(world, world.documents()[0].reference) == ["superseded", "found"]


def test_every_write_has_one_journal_row_before_it_and_one_outcome_after(world: World) -> None:
    world.shop.place_order([("MUG", 1)])
    world.run()
    rows = world.rows("SELECT key, state FROM journal WHERE operation = 'document.create' ORDER BY id")
    assert rows == [(reference, "done") for reference in world.office.references()]


class Picky(SandboxBooks):
    """Refuses a batch as a whole if it does not like one of its documents."""

    disliked = "#1003"
    sizes: list[int] = []

    def push_documents(self, documents: Sequence[Document]) -> list[DocumentOutcome]:
        self.sizes.append(len(documents))
        if any(document.number == self.disliked for document in documents):
            raise BatchRefused("the batch has a bad document")
        return super().push_documents(documents)


def test_a_batch_that_is_refused_as_a_whole_is_halved_till_the_bad_one_is_alone(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    books(monkeypatch, Picky)
    Picky.sizes.clear()
    for units in range(1, 8):
        world.shop.place_order([("MUG", units)])
    world.run()
    assert world.totals() == [("sale", units * 1000) for units in (1, 2, 4, 5, 6, 7)]
    assert world.holds() == [("order", "refused")] and "#1003" in world.messages()[0]
    assert Picky.sizes == [7, 3, 1, 2, 1, 1, 4, 6]  # the last are the payments
    Picky.sizes.clear()
    world.run()
    assert Picky.sizes == []


class Mute(SandboxBooks):
    """Cannot look anything up; the reply to its first document cannot be read."""

    unreadable: set[str] = set()

    def find_documents(self, references: Sequence[str]) -> list[LookUp]:
        return [CannotTell(reference=reference, reason="a file exchange") for reference in references]

    def push_documents(self, documents: Sequence[Document]) -> list[DocumentOutcome]:
        outcomes = super().push_documents(documents)
        return [Unclear(key=one.key) if one.key in self.unreadable else one for one in outcomes]


def test_where_nothing_can_be_looked_up_new_orders_are_sent_and_unclear_ones_are_held(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    books(monkeypatch, Mute)
    monkeypatch.setattr(Mute, "unreadable", {f"{world.shop.identity}/1001/sale/order"})
    lost, _ = world.shop.place_order([("MUG", 1)]), world.shop.place_order([("TRAY", 1)])
    world.run()
    assert world.totals() == [("sale", 1000), ("sale", 400)] and world.holds() == []
    world.run()
    assert world.holds() == [("order", "cannot tell")] and f"#{lost}" in world.messages()[0]
    world.run()
    assert world.totals() == [("sale", 1000), ("sale", 400)]


# --- answers that come later ---------------------------------------------------------------------------------------


@pytest.fixture
def slow(tmp_path: Path) -> World:
    """A back office that books only when it next looks at its queue."""
    return World(tmp_path, back_office={"answers": "later"})


def document_states(world: World) -> list[tuple[str, str]]:
    return world.rows("SELECT kind, state FROM document ORDER BY id")


def test_a_queued_document_is_booked_at_a_later_run_and_what_hangs_on_it_after_that(slow: World) -> None:
    order = slow.shop.place_order([("MUG", 2)])
    slow.run()
    assert slow.documents() == [] and document_states(slow) == [("sale", "queued")]
    slow.run()
    assert slow.totals(payments=True) == [("sale", 2000)]
    assert document_states(slow) == [("sale", "booked"), ("payment", "queued")]
    slow.shop.refund(order, {slow.line_ids(order)[0]: 1})
    slow.run()
    slow.run()
    assert sorted(slow.totals(payments=True)) == [("credit", 1000), ("payment", 2000), ("sale", 2000)]
    assert {state for _, state in document_states(slow)} == {"booked"} and slow.holds() == []


def test_a_queued_document_is_never_queued_twice_though_its_reply_was_lost(slow: World) -> None:
    slow.shop.place_order([("MUG", 2)])
    slow.run(office=[lost_reply("push_documents")])
    for _ in range(3):
        slow.run()
    assert sorted(slow.totals(payments=True)) == [("payment", 2000), ("sale", 2000)]


def test_a_queued_document_that_is_refused_later_is_held_and_not_sent_each_cycle(slow: World) -> None:
    slow.shop.place_order([("MUG", 1)], placed_at=OLD)
    slow.run()
    slow.office.close_period(date(2026, 1, 31))
    assert slow.run().exit_code == 1
    assert slow.documents() == [] and slow.holds() == [("order", "closed_period")]
    assert slow.run().exit_code == 0 and slow.calls("push_documents") == 0
    slow.office.close_period(None)
    with slow.hub() as hub:
        hub.holds.retry()
    slow.run()
    slow.run()
    assert slow.totals() == [("sale", 1000)] and slow.holds() == []


def test_an_order_cancelled_while_its_sale_is_queued_is_credited_once_that_is_booked(slow: World) -> None:
    order = slow.shop.place_order([("MUG", 1)])
    slow.run()
    slow.shop.cancel_order(order)
    for _ in range(3):
        slow.run()
    assert slow.totals() == [("sale", 1000), ("credit", 1000)]


class Silent(SandboxBooks):
    """Takes documents, is asked about two at a time, and never says what became of them."""

    asked: list[int] = []

    def __init__(self, name: str, settings: SandboxBooksSettings) -> None:
        super().__init__(name, settings)
        self.abilities = replace(self.abilities, look_up_batch=2)

    def fetch_outcomes(self, references: Sequence[str]) -> list[DocumentOutcome]:
        self.asked.append(len(references))
        return [Queued(key=reference) for reference in references]


def test_a_document_counts_as_booked_by_assumption_only_where_so_set_and_only_after_that_time(
    slow: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    books(monkeypatch, Silent)
    slow.shop.place_order([("MUG", 1)])
    slow.run()
    slow.run(later=30 * DAY)
    assert document_states(slow) == [("sale", "queued")]
    slow.change(safety={"assume_booked_after": "2d"})
    slow.run(later=1 * DAY)
    assert document_states(slow) == [("sale", "queued")]
    slow.run(later=2 * DAY + timedelta(minutes=1))
    assert document_states(slow)[0] == ("sale", "booked")
    assert slow.rows("SELECT assumed FROM document WHERE kind = 'sale'") == [(1,)]


def test_outcomes_are_asked_for_in_batches_that_the_back_office_can_take(
    slow: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    books(monkeypatch, Silent)
    Silent.asked.clear()
    for _ in range(5):
        slow.shop.place_order([("MUG", 1)])
    slow.run()
    slow.run()
    assert Silent.asked == [2, 2, 1]


# --- one store only ------------------------------------------------------------------------------------------------


def test_only_the_chosen_stores_orders_are_booked(tmp_path: Path) -> None:
    world = World(tmp_path, stores=("one", "two"))
    for shop in world.shops.values():
        shop.place_order([("MUG", 1)])
    world.run("pull-orders")
    world.run("push-orders", stores=["two"])
    assert [one.reference.split("/")[0] for one in world.documents()] == [world.shops["two"].identity] * 2
    world.run("push-orders")
    assert world.totals() == [("sale", 1000)] * 2

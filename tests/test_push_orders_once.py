"""Exactly once: lost replies, batches refused as a whole, and back offices that answer later or never."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import syncctl.connectors
from syncctl.connectors.sandbox.books import SandboxBooks
from syncctl.errors import BatchRefused, Unreachable
from syncctl.model import CannotTell, Document, DocumentKind, DocumentOutcome, LookUp, Queued, Unclear
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

    def find_documents(self, references: Sequence[str], kind: DocumentKind | None = None) -> list[LookUp]:
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

    def __init__(self, name: str, settings: SandboxBooksSettings, *rest: Any) -> None:
        super().__init__(name, settings, *rest)
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

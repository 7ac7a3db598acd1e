"""Readings: when the reported stock moves, and that no change is missed by pages, cursors and interruptions."""

from dataclasses import replace
from typing import Any

import pytest

from syncctl.connectors.base import BackOffice, Page
from syncctl.model import CANCEL, Booked, Component, DocumentKind, Price, Refused, Shipment, Variant, Written
from tests.conformance.back_office_kit import BackOfficeSuite, Runs, document, line, merged
from tests.fakes.faulty import Between, Faulty, on

SOURCES = ["fetch_stock", "fetch_variants"]
SKUS = {"CUP", "cup", "BOWL", "DISH", "FORK", "JUG", "POT"}


def key_of(record: Any) -> Any:
    return (record.sku, getattr(record, "location", ""))


def read(books: BackOffice, source: str, cursor: str | None) -> list[Page[Any]]:
    return list(getattr(books, source)(cursor))


def levels_of(runs: Runs, sku: str) -> dict[str, int]:
    """Units available by location."""
    levels = [level for page in read(runs.books, "fetch_stock", None) for level in page.records]
    return {level.location: level.available for level in levels if level.sku == sku}


def credit(reference: str, sku_line: Any, original: str | None) -> Any:
    return document(reference, sku_line, kind=DocumentKind.CREDIT, original=original)


class Readings(BackOfficeSuite):
    # --- when stock moves ---

    def test_stock_falls_at_the_moment_that_the_connector_names(self, runs: Runs) -> None:
        self.sale(runs, "order-1", line("1", "CUP", 2), line("2", "CUP", 1))
        at_once = runs.books.abilities.stock_falls_on == "order"
        assert runs.available("CUP") == (7 if at_once else 10)
        assert runs.available("cup") == 10
        self.relieve(runs, "order-1")
        assert runs.available("CUP") == 7

    def test_stock_can_fall_below_zero(self, runs: Runs) -> None:
        self.sale(runs, "order-1", line("1", "CUP", 12))
        self.relieve(runs, "order-1")
        assert runs.available("CUP") == -2

    def test_a_restocking_credit_after_relief_raises_the_number(self, runs: Runs) -> None:
        self.kind(runs, DocumentKind.CREDIT)
        self.sale(runs, "order-1", line("1", "CUP", 3))
        self.relieve(runs, "order-1")
        [outcome] = runs.book(credit("credit-1", line("1", "CUP", 2), "order-1"))
        assert isinstance(outcome, Booked)
        assert runs.available("CUP") == 9

    def test_a_restocking_credit_before_relief_raises_nothing_that_had_not_fallen(self, runs: Runs) -> None:
        self.kind(runs, DocumentKind.CREDIT)
        self.sale(runs, "order-1", line("1", "CUP", 3))
        runs.book(credit("credit-1", line("1", "CUP", 2), "order-1"))
        at_once = runs.books.abilities.stock_falls_on == "order"
        assert runs.available("CUP") == (9 if at_once else 10)
        self.relieve(runs, "order-1")
        assert runs.available("CUP") == 9

    def test_a_restocking_credit_takes_first_what_has_not_left(self, runs: Runs) -> None:
        self.kind(runs, DocumentKind.CREDIT)
        self.sale(runs, "order-1", line("1", "CUP", 4))
        runs.vendor.ship("order-1", {"1": 3})
        runs.book(credit("credit-1", line("1", "CUP", 3), "order-1"))
        assert runs.available("CUP") == 9

    @pytest.mark.parametrize("left", [0, 3, 4])
    def test_a_cancellation_puts_back_only_what_has_not_left(self, runs: Runs, left: int) -> None:
        """Nobody says that the rest was sent back: on sale it would be sold twice."""
        self.kind(runs, DocumentKind.CREDIT)
        self.sale(runs, "order-1", line("1", "CUP", 4))
        if left:
            runs.vendor.ship("order-1", {"1": left})
        [outcome] = runs.book(replace(credit("credit-1", line("1", "CUP", 4), "order-1"), event=CANCEL))
        assert isinstance(outcome, Booked), outcome
        assert runs.available("CUP") == 10 - left

    def test_a_credit_without_restock_moves_nothing(self, runs: Runs) -> None:
        self.kind(runs, DocumentKind.CREDIT)
        self.sale(runs, "order-1", line("1", "CUP", 3))
        self.relieve(runs, "order-1")
        runs.book(credit("credit-1", line("1", "CUP", 2, restock=False), "order-1"))
        assert runs.available("CUP") == 7

    def test_a_credit_that_names_no_sale_always_raises_the_number(self, runs: Runs) -> None:
        self.kind(runs, DocumentKind.CREDIT)
        [outcome] = runs.book(credit("credit-1", line("1", "CUP", 2), None))
        assert isinstance(outcome, Booked)
        assert runs.available("CUP") == 12

    def test_what_has_no_stock_is_in_no_stock_reading(self, runs: Runs) -> None:
        self.sale(runs, "order-1", line("1", "ENGRAVING", 1))
        skus = {level.sku for page in runs.books.fetch_stock(None) for level in page.records}
        assert skus == SKUS

    @pytest.mark.parametrize(("shelf", "units"), [("2.5", 2), ("2.50", 2), ("3.0", 3), ("-0.5", -1)])
    def test_a_level_in_fractions_is_floored(self, runs: Runs, shelf: str, units: int) -> None:
        runs.vendor.set_stock("CUP", shelf)
        [level] = [one for page in runs.books.fetch_stock(None) for one in page.records if one.sku == "CUP"]
        assert level.available == units and level.on_hand in (None, units)

    # --- locations ---

    def test_units_leave_from_the_location_that_a_document_names_and_come_back_there(self, runs: Runs) -> None:
        if not runs.books.abilities.locations:
            pytest.skip("it keeps no stock by location")
        runs.vendor.receive("CUP", 6, location="annex")
        [elsewhere] = set(levels_of(runs, "CUP")) - {"annex"}
        runs.book(document("order-1", line("1", "CUP", 4), location="annex"))
        at_once = runs.books.abilities.stock_falls_on == "order"
        assert levels_of(runs, "CUP") == {elsewhere: 10, "annex": 2 if at_once else 6}
        self.relieve(runs, "order-1")
        assert levels_of(runs, "CUP") == {elsewhere: 10, "annex": 2}
        self.kind(runs, DocumentKind.CREDIT)
        back = document("credit-1", line("1", "CUP", 3), kind=DocumentKind.CREDIT, original="order-1", location="annex")
        runs.book(back)
        assert levels_of(runs, "CUP") == {elsewhere: 10, "annex": 5}

    # --- kits ---

    def test_a_kit_takes_and_gives_back_the_stock_of_its_components(self, runs: Runs) -> None:
        runs.vendor.make_kit("ENGRAVING", {"CUP": 2, "JUG": 1})
        self.sale(runs, "order-1", line("1", "ENGRAVING", 3), line("2", "CUP", 1))
        at_once = runs.books.abilities.stock_falls_on == "order"
        assert (runs.available("CUP"), runs.available("JUG")) == ((3, 7) if at_once else (10, 10))
        runs.vendor.ship("order-1", {"1": 2})
        assert (runs.available("CUP"), runs.available("JUG")) == ((3, 7) if at_once else (6, 8))
        self.kind(runs, DocumentKind.CREDIT)
        runs.book(credit("credit-1", line("1", "ENGRAVING", 2), "order-1"))  # one has not left, one comes back
        assert (runs.available("CUP"), runs.available("JUG")) == ((7, 9) if at_once else (8, 9))
        runs.vendor.ship("order-1")
        assert (runs.available("CUP"), runs.available("JUG")) == (7, 9)

    def test_a_kit_sold_at_the_counter_takes_its_components(self, runs: Runs) -> None:
        runs.vendor.make_kit("ENGRAVING", {"CUP": 2})
        runs.vendor.sell("ENGRAVING", 2)
        assert runs.available("CUP") == 6

    def test_a_kit_is_told_with_its_components_and_again_when_they_change(self, runs: Runs) -> None:
        runs.vendor.make_kit("POT", {"CUP": 2, "JUG": 1})
        first = read(runs.books, "fetch_variants", None)
        known = merged(first, {}, key_of)
        assert known[("POT", "")].components == (Component(sku="CUP", quantity=2), Component(sku="JUG", quantity=1))
        assert known[("CUP", "")].components == ()
        assert [one.components for one in runs.books.find_variants(["POT"])] == [known[("POT", "")].components]
        for parts in ({"FORK": 12}, {}):
            runs.vendor.make_kit("POT", parts)
            known = merged(read(runs.again(), "fetch_variants", first[-1].cursor), known, key_of)
            assert {part.sku: part.quantity for part in known[("POT", "")].components} == parts

    # --- pages and cursors ---

    @pytest.mark.parametrize("source", SOURCES)
    def test_a_first_reading_is_full_and_comes_in_pages(self, runs: Runs, source: str) -> None:
        pages = read(runs.books, source, None)
        assert len(pages) > 1
        assert all(page.full for page in pages)
        assert {record.sku for page in pages for record in page.records} >= SKUS

    @pytest.mark.parametrize("source", SOURCES)
    def test_a_reading_with_nothing_new_still_ends_in_a_cursor(self, runs: Runs, source: str) -> None:
        first = read(runs.books, source, None)
        known = merged(first, {}, key_of)
        second = read(runs.again(), source, first[-1].cursor)
        assert second
        assert merged(second, known, key_of) == known

    def test_changes_are_in_the_next_reading(self, runs: Runs) -> None:
        first = read(runs.books, "fetch_stock", None)
        runs.vendor.sell("FORK", 4)
        runs.vendor.receive("cup", 5)
        runs.vendor.add_item("LID", "The lid", "1.00", 3)
        second = read(runs.again(), "fetch_stock", first[-1].cursor)
        known = merged(second, merged(first, {}, key_of), key_of)
        levels = {sku: level.available for (sku, _), level in known.items()}
        assert levels == {**dict.fromkeys(SKUS, 10), "FORK": 6, "cup": 15, "LID": 3}

    @pytest.mark.parametrize("source", SOURCES)
    @pytest.mark.parametrize("first_reading", [True, False])
    def test_the_cursor_of_any_page_resumes_after_it(self, runs: Runs, source: str, first_reading: bool) -> None:
        start = None
        if not first_reading:
            start = read(runs.books, source, None)[-1].cursor
            self.change_everything(runs)
        whole = read(runs.books, source, start)
        for stop in range(len(whole)):
            rest = read(runs.again(), source, whole[stop].cursor) if stop < len(whole) - 1 else []
            seen = [record for page in [*whole[: stop + 1], *rest] for record in page.records]
            assert {key_of(record): record for record in seen} == {key_of(r): r for page in whole for r in page.records}

    @pytest.mark.parametrize("sku", ["BOWL", "FORK", "cup"])
    @pytest.mark.parametrize("page", [2, 3])
    @pytest.mark.parametrize("first_reading", [True, False])
    def test_a_sale_while_the_pages_are_read_is_seen_now_or_next(
        self, runs: Runs, sku: str, page: int, first_reading: bool
    ) -> None:
        known: dict[Any, Any] = {}
        start = None
        if not first_reading:
            before = read(runs.books, "fetch_stock", None)
            known, start = merged(before, {}, key_of), before[-1].cursor
            self.change_everything(runs)
        faulty: Any = Faulty(runs.books, [Between(on("fetch_stock", page), lambda: runs.vendor.sell(sku, 1))])
        for _ in range(2):
            pages = read(faulty, "fetch_stock", start)
            known, start = merged(pages, known, key_of), pages[-1].cursor
        assert known == merged(read(runs.again(), "fetch_stock", None), {}, key_of)
        assert runs.available(sku) == (9 if first_reading else 10)

    def test_an_abandoned_reading_blocks_nobody(self, runs: Runs) -> None:
        pages = runs.books.fetch_stock(None)
        next(iter(pages))
        runs.vendor.sell("CUP", 1)
        assert runs.available("CUP") == 9

    def test_a_booking_is_in_every_reading_whose_count_has_reached_its_own(self, runs: Runs) -> None:
        before = read(runs.books, "fetch_stock", None)[-1].sequence
        if before is None:
            pytest.skip("its readings carry no count")
        [outcome] = runs.book(document("order-1", line("1", "CUP", 2)))
        assert isinstance(outcome, Booked)
        after = read(runs.books, "fetch_stock", None)[-1].sequence
        assert outcome.sequence is not None and after is not None
        assert before < outcome.sequence <= after

    # --- variants and prices ---

    def test_variants_come_with_title_price_and_whether_stock_is_kept(self, runs: Runs) -> None:
        known = {one.sku: one for page in runs.books.fetch_variants(None) for one in page.records}
        assert known["CUP"].title == "The CUP"
        assert [(price.amount, price.currency) for price in known["CUP"].prices if not price.price_list] == [
            ("2.50", "GBP")
        ]
        assert known["CUP"].tracked
        assert not known["ENGRAVING"].tracked
        assert known["CUP"].remote_id != known["cup"].remote_id

    def test_the_type_of_a_product_is_told_and_a_new_one_is_in_the_next_reading(self, runs: Runs) -> None:
        runs.vendor.set_type("JUG", "glass")
        first = read(runs.books, "fetch_variants", None)
        known = merged(first, {}, key_of)
        assert (known[("JUG", "")].product_type, known[("POT", "")].product_type) == ("glass", "")
        runs.vendor.set_type("JUG", "Glass")
        known = merged(read(runs.again(), "fetch_variants", first[-1].cursor), known, key_of)
        assert known[("JUG", "")].product_type == "Glass"

    def test_a_new_price_is_in_the_next_reading(self, runs: Runs) -> None:
        first = read(runs.books, "fetch_variants", None)
        runs.vendor.set_price("JUG", "3.75")
        known = merged(read(runs.again(), "fetch_variants", first[-1].cursor), merged(first, {}, key_of), key_of)
        assert [price.amount for price in known[("JUG", "")].prices] == ["3.75"]
        assert [price.amount for price in known[("POT", "")].prices] == ["2.50"]

    def test_skus_are_found_exactly_and_the_unknown_are_absent(self, runs: Runs) -> None:
        asked = ["CUP", "Cup", "CU", "CUP ", "no such item", "ENGRAVING", ""]
        assert {one.sku for one in runs.books.find_variants(asked)} == {"CUP", "ENGRAVING"}
        assert runs.books.find_variants([]) == []

    def test_what_is_no_longer_sold_is_not_found_and_refused(self, runs: Runs) -> None:
        runs.vendor.deactivate_item("POT")
        assert runs.books.find_variants(["POT"]) == []
        known = {one.sku: one for page in runs.books.fetch_variants(None) for one in page.records}
        assert "POT" not in known or not known["POT"].active
        [outcome] = runs.book(document("order-1", line("1", "POT")))
        assert isinstance(outcome, Refused)

    def test_items_are_made_once_and_can_be_sold(self, runs: Runs) -> None:
        if not runs.books.abilities.creates_variants:
            pytest.skip("it makes no items")
        made = Variant(sku="NEW", title="Brand new", prices=(Price(amount="7.25", currency="GBP"),))
        for _ in range(2):
            [outcome] = runs.books.create_variants([made])
            assert isinstance(outcome, Written)
            assert outcome.key == "NEW"
        [found] = runs.books.find_variants(["NEW"])
        assert (found.title, [price.amount for price in found.prices]) == ("Brand new", ["7.25"])
        self.sale(runs, "order-1", line("1", "NEW"))

    # --- shipments ---

    def test_shipments_come_per_line_with_tracking(self, runs: Runs) -> None:
        self.sale(runs, "order-1", line("a", "CUP", 3), line("b", "BOWL", 1))
        start = self.shipments(runs, None)[1]
        runs.vendor.ship("order-1", {"a": 2}, tracking_number="TN 1", carrier="Royal Mail")
        runs.vendor.ship("order-1", tracking_number="TN 2")
        runs.again()
        sent, _ = self.shipments(runs, start)
        assert [(one.tracking_number, one.carrier) for one in sent.values()] == [("TN 1", "Royal Mail"), ("TN 2", "")]
        units = [{(part.line_id or part.sku): part.quantity for part in one.lines} for one in sent.values()]
        assert units in ([{"a": 2}, {"a": 1, "b": 1}], [{"CUP": 2}, {"CUP": 1, "BOWL": 1}])
        if runs.books.abilities.look_up:
            assert {one.document_id for one in sent.values()} == {runs.find("order-1").remote_id}

    def test_what_was_shipped_later_is_in_the_next_reading(self, runs: Runs) -> None:
        for number in range(5):
            self.sale(runs, f"order-{number}")
        for number in range(4):
            runs.vendor.ship(f"order-{number}")
        first, cursor = self.shipments(runs, None)
        runs.vendor.ship("order-4", tracking_number="last")
        runs.again()
        second, _ = self.shipments(runs, cursor)
        assert len(first) == 4
        new = [one for key, one in second.items() if key not in first]
        assert [one.tracking_number for one in new] == ["last"]

    def test_sales_of_others_are_no_shipments_of_ours(self, runs: Runs) -> None:
        runs.vendor.sell("CUP", 1)
        assert self.shipments(runs, None)[0] == {}

    # --- helpers ---

    def change_everything(self, runs: Runs) -> None:
        for sku in sorted(SKUS):
            runs.vendor.receive(sku, 1)
            runs.vendor.set_price(sku, "2.75")

    def shipments(self, runs: Runs, cursor: str | None) -> tuple[dict[str, Shipment], str]:
        pages = read(runs.books, "fetch_shipments", cursor)
        every = [one for page in pages for one in page.records if one.kind == "shipment" and not one.cancelled]
        shipped = {one.id: one for one in every}
        return shipped, pages[-1].cursor

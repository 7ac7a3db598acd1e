"""Documents: looked up exactly, booked or refused each by itself, and answered later where the system is like that."""

import pytest

from syncctl.errors import Unreachable
from syncctl.model import Absent, Booked, CannotTell, DocumentCharge, DocumentKind, Found, Queued, Refused
from tests.conformance.back_office_kit import BackOfficeSuite, Runs, document, line
from tests.fakes.faulty import Faulty, lost_reply


class Documents(BackOfficeSuite):
    # --- who it is ---

    def test_it_is_the_same_company_in_every_run(self, runs: Runs) -> None:
        first = runs.books.about()
        assert first.identity
        assert first.currency in (None, runs.vendor.currency)
        assert runs.again().about().identity == first.identity

    def test_closing_twice_does_no_harm(self, runs: Runs) -> None:
        runs.books.about()
        runs.books.close()
        runs.books.close()

    # --- documents ---

    def test_a_document_is_absent_before_and_found_after(self, runs: Runs) -> None:
        if not runs.books.abilities.look_up:
            assert isinstance(runs.find("order-1"), CannotTell)
            return
        assert runs.find("order-1") == Absent(reference="order-1")
        self.sale(runs, "order-1")
        found = runs.find("order-1")
        assert isinstance(found, Found)
        assert (found.reference, found.total, found.currency, found.state) == ("order-1", 500, "GBP", "booked")

    def test_what_is_found_is_what_was_booked(self, runs: Runs) -> None:
        self.looks_up(runs)
        [outcome] = runs.book(document("order-1", line("1", "CUP")))
        assert isinstance(outcome, Booked)
        assert runs.find("order-1").remote_id == outcome.remote_id

    def test_references_are_compared_exactly(self, runs: Runs) -> None:
        self.looks_up(runs)
        self.sale(runs, "Order-12")
        near = ["order-12", "ORDER-12", "Order-1", "Order-123", "rder-12", "Order-12 ", "Order_12", "Order%", ""]
        assert runs.books.find_documents(near) == [Absent(reference=reference) for reference in near]

    def test_look_ups_answer_in_the_order_asked(self, runs: Runs) -> None:
        self.looks_up(runs)
        runs.book(*(document(f"order-{number}", line("1", "CUP")) for number in (1, 2, 3)))
        asked = ["order-3", "none", "order-1", "order-3"]
        assert [answer.reference for answer in runs.books.find_documents(asked)] == asked
        assert [isinstance(answer, Found) for answer in runs.books.find_documents(asked)] == [True, False, True, True]
        assert runs.books.find_documents([]) == []

    def test_a_look_up_that_names_the_kind_gives_the_same_answers(self, runs: Runs) -> None:
        self.looks_up(runs)
        sale = self.sale(runs, "order-1")
        for kind in (DocumentKind.CREDIT, DocumentKind.PAYMENT):
            if kind in runs.books.abilities.kinds:
                name = f"order-1-{kind}"
                lines = (line("1", "CUP"),) if kind == DocumentKind.CREDIT else ()
                [outcome] = runs.book(document(name, *lines, kind=kind, original=sale.reference, total=250))
                assert isinstance(outcome, Booked), outcome
        for kind in runs.books.abilities.kinds:
            asked = ["none", "order-1" if kind == DocumentKind.SALE else f"order-1-{kind}", "none"]
            answers = runs.books.find_documents(asked, kind)
            assert [type(answer) for answer in answers] == [Absent, Found, Absent]
            assert answers == runs.books.find_documents(asked)
            assert runs.books.find_documents([], kind) == []

    def test_a_look_up_tells_the_units_of_each_line_that_was_sent_or_says_that_it_cannot(self, runs: Runs) -> None:
        """By them an order that was edited since is known, though its total may be the same."""
        self.looks_up(runs)
        self.sale(runs, "order-1", line("7", "CUP", 2), line("8", "CUP", 3), line("9", "BOWL"))
        found = runs.find("order-1")
        assert isinstance(found, Found)
        units: dict[tuple[str, str], int] = {}
        for one in found.lines or ():
            units[one.line_id, one.item] = units.get((one.line_id, one.item), 0) + one.quantity
        assert found.lines is None or units == {("7", "CUP"): 2, ("8", "CUP"): 3, ("9", "BOWL"): 1}

    def test_references_of_the_greatest_length_are_kept_whole(self, runs: Runs) -> None:
        self.looks_up(runs)
        stem = "x" * (runs.books.abilities.reference_length - 1)
        self.sale(runs, f"{stem}1")
        assert isinstance(runs.find(f"{stem}1"), Found)
        assert isinstance(runs.find(f"{stem}2"), Absent)

    def test_a_whole_batch_is_booked_in_order(self, runs: Runs) -> None:
        count = min(runs.books.abilities.document_batch, 20)
        sent = [document(f"order-{number}", line("1", "ENGRAVING", number + 1)) for number in range(count)]
        outcomes = runs.book(*sent)
        assert [outcome.key for outcome in outcomes] == [one.reference for one in sent]
        assert all(isinstance(outcome, Booked) for outcome in outcomes)
        assert runs.vendor.references() == [one.reference for one in sent]
        if runs.books.abilities.look_up:
            found = runs.books.find_documents([one.reference for one in sent])
            assert [answer.total for answer in found if isinstance(answer, Found)] == [one.total for one in sent]

    def test_refused_documents_stop_no_others_and_leave_no_trace(self, runs: Runs) -> None:
        bad_sku = document("bad-sku", line("1", "CUP", 3), line("2", "no such item"))
        bad_total = document("bad-total", line("1", "BOWL", 3), total=751)
        outcomes = runs.book(
            document("good-1", line("1", "CUP")), bad_sku, bad_total, document("good-2", line("1", "CUP"))
        )
        assert [type(outcome) for outcome in outcomes] == [Booked, Refused, Refused, Booked]
        assert [outcome.reason for outcome in outcomes if isinstance(outcome, Refused)] == [
            "unknown_sku",
            "totals_differ",
        ]
        assert runs.vendor.references() == ["good-1", "good-2"]
        if runs.books.abilities.look_up:
            assert isinstance(runs.find("bad-sku"), Absent)
        for reference in ("good-1", "good-2"):
            runs.vendor.ship(reference)
        assert (runs.available("CUP"), runs.available("BOWL")) == (8, 10)

    def test_a_refused_document_can_be_corrected_and_pushed_again(self, runs: Runs) -> None:
        [refused] = runs.book(document("order-1", line("1", "no such item")))
        assert isinstance(refused, Refused)
        self.sale(runs, "order-1")
        assert runs.vendor.references() == ["order-1"]

    @pytest.mark.parametrize("total", [1, 1999, 100_000_007, 9_007_199_254_740_993])
    def test_totals_are_kept_to_the_minor_unit(self, runs: Runs, total: int) -> None:
        self.looks_up(runs)
        self.sale(runs, "order-1", line("1", "CUP", price=total))
        assert runs.find("order-1").total == total

    def test_tax_shipping_and_discount_are_part_of_the_total(self, runs: Runs) -> None:
        charges = (
            DocumentCharge(kind="shipping", item="SHIPPING", title="Post", amount=499, tax=100),
            DocumentCharge(kind="discount", item="DISCOUNT", title="Spring", amount=-125),
        )
        [outcome] = runs.book(document("order-1", line("1", "CUP", 2, tax=101), line("2", "CUP", 1), charges=charges))
        assert isinstance(outcome, Booked)
        if runs.books.abilities.look_up:
            assert runs.find("order-1").total == 500 + 101 + 250 + 499 + 100 - 125

    def test_after_a_lost_reply_the_document_is_found(self, runs: Runs) -> None:
        self.looks_up(runs)
        faulty = Faulty(runs.books, [lost_reply("push_documents")])
        with pytest.raises(Unreachable):
            faulty.push_documents([document("order-1", line("1", "CUP"))])
        found = runs.again().find_documents(["order-1"])
        assert [type(answer) for answer in found] == [Found]

    def test_a_keyed_write_sent_twice_makes_one_document(self, runs: Runs) -> None:
        if not runs.books.abilities.keyed_writes:
            pytest.skip("it does not compare references itself")
        for _ in range(2):
            [outcome] = runs.book(document("order-1", line("1", "CUP")))
            assert isinstance(outcome, Booked)
        assert runs.vendor.references() == ["order-1"]

    def test_a_payment_belongs_to_its_sale_and_moves_no_stock(self, runs: Runs) -> None:
        self.kind(runs, DocumentKind.PAYMENT)
        self.sale(runs, "order-1")
        before = runs.available("CUP")
        pay = document("pay-1", kind=DocumentKind.PAYMENT, total=500, original="order-1", tender="web")
        [outcome] = runs.book(pay)
        assert isinstance(outcome, Booked)
        assert runs.available("CUP") == before

    @pytest.mark.parametrize("kind", [DocumentKind.CREDIT, DocumentKind.PAYMENT])
    def test_what_names_a_sale_that_is_not_there_is_refused(self, runs: Runs, kind: DocumentKind) -> None:
        self.kind(runs, kind)
        lines = (line("1", "CUP"),) if kind == DocumentKind.CREDIT else ()
        [outcome] = runs.book(document("x-1", *lines, kind=kind, total=250, original="never-booked"))
        assert isinstance(outcome, Refused)
        assert outcome.reason == "unknown_original"

    def test_a_sale_and_its_credit_can_come_in_one_batch(self, runs: Runs) -> None:
        self.kind(runs, DocumentKind.CREDIT)
        credit = document("credit-1", line("1", "CUP"), kind=DocumentKind.CREDIT, original="order-1")
        outcomes = runs.book(document("order-1", line("1", "CUP", 2)), credit)
        assert [type(outcome) for outcome in outcomes] == [Booked, Booked]

    def test_no_more_is_credited_than_was_sold(self, runs: Runs) -> None:
        self.kind(runs, DocumentKind.CREDIT)
        self.sale(runs, "order-1", line("1", "CUP", 2))
        credits = [
            document(f"credit-{quantity}", line("1", "CUP", quantity), kind=DocumentKind.CREDIT, original="order-1")
            for quantity in (1, 2)
        ]
        outcomes = runs.book(*credits)
        assert [type(outcome) for outcome in outcomes] == [Booked, Refused]

    # --- changes of what is booked ---

    def amends(self, runs: Runs) -> None:
        if "amend" not in runs.books.abilities.amend:
            pytest.skip("it amends nothing")

    def test_an_amended_sale_says_what_it_was_told_under_its_reference(self, runs: Runs) -> None:
        self.amends(runs)
        self.sale(runs, "order-1", line("1", "CUP", 2), line("2", "BOWL", 1))
        self.sale(runs, "order-2")
        changed = document("order-1", line("1", "CUP", 5, tax=30), line("3", "DISH", 2))
        for _ in range(2):  # it is absolute: again does no harm
            [outcome] = runs.amend(changed)
            assert isinstance(outcome, Booked)
            assert runs.vendor.references() == ["order-1", "order-2"]
        if runs.books.abilities.look_up:
            found = runs.find("order-1")
            assert (found.total, found.state, found.remote_id) == (changed.total, "booked", outcome.remote_id)
            assert runs.find("order-2").total == 500
        for reference in ("order-1", "order-2"):
            self.relieve(runs, reference)
        assert [runs.available(sku) for sku in ("CUP", "BOWL", "DISH")] == [3, 10, 8]

    def test_a_change_that_is_refused_leaves_everything_as_it_was(self, runs: Runs) -> None:
        self.amends(runs)
        self.sale(runs, "order-1")
        outcomes = runs.amend(
            document("order-1", line("1", "no such item")), document("never-booked", line("1", "CUP"))
        )
        assert [type(outcome) for outcome in outcomes] == [Refused, Refused]
        assert [outcome.key for outcome in outcomes] == ["order-1", "never-booked"]
        assert runs.vendor.references() == ["order-1"]
        self.relieve(runs, "order-1")
        assert runs.available("CUP") == 8

    def test_a_sale_is_not_amended_below_what_was_shipped_of_it(self, runs: Runs) -> None:
        self.amends(runs)
        self.sale(runs, "order-1", line("1", "CUP", 4))
        runs.vendor.ship("order-1", {"1": 3})
        outcomes = [runs.amend(document("order-1", line("1", "CUP", units)))[0] for units in (2, 3)]
        assert [type(outcome) for outcome in outcomes] == [Refused, Booked]
        assert runs.available("CUP") == 7

    def test_a_sale_is_not_amended_below_what_was_credited_of_it(self, runs: Runs) -> None:
        self.amends(runs)
        self.kind(runs, DocumentKind.CREDIT)
        self.sale(runs, "order-1", line("1", "CUP", 4))
        runs.book(document("credit-1", line("1", "CUP", 2), kind=DocumentKind.CREDIT, original="order-1"))
        outcomes = [runs.amend(document("order-1", line("1", "CUP", units)))[0] for units in (1, 2)]
        assert [type(outcome) for outcome in outcomes] == [Refused, Booked]

    def test_after_a_lost_reply_the_same_change_again_does_no_harm(self, runs: Runs) -> None:
        self.amends(runs)
        self.sale(runs, "order-1", line("1", "CUP", 4))
        changed = document("order-1", line("1", "CUP", 1))
        with pytest.raises(Unreachable):
            Faulty(runs.books, [lost_reply("amend_documents")]).amend_documents([changed])
        runs.again()
        [outcome] = runs.amend(changed)
        assert isinstance(outcome, Booked)
        self.relieve(runs, "order-1")
        assert runs.available("CUP") == 9

    def test_a_change_that_waits_is_not_in_force_and_gives_way_to_a_later_one(self, runs: Runs) -> None:
        self.amends(runs)
        if not runs.books.abilities.answers_later:
            pytest.skip("it answers at once")
        self.sale(runs, "order-1", line("1", "CUP", 4))
        for units in (7, 1):
            sent = runs.books.amend_documents([document("order-1", line("1", "CUP", units))])
            assert sent == [Queued(key="order-1")]
            assert [type(one) for one in runs.books.fetch_outcomes(["order-1"])] == [Queued]
            if runs.books.abilities.look_up:
                assert (runs.find("order-1").state, runs.find("order-1").total) == ("queued", 1000)
        assert [type(one) for one in runs.again().fetch_outcomes(["order-1"])] == [Booked]
        self.relieve(runs, "order-1")
        assert runs.available("CUP") == 9

    def test_what_amends_nothing_says_so(self, runs: Runs) -> None:
        if "amend" in runs.books.abilities.amend:
            pytest.skip("it amends")
        self.sale(runs, "order-1")
        [outcome] = runs.books.amend_documents([document("order-1", line("1", "CUP", 5))])
        assert isinstance(outcome, Refused)

    def voids(self, runs: Runs) -> None:
        if "void" not in runs.books.abilities.amend:
            pytest.skip("it makes nothing void")

    def test_a_void_sale_has_moved_no_stock_and_says_that_it_is_void(self, runs: Runs) -> None:
        self.voids(runs)
        self.sale(runs, "order-1", line("1", "CUP", 4))
        self.sale(runs, "order-2", line("1", "CUP", 1))
        for _ in range(2):  # again does no harm
            [outcome] = runs.void("order-1")
            assert isinstance(outcome, Booked)
        self.relieve(runs, "order-2")
        assert runs.available("CUP") == 9
        if runs.books.abilities.look_up:
            assert (runs.find("order-1").state, runs.find("order-2").state) == ("void", "booked")

    def test_a_sale_on_which_something_hangs_is_not_made_void(self, runs: Runs) -> None:
        self.voids(runs)
        self.sale(runs, "shipped", line("1", "CUP", 2))
        runs.vendor.ship("shipped", {"1": 1})
        refused = ["shipped", "never-booked"]
        for kind in sorted(runs.books.abilities.kinds - {DocumentKind.SALE}):
            self.sale(runs, f"with-{kind}", line("1", "BOWL", 1))
            lines = (line("1", "BOWL"),) if kind == DocumentKind.CREDIT else ()
            runs.book(document(f"{kind}-1", *lines, kind=kind, original=f"with-{kind}", total=250))
            refused.append(f"with-{kind}")
        outcomes = runs.void(*refused)
        assert [type(outcome) for outcome in outcomes] == [Refused] * len(refused)
        assert [outcome.key for outcome in outcomes] == refused

    def test_nothing_hangs_on_a_void_sale_any_more(self, runs: Runs) -> None:
        self.voids(runs)
        self.kind(runs, DocumentKind.CREDIT)
        self.sale(runs, "order-1", line("1", "CUP", 4))
        runs.void("order-1")
        [outcome] = runs.book(document("credit-1", line("1", "CUP"), kind=DocumentKind.CREDIT, original="order-1"))
        assert isinstance(outcome, Refused)

    def test_what_makes_nothing_void_says_so(self, runs: Runs) -> None:
        if "void" in runs.books.abilities.amend:
            pytest.skip("it makes sales void")
        self.sale(runs, "order-1")
        assert isinstance(runs.books.void_documents(["order-1"])[0], Refused)

    # --- queues ---

    def test_an_answer_that_comes_later_comes(self, runs: Runs) -> None:
        if not runs.books.abilities.answers_later:
            pytest.skip("it answers at once")
        sent = [document("order-1", line("1", "CUP")), document("order-2", line("1", "no such item"))]
        references = [one.reference for one in sent]
        assert runs.books.push_documents(sent) == [Queued(key=reference) for reference in references]
        assert runs.vendor.references() == []
        assert [type(outcome) for outcome in runs.books.fetch_outcomes(references)] == [Queued, Queued]
        if runs.books.abilities.look_up:
            assert [answer.state for answer in runs.books.find_documents(references) if isinstance(answer, Found)] == [
                "queued",
                "queued",
            ]
        assert [type(outcome) for outcome in runs.again().fetch_outcomes(references)] == [Booked, Refused]
        assert runs.vendor.references() == ["order-1"]

    def test_what_waits_already_is_not_queued_twice(self, runs: Runs) -> None:
        if not runs.books.abilities.answers_later:
            pytest.skip("it answers at once")
        for _ in range(2):
            assert runs.books.push_documents([document("order-1", line("1", "CUP"))]) == [Queued(key="order-1")]
        runs.again().fetch_outcomes(["order-1"])
        assert runs.vendor.references() == ["order-1"]

"""Bugs in what is booked of an order: money adds up (I6), and credits fit their sale."""

from tests.planted.bug import Bug

BUGS = (
    Bug(
        name="cancelled-and-on-sale-again",
        why="an order is cancelled after its goods left: they are put on sale though nobody has them",
        old="back = line.quantity - stays if document.returned else 0",
        new="back = line.quantity - stays",
        tests=(
            "tests/test_regressions_stock_again.py::"
            "test_a_cancelled_order_puts_back_what_has_not_left_and_its_refund_what_came_back",
        ),
    ),
    Bug(
        name="refund-always-restocks",
        why="broken goods that were refunded are put back on sale",
        old="restock=back.restock,",
        new="restock=True,",
        tests=("tests/test_push_orders.py::test_a_refund_without_restock_gives_money_back_and_no_unit",),
    ),
    Bug(
        name="credit-without-its-original",
        why="the back office cannot tell which sale was taken back",
        old="customer_id=sale.customer_id,\n        original=sale.reference,\n    )",
        new="customer_id=sale.customer_id,\n        original=None,\n    )",
        tests=("tests/test_push_orders.py::test_several_refunds_are_as_many_credits_of_the_same_sale",),
    ),
    Bug(
        name="orders-total-instead-of-the-lines",
        why="without import_taxes a document says more than its lines",
        old="total=sum_of(lines, charges),\n        fingerprint",
        new="total=order.total,\n        fingerprint",
        tests=("tests/test_push_orders.py::test_without_import_taxes_the_total_less_tax_is_booked_and_paid",),
    ),
    Bug(
        name="edited-order-not-noticed",
        why="an order that was edited after booking stays in the books as it was, and nobody is told",
        old="        change = plan_change(order, wanted, recorded, sale, self._ways(stored.id))",
        new="        change = None",
        tests=(
            "tests/test_push_orders.py::"
            "test_an_order_edited_after_booking_is_held_with_both_versions_where_so_set_and_its_units_count",
        ),
    ),
    Bug(
        name="totals-not-checked",
        why="an order whose lines do not make its total is booked",
        old="if parts + tax != order.total:",
        new="if False:",
        tests=("tests/test_rules_decisions.py::test_an_order_is_booked_exactly_if_its_money_adds_up",),
    ),
    Bug(
        name="foreign-currency-booked",
        why="an order of 100 dollars is booked as 100 pounds",
        old="if self.currency is not None and order.currency != self.currency:",
        new="if self.currency is None and order.currency:",
        tests=("tests/test_push_orders_held.py::test_an_order_in_another_currency_than_the_books_is_held",),
    ),
    Bug(
        name="same-sku-on-two-lines-is-one",
        why="of two lines with one SKU the second is lost, or both are booked twice",
        old="lines=tuple(_line(line, terms, 1) for line in order.lines),",
        new="lines=tuple(_line(line, terms, 1) for line in {line.sku: line for line in order.lines}.values()),",
        tests=("tests/test_push_orders.py::test_the_same_sku_on_two_lines_is_booked_as_two_lines",),
    ),
    Bug(
        name="other-clocks-day",
        why="an order of New Year's Eve is booked in the new year: UTC instead of the shop's own day",
        old="dated_on=local_day(at, terms.time_zone),",
        new="dated_on=at.date(),",
        tests=("tests/test_push_orders.py::test_an_order_is_dated_by_the_shops_own_day",),
    ),
    Bug(
        name="amended-whatever-stands-there",
        why="a sale that the bookkeeper changed by hand is overwritten",
        old="if known and answer.total not in (change.booked.recorded.total, change.new.total):",
        new="if known and answer.total is None:",
        tests=("tests/test_amending_held.py::test_what_cannot_be_amended_is_held_with_both_versions_and_left_alone",),
    ),
    Bug(
        name="amended-units-not-forgotten",
        why="while nobody knows whether a change arrived, its units count as they were",
        old='    run.hub.documents.begin_change([row.document.reference for row in rows], "amending")\n',
        new="",
        tests=("tests/test_amending.py::test_a_lost_reply_is_no_harm_whatever_the_order_says_next",),
    ),
    Bug(
        name="amended-while-it-settles",
        why="a change that is still on its way is overtaken by the next one, and undoes it",
        old="_without_queued(run, _without_unsettled(run, batch, counts), counts)",
        new="_without_queued(run, batch, counts)",
        tests=("tests/test_amending.py::test_a_change_that_may_still_be_settling_waits",),
    ),
    Bug(
        name="undone-units-not-forgotten",
        why="while nobody knows whether a sale was undone, its units count as sold, and go on sale again",
        old='    run.hub.documents.begin_change([row.sale for row in rows], "undoing")\n',
        new="",
        tests=(
            "tests/test_booked_again.py::"
            "test_a_lost_reply_at_any_write_leaves_one_sale_whatever_the_order_says_next[credit-1-True-None]",
        ),
    ),
    Bug(
        name="found-sale-is-believed-to-stand",
        why="a restored hub takes a sale that was undone since for the order's, and credits it",
        old="        if not task.probed and any(",
        new="        if task.probed and any(",
        tests=(
            "tests/test_booked_again.py::"
            "test_a_hub_restored_to_any_time_never_books_a_second_sale[credit-None-history1]",
        ),
    ),
    Bug(
        name="revisions-share-their-relief",
        why="units of a sale that was undone count for the one that took its place",
        old="GROUP BY order_id, revision, line_id, sku)",
        new="GROUP BY order_id, line_id, sku)",
        tests=(
            "tests/test_booked_again.py::test_units_shipped_while_their_sale_is_undone_are_not_taken_for_the_next_ones",
        ),
    ),
    Bug(
        name="credited-line-is-amended",
        why="nobody knows any more whether returned units were on the shelf",
        old="        if line.line_id in credited and (\n",
        new="        if line.line_id in credited and not line.line_id and (\n",
        tests=(
            "tests/test_amending_held.py::test_a_credited_line_that_grows_is_amended_only_where_its_units_stay_certain",
        ),
    ),
)

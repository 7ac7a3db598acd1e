"""Bugs in the exchange of orders and documents: nothing lost (I1), nothing twice (I2), the journal first (I8)."""

from tests.planted.bug import Bug

BUGS = (
    Bug(
        name="out-of-sight-out-of-mind",
        why="an order that could never be read is forgotten once the store shows none of its age any more",
        old="set() if horizon is None else set(unreadable)",
        new="set()",
        tests=("tests/test_order_horizon.py::test_an_order_that_could_never_be_read_stays_on_hold_behind_the_wall",),
    ),
    Bug(
        name="no-journal-row",
        why="a reply is lost, and nobody knows that a document may be in the books",
        old="    ]\n    for row, number in zip(rows, run.hub.journal.open(entries), strict=True):",
        new="    ]\n    for row, number in zip(rows, range(len(entries)), strict=True):",
        tests=("tests/test_push_orders_once.py::test_every_write_has_one_journal_row_before_it_and_one_outcome_after",),
    ),
    Bug(
        name="look-up-skipped",
        why="an order whose reply was lost is booked twice",
        old="    answers = _look_up(run, rows)\n",
        new="    from syncctl.model import Absent\n\n"
        "    answers = {row.document.reference: Absent(row.document.reference) for row in rows}\n",
        tests=("tests/test_push_orders_once.py::test_a_lost_reply_does_not_book_twice",),
    ),
    Bug(
        name="look-up-only-what-the-hub-sent",
        why="a hub that was lost, and made again, books everything twice",
        old="        if isinstance(answer, Found):\n            document = ",
        new="        if isinstance(answer, Found) and may_be_sent(document.reference):\n            document = ",
        tests=(
            "tests/test_backup.py::test_on_a_new_machine_that_has_no_file_of_ours_everything_is_found_in_its_place",
        ),
    ),
    Bug(
        name="adopted-on-reference-alone",
        why="a document of somebody else, with another total, is taken for the order's",
        old="if (answer.total, answer.currency) != (document.total, document.currency):",
        new="if answer.reference != document.reference:",
        tests=("tests/test_rules_plan.py::test_of_several_problems_the_first_is_said_and_nothing_is_done",),
    ),
    Bug(
        name="adopted-on-the-total-alone",
        why="a line was swapped for another at the same price since it was booked: its units go back on sale",
        old="    if theirs in (None, ours):\n",
        new="    if theirs != {}:\n",
        tests=(
            "tests/test_regressions_stock_again.py::"
            "test_an_order_that_was_edited_to_the_same_total_is_not_what_the_books_have_of_it",
        ),
    ),
    Bug(
        name="reference-cut-short",
        why="where a back office keeps few characters, two orders share a reference, and one is never booked",
        old='return base64.b32encode(digest).decode().rstrip("=")[:length]',
        new="return readable[:length]",
        tests=("tests/test_rules_documents.py::test_where_few_characters_are_kept_names_that_begin_alike_stay_apart",),
    ),
    Bug(
        name="cursor-before-rows",
        why="a page that could not be written is never read again: its orders are lost",
        old="    with run.hub.transaction():\n        if fresh:\n",
        new='    if cursor is not None:\n        run.hub.cursors.put(name, "orders", cursor, filter_hash)\n'
        "    with run.hub.transaction():\n        if fresh:\n",
        tests=("tests/test_pull_orders.py::test_a_page_that_could_not_be_written_is_read_again",),
    ),
    Bug(
        name="network-in-a-transaction",
        why="a slow back office keeps the hub locked; a crash takes back what was noted",
        old="    outcomes = push_halving(run.back_office.push_documents",
        new="    with run.hub.transaction():\n        outcomes = push_halving(run.back_office.push_documents",
        tests=("tests/test_quiet.py::test_every_write_has_its_journal_row_before_and_one_outcome_after",),
    ),
    Bug(
        name="journal-closed-before-the-reply",
        why="a write whose reply was lost counts as done, and is not waited for",
        old="    outcomes = push_halving(run.back_office.push_documents",
        new='    run.hub.journal.close([(row.row, "done", "") for row in rows])\n'
        "    outcomes = push_halving(run.back_office.push_documents",
        tests=(
            "tests/test_push_orders_once.py::"
            "test_while_it_may_still_be_settling_a_lost_write_waits_and_is_then_adopted",
        ),
    ),
    Bug(
        name="settle-ignored",
        why="a document that is still on its way is not found yet, and sent again",
        old="        times.now() - run.settings.safety.settle,\n",
        new="        times.now(),\n",
        tests=(
            "tests/test_push_orders_once.py::"
            "test_while_it_may_still_be_settling_a_lost_write_waits_and_is_then_adopted",
        ),
    ),
    Bug(
        name="cannot-tell-means-absent",
        why="where nothing can be looked up, a document whose reply was lost is booked twice",
        old="elif isinstance(answer, Absent) or not may_be_sent(document.reference):",
        new="elif isinstance(answer, Absent | CannotTell):",
        tests=(
            "tests/test_push_orders_once.py::"
            "test_where_nothing_can_be_looked_up_new_orders_are_sent_and_unclear_ones_are_held",
        ),
    ),
    Bug(
        name="given-up-order-is-sent",
        why="an order that a person skips while the run looks it up is booked all the same",
        old="    rows = still_wanted(run, rows)\n    documents =",
        new="    documents =",
        tests=("tests/test_regressions_orders.py::test_an_order_that_is_skipped_while_it_is_looked_up_is_not_booked",),
    ),
    Bug(
        name="hold-sent-again-each-cycle",
        why="what was refused is sent again every quarter of an hour",
        old="        if not self.tried_at or self.fingerprint != fingerprint:\n            return False\n",
        new="        return False\n",
        tests=(
            "tests/test_push_orders_held.py::"
            "test_a_closed_period_is_held_not_sent_each_cycle_and_tried_again_when_asked",
        ),
    ),
    Bug(
        name="hold-cleared-without-cause",
        why="the hold of a refused price goes, and nobody learns that the store refuses it",
        old="mended = set(chunk) - {remote_id for (remote_id,) in rows}",
        new="mended = set(chunk)",
        tests=(
            "tests/test_push_data.py::test_a_refused_price_is_held_and_not_sent_again_until_it_changes_or_somebody_asks",
        ),
    ),
    Bug(
        name="restored-hub-not-noticed",
        why="an older copy of the hub goes on as if nothing had been sent since",
        old="restored = last_run < sidecar.run or last_journal < sidecar.journal",
        new="restored = False",
        tests=("tests/test_backup.py::test_a_restored_hub_believes_nothing_about_what_is_shown",),
    ),
    Bug(
        name="page-loop-ends-early",
        why="of a store with more than one page of new orders only the first page is read",
        old="done = len(rows) < size",
        new="done = len(rows) <= size",
        tests=("tests/connectors/test_sandbox_store.py::TestSandboxStore::test_every_order_comes_over_several_pages",),
    ),
    Bug(
        name="overlap-zero",
        why="an order that the store committed late lies before the cursor, and is never read",
        old="times.from_text(started) - timedelta(seconds=OVERLAP_SECONDS)",
        new="times.from_text(started)",
        tests=(
            "tests/connectors/test_sandbox_store.py::TestSandboxStore::"
            "test_orders_inside_the_overlap_come_again_and_older_ones_do_not",
        ),
    ),
    Bug(
        name="lower-bound-from-our-clock",
        why="on a machine whose clock is ahead, orders placed meanwhile are never read",
        old="times.to_text(shop.clock())",
        new="times.to_text(times.now())",
        tests=(
            "tests/connectors/test_sandbox_store.py::TestSandboxStore::"
            "test_orders_inside_the_overlap_come_again_and_older_ones_do_not",
        ),
    ),
    Bug(
        name="changed-filter-reads-nothing-again",
        why="who widens the filter never gets the orders that it left out",
        old="return row[0] if row is not None and row[1] == filter_hash else None",
        new="return row[0] if row is not None else None",
        tests=("tests/test_pull_orders.py::test_a_changed_filter_reads_again_whatever_it_left_out_long_ago",),
    ),
)

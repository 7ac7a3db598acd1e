"""Bugs in stock, prices and shipments: never oversell (I3), and quiet (I7)."""

from tests.planted.bug import Bug

BUGS = (
    Bug(
        name="pull-before-read",
        why="an order that comes between the two is in the level that was read, but not in the hub",
        old="    actual = store.fetch_levels([one.remote_id for one in hub.shown.again(ids)], location)\n"
        "    recall_levels(run, name, actual)\n"
        "    read_changed_orders(run, name, store)\n",
        new="    read_changed_orders(run, name, store)\n"
        "    actual = store.fetch_levels([one.remote_id for one in hub.shown.again(ids)], location)\n"
        "    recall_levels(run, name, actual)\n",
        tests=(
            "tests/test_races.py::"
            "test_after_a_restore_an_order_just_before_a_level_is_read_is_known_when_it_is_written",
        ),
    ),
    Bug(
        name="lost-level-is-a-drop",
        why="a level whose reply was lost is held back for a cycle, as if somebody had bought those units",
        old='return "moved" in sent and level ==',
        new='return "moved" not in sent and level ==',
        tests=("tests/test_lost_levels.py::test_a_level_that_was_written_and_lost_is_left_as_it_is",),
    ),
    Bug(
        name="missed-units-are-as-old-as-the-first",
        why="units of an order that is not seen yet are put back on sale, because others were missed before them",
        old="max(0, left, drop - known)",
        new="max(0, drop - known)",
        tests=("tests/test_held_back.py::test_units_that_left_since_are_not_as_old_as_those_before",),
    ),
    Bug(
        name="refused-level-is-sent-in-turns",
        why="a level that the store refuses is sent in each cycle, in turns with and without what is held back",
        old="moved & {*again, *refused}",
        new="moved & {*again}",
        tests=("tests/test_held_back.py::test_a_refused_level_is_not_sent_in_turns",),
    ),
    Bug(
        name="only-unexported-orders-count",
        why="units that were booked after the stock was read are put back on sale",
        old="gone='iif(d.event <= :as_of, x.quantity, 0)'",
        new="gone='x.quantity'",
        tests=(
            "tests/test_pull_data.py::"
            "test_a_booking_that_becomes_known_after_the_reading_began_does_not_count_as_reflected",
        ),
    ),
    Bug(
        name="ordered-by-the-clock",
        why="after the clock was set back, a booking counts as known to the reading before it",
        old="= CAST(value AS INTEGER) + 1 WHERE key = 'event'\")",
        new="= ? WHERE key = 'event'\", [int(times.now().timestamp())])",
        tests=(
            "tests/test_pull_data.py::test_what_is_booked_after_a_reading_is_not_known_to_it_whatever_the_clock_says",
        ),
    ),
    Bug(
        name="stock-before-shipments",
        why="units that are shipped between the two readings count as gone twice, or not at all",
        old="    counts = pull_shipments(run)\n    if run.settings.products.enabled or run.settings.stock.enabled:\n"
        "        counts += _pull_variants(run)\n    if run.settings.stock.enabled:\n"
        "        counts += _pull_stock(run)\n    if wants_back_office(run):\n",
        new="    counts = _pull_variants(run)\n    if run.settings.stock.enabled:\n"
        "        counts += _pull_stock(run)\n    counts += pull_shipments(run)\n    if wants_back_office(run):\n",
        tests=("tests/test_pull_data.py::test_shipments_are_read_before_stock",),
    ),
    Bug(
        name="gone-behind-a-new-one",
        why="a SKU that the back office dropped stays on sale, if a new one came on the same page of its report",
        old="all(_key(one) == _key(had) for one, had in differing)",
        new="len(differing) < len(levels)",
        tests=(
            "tests/test_stock_readings.py::test_one_that_goes_and_one_that_comes_on_the_same_page_are_not_the_same",
        ),
    ),
    Bug(
        name="gone-in-the-midst-unseen",
        why="a SKU that the back office dropped stays on sale: only what it dropped at the end is noticed",
        old="for key in map(_key, set(stretch) - new) if key not in page]",
        new="for key in map(_key, set(stretch) - new) if key is None]",
        tests=("tests/test_stock_readings.py::test_what_a_page_lacks_in_the_midst_is_gone_though_the_next_ones_go_on",),
    ),
    Bug(
        name="safety-stock-ignored",
        why="the last units are sold in two stores at once",
        old="max(0, available - max(0, unreflected) - kept_back)",
        new="max(0, available - max(0, unreflected))",
        tests=("tests/test_availability.py::test_safety_stock_is_kept_back_and_a_change_of_it_reaches_every_listing",),
    ),
    Bug(
        name="kit-by-its-plenty",
        why="a set of two is sold though one of the two is gone",
        old="max(0, min(most) - own)",
        new="max(0, max(most) - own)",
        tests=("tests/test_kits.py::test_a_kit_shows_what_its_scarcest_component_suffices_for",),
    ),
    Bug(
        name="orders-of-kits-forgotten",
        why="what was sold in a set is sold once more by itself",
        old="ON c.kit = d.sku WHERE d.depth < 5",
        new="ON c.kit = d.sku WHERE d.depth < 0",
        tests=("tests/test_kits.py::test_a_held_order_of_kits_counts_against_the_components",),
    ),
    Bug(
        name="kit-not-told-of-its-component",
        why="a set stays on sale though a part of it was sold at the counter",
        old="INSERT OR IGNORE INTO stale_sku SELECT sku FROM up",
        new="INSERT OR IGNORE INTO stale_sku SELECT sku FROM down",
        tests=("tests/test_kits.py::test_a_kit_shows_what_its_scarcest_component_suffices_for",),
    ),
    Bug(
        name="kit-not-taken-apart-anew",
        why="a set that is made of something else is offered as often as before",
        old="if parts != known.get(sku, {})",
        new="if parts and not known.get(sku)",
        tests=("tests/test_kits.py::test_a_kit_that_is_made_otherwise_moves_with_all_it_was_and_is_made_of",),
    ),
    Bug(
        name="kit-orders-settle-at-once",
        why="a set that is sold but not shipped is forgotten, for no stock is kept of it",
        old='    "AND NOT EXISTS (SELECT 1 FROM component c WHERE c.kit = v.sku)) "\n',
        new='    ") "\n',
        tests=(
            "tests/test_kits.py::"
            "test_a_booked_order_of_a_kit_counts_until_it_is_shipped_though_no_stock_is_kept_of_the_kit",
        ),
    ),
    Bug(
        name="safety-stock-of-a-type-late",
        why="a SKU that is of a careful type from now on keeps nothing back until something else moves it",
        old="if special.get(one.sku, _PLAIN) != (int(one.tracked), one.product_type)",
        new="if special.get(one.sku, _PLAIN)[0] != int(one.tracked)",
        tests=("tests/test_availability.py::test_a_sku_that_gets_another_type_is_worked_out_again",),
    ),
    Bug(
        name="half-a-unit-sold-is-none",
        why="1.5 sold counts as 1, and half a unit is sold twice",
        old="return high if sold else low",
        new="return low",
        tests=("tests/test_fractions.py::test_a_fraction_sold_is_held_by_name_and_counts_rounded_up",),
    ),
    Bug(
        name="office-decides-and-nobody-counts",
        why="an order whose location the back office chooses counts in no other store",
        old="if not ours or not theirs or not self.leaving_from(seller):",
        new="if not ours or not theirs:",
        tests=(
            "tests/test_locations.py::test_an_order_counts_everywhere_if_the_back_office_decides_from_where_it_leaves",
        ),
    ),
    Bug(
        name="booked-elsewhere-forgotten",
        why="after the settings changed, units that are still to leave a location are sold there again",
        old="(d.location = '' OR d.location IN ({locations}))",
        new="(d.location = '')",
        tests=(
            "tests/test_locations.py::test_an_order_booked_on_another_location_counts_there_after_the_settings_changed",
        ),
    ),
    Bug(
        name="misspelt-location-published",
        why="a store whose location is written wrong shows only a part of its stock, and nobody is told",
        old="    return not missing\n",
        new="    return True\n",
        tests=("tests/test_locations.py::test_a_location_that_no_reading_has_publishes_nothing_for_its_stores",),
    ),
    Bug(
        name="filter-leaks-stock",
        why="units on unpaid orders, which the filter leaves out, are sold once more",
        old='return verdict.decision != "left_out" or not order.closed',
        new='return verdict.decision != "left_out"',
        tests=("tests/test_availability.py::test_what_the_filter_leaves_out_counts_while_it_is_open",),
    ),
    Bug(
        name="only-booked-orders-count",
        why="units on a held order are sold once more",
        old='"LEFT JOIN ({relief}) r ON r.order_id = l.order_id AND r.line_id = l.line_id AND r.sku = l.sku "\n'
        '    "WHERE o.counting = 1"',
        new='"LEFT JOIN ({relief}) r ON r.order_id = l.order_id AND r.line_id = l.line_id AND r.sku = l.sku "\n'
        "    \"WHERE o.counting = 1 AND o.decision = 'book'\"",
        tests=("tests/test_availability.py::test_an_order_of_unknown_status_counts",),
    ),
    Bug(
        name="raised-while-a-store-is-missing",
        why="what the unreachable store sold meanwhile is put on sale in the other",
        old="may_rise=run.may_rise(name)",
        new="may_rise=True",
        tests=("tests/test_availability.py::test_while_one_store_cannot_be_read_levels_in_the_others_only_fall",),
    ),
    Bug(
        name="price-for-what-has-none",
        why="a product that is priced by its variations is sent a price of its own, and refused it every day",
        old="AND likely(priced) AND",
        new="AND",
        tests=("tests/test_unpriced_listings.py::test_what_changes_every_price_leaves_it_alone",),
    ),
    Bug(
        name="unknown-taken-for-equal",
        why="a level whose reply was lost is never looked at again",
        old='"AND s.want IS NOT s.quantity ORDER BY',
        new='"AND s.want <> s.quantity ORDER BY',
        tests=("tests/test_silent_store.py::test_a_level_whose_write_never_arrived_is_written_by_the_next_run",),
    ),
    Bug(
        name="shown-kept-though-the-reply-was-lost",
        why="what the hub believes to be shown is not what is shown",
        old="    run.hub.shown.forget_shown([shown.listing_id for shown, _ in sent])  # until the reply is here\n",
        new="",
        tests=(
            "tests/test_silent_store.py::"
            "test_after_a_lost_reply_a_level_that_should_be_as_before_is_looked_at_all_the_same",
        ),
    ),
    Bug(
        name="price-with-its-level-believed-though-the-reply-was-lost",
        why="a price that never arrived with its level is never sent: the hub believes that it is shown",
        old="    run.hub.catalog.set_shown_prices(dict.fromkeys(riders))\n",
        new="    run.hub.catalog.set_shown_prices({one.listing_id: one.want for one in riders.values()})\n",
        tests=(
            "tests/test_priced_levels.py::test_an_answer_that_settles_nothing_leaves_both_unknown_and_the_price_is_read",
        ),
    ),
    Bug(
        name="level-held-for-its-price",
        why="one bad price, and the stock of that product is not kept up any more",
        old="            if change.price is not None:  # one of the two was refused; nobody knows which\n",
        new="            if not change.key:\n",
        tests=("tests/test_priced_levels.py::test_a_bad_price_does_not_hold_up_the_level",),
    ),
    Bug(
        name="another-address-unasked",
        why="the settings name another shop, and for a day nobody asks who it is: its stock is overwritten",
        old="return times.from_text(at) if at and there == address else None",
        new="return times.from_text(at) if at and there else None",
        tests=(
            "tests/test_confirm.py::"
            "test_a_changed_address_with_another_shop_behind_it_stops_before_anything_is_read_or_written",
        ),
    ),
    Bug(
        name="shown-kept-after-a-restore",
        why="the store shows what was written after the backup, and the hub believes what was written before",
        old='        connection.execute("UPDATE shown SET quantity = NULL, agreed = NULL, moved = 0")\n',
        new="",
        tests=("tests/test_backup.py::test_a_restored_hub_believes_nothing_about_what_is_shown",),
    ),
    Bug(
        name="equal-levels-are-written",
        why="every cycle writes what is there already",
        old="        if target == level:\n",
        new="        if target == level and hold:\n",
        tests=("tests/test_silent_store.py::test_a_level_whose_reply_was_lost_is_read_and_not_written_again",),
    ),
    Bug(
        name="verify-never-due",
        why="a level that somebody edited by hand stays wrong for ever",
        old="whole = times.is_due(last, run.settings.stock.verify)",
        new="whole = last is None",
        tests=("tests/test_silent_store.py::test_what_somebody_else_changed_is_put_right_once_a_day",),
    ),
    Bug(
        name="old-stock-is-published",
        why="last week's export of the stock is shown as today's",
        old="if times.now() - reading.source_time > run.settings.stock.max_age:",
        new="if times.now() < reading.source_time:",
        tests=("tests/test_pull_data.py::test_a_reading_that_is_too_old_publishes_nothing",),
    ),
    Bug(
        name="failed-reading-is-published",
        why="after a failed reading of the back office the old stock goes out as if it were new",
        old="                run.stock_ready = run.prices_ready = False\n",
        new="                pass\n",
        tests=("tests/test_cycle.py::test_a_failed_step_3_means_no_stock_and_no_prices_in_step_4",),
    ),
    Bug(
        name="prices-compared-as-text",
        why="2.5 and 2.50 differ for ever, and are written each cycle",
        old="price = None if shown is None else money.canonical(shown)",
        new="price = shown",
        tests=("tests/test_push_data.py::test_equal_amounts_are_equal_however_they_are_written",),
    ),
    Bug(
        name="shipment-not-looked-up",
        why="a shipment whose reply was lost is shown twice, and the customer told twice",
        old="there = store.find_fulfilments(order_ids)",
        new="there: dict[str, list[object]] = {}",
        tests=("tests/test_push_data.py::test_a_lost_reply_to_a_shipment_is_looked_up",),
    ),
    Bug(
        name="customers-told-unasked",
        why="the store mails its customers about shipments of last year",
        old="notify = run.settings.stores[name].notify_customer",
        new="notify = True",
        tests=("tests/test_push_data.py::test_tracking_goes_to_the_shop_once",),
    ),
    Bug(
        name="parcel-of-a-changed-sale-is-lost",
        why="a line that was added to a sale leaves, and counts as owed for ever; the store never shows the parcel",
        old="        if order.in_doubt and sum(",
        new="        if order.in_doubt and not shipment.lines and sum(",
        tests=(
            "tests/test_regressions_shipments.py::test_a_shipment_of_a_line_whose_booking_is_in_doubt_is_read_again",
        ),
    ),
)

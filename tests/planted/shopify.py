"""Bugs of Shopify's connector: what is compared and what is not, whose word is believed, who gets the token."""

from tests.planted.bug import Bug

_CLIENT = "tests/connectors/test_shopify_client.py"
_AUTH = "tests/connectors/test_shopify_client_auth.py"
_LEVELS = "tests/connectors/test_shopify_level_words.py"
_PEOPLE = "tests/connectors/test_shopify_customer_words.py"
_CHANGES = "tests/connectors/test_shopify_customer_changes.py"
_ORDERS = "tests/connectors/test_shopify_order_words.py"
_CATALOG = "tests/connectors/test_shopify_catalog.py"
_STOCK = "tests/connectors/test_shopify_catalog_levels.py"
_LOST = "tests/connectors/test_shopify_catalog_lost.py"
_SHIPMENTS = "tests/connectors/test_shopify_catalog_shipments.py"
_STREAM = "tests/transport/test_stream.py"

BUGS = (
    Bug(
        name="level-compared-with-nothing",
        why="an order that came while the levels were read is sold a second time",
        old='"changeFromQuantity": one.expected,',
        new='"changeFromQuantity": None,',
        tests=(f"{_LEVELS}::test_a_level_is_sent_with_what_it_is_compared_with_even_where_that_is_less_than_none",),
    ),
    Bug(
        name="stale-level-is-written",
        why="a level that Shopify did not take is believed to be shown, and never written again",
        old='    if code in STALE:\n        return Mismatch(key="")',
        new='    if code in STALE:\n        return Written(key="")',
        tests=(f"{_LEVELS}::test_a_stale_level_is_left_out_and_the_others_are_sent_again_under_another_key",),
    ),
    Bug(
        name="key-of-another-payload",
        why="the levels that are sent again are answered from what came of others",
        old="return outcomes, [Group(rest)] if named and rest else halves(rest)",
        new="return outcomes, [Group(rest, key=group.key)] if named and rest else halves(rest)",
        tests=(f"{_LEVELS}::test_a_stale_level_is_left_out_and_the_others_are_sent_again_under_another_key",),
    ),
    Bug(
        name="spent-key-is-kept",
        why="levels whose key Shopify takes no more are sent with it for ever",
        old="        return {}, [Group(group.targets, tries=tries)]",
        new="        return {}, [replace(group, tries=tries)]",
        tests=(f"{_LEVELS}::test_a_key_that_is_something_elses_is_replaced",),
    ),
    Bug(
        name="what-goes-together-by-on-hand",
        why="of two listings of one SKU the one shows what the other has just sold",
        old='return "available" if any(one.together for one in self.targets) else name',
        new="return name",
        tests=(
            "tests/connectors/test_shopify_cycle.py"
            "::test_an_order_that_takes_from_one_listing_keeps_another_of_its_sku_from_being_written",
        ),
    ),
    Bug(
        name="kits-are-strangers",
        why="what an order of a kit has just taken is put on sale again with the level of its component",
        old="(_BESIDE_KITS if self.hub.kits.any() else _BESIDE)",
        new="_BESIDE",
        tests=("tests/connectors/test_shopify_kits_cycle.py::test_no_order_in_between_puts_on_sale_what_it_took",),
    ),
    Bug(
        name="on-hand-as-available",
        why="where on_hand is written, what is sold and not sent yet goes on sale again",
        old='more = level.on_hand - level.available if name == "on_hand" and not change.together else 0',
        new="more = 0",
        tests=(f"{_LEVELS}::test_on_hand_keeps_what_was_sold_and_not_sent_on_top",),
    ),
    Bug(
        name="throttled-is-an-answer",
        why="a shop that has no points left is taken for one that failed, and writes wait for a person",
        old='return "THROTTLED" in self.codes',
        new='return "THROTTLED" in self.codes and self.data is not None',
        tests=(f"{_CLIENT}::test_who_is_turned_away_waits_just_as_long_as_the_points_take_to_come",),
    ),
    Bug(
        name="data-beside-errors",
        why="of a page that failed halfway the rest is taken for all there is",
        old="        if self.errors and not spoilt:\n",
        new="        if self.errors and not spoilt and self.data is None:\n",
        tests=(f"{_CLIENT}::test_without_being_asked_for_it_no_part_of_an_answer_with_errors_is_believed",),
    ),
    Bug(
        name="failed-work-is-bad-grammar",
        why="a shipment that was recorded before its answer failed is recorded a second time",
        old='or (not code and "locations" in error and not began)',
        new='or (not code and "locations" in error)',
        tests=(f"{_CLIENT}::test_a_write_that_went_wrong_over_there_is_made_again_only_if_it_is_keyed",),
    ),
    Bug(
        name="token-for-the-files-host",
        why="whoever keeps the files of a bulk operation could read and change the whole shop",
        old="return Http(self.party, wire, unsigned, self._patience, clock=self._clock)",
        new="return Http(self.party, wire, self._sign, self._patience, clock=self._clock)",
        tests=(f"{_STREAM}::test_nothing_that_makes_us_known_goes_along_whatever_the_side_is_told_in_headers",),
    ),
    Bug(
        name="not-asked-is-a-no",
        why="somebody who never answered is unsubscribed in the books, and a yes from the counter is overruled",
        old='"UNSUBSCRIBED": "unsubscribed", "PENDING"',
        new='"UNSUBSCRIBED": "unsubscribed", "NOT_SUBSCRIBED": "unsubscribed", "PENDING"',
        tests=(f"{_PEOPLE}::test_who_was_not_asked_has_not_answered",),
    ),
    Bug(
        name="all-tags-are-groups",
        why="who gets a group loses every other tag that the merchant gave him",
        old="if prefix and tag[:end].casefold() == start and tag[end:].strip()]",
        new="if prefix]",
        tests=(f"{_CHANGES}::test_of_tags_only_those_that_are_groups_are_touched",),
    ),
    Bug(
        name="broken-goods-restocked",
        why="what came back broken, and was not put back, is put back on sale",
        old='"RETURN", "CANCEL", "LEGACY_RESTOCK"}',
        new='"RETURN", "CANCEL", "LEGACY_RESTOCK", "NO_RESTOCK"}',
        tests=(f"{_ORDERS}::test_units_that_were_not_restocked_cannot_and_a_word_nobody_knows_is_a_problem",),
    ),
    Bug(
        name="silence-is-written",
        why="a level that Shopify's answer says nothing of is believed to be shown, and never written again",
        old='return outcomes | {one.item: unclear if one.delta else Written(key="") for one in rest}, []',
        new='return outcomes | {one.item: Written(key="") for one in rest}, []',
        tests=(f"{_LOST}::test_an_answer_that_confirms_less_than_was_sent_is_not_believed_for_the_rest",),
    ),
    Bug(
        name="listings-of-a-sku-are-written-apart",
        why="two listings sell one SKU: what an order takes from one is shown by the other all the same",
        old="    rest = tuple(one for one in rest if one.together not in fallen)\n",
        new="    rest = tuple(one for one in rest if one.together not in fallen or one.delta)\n",
        tests=(f"{_LEVELS}::test_levels_that_go_together_are_all_read_anew_where_one_of_them_is_stale",),
    ),
    Bug(
        name="new-key-each-time",
        why="a level whose answer was lost is compared anew, and what was done is told as stale",
        old='keys = {f"key{number}": one.key for',
        new='keys = {f"key{number}": Group(()).key for',
        tests=(f"{_LOST}::test_what_is_under_way_at_the_shop_is_waited_for_and_asked_for_by_its_key",),
    ),
    Bug(
        name="expected-is-not-compared",
        why="a level that was never read is written over one that an order has moved",
        old="    elif level.available != change.expected:",
        new="    elif level.available < change.expected < 0:",
        tests=(f"{_STOCK}::test_what_nobody_has_read_is_read_before_it_is_compared",),
    ),
    Bug(
        name="read-once-for-all",
        why="a level is compared with what was read before the last write of it",
        old='        self._just_read = ("", {})\n',
        new="",
        tests=(f"{_STOCK}::test_what_was_read_counts_for_one_write",),
    ),
    Bug(
        name="shared-item-written-twice",
        why="two variants of one stock are written two levels, and the second overwrites the first",
        old="elif targets.setdefault(target.item, target) == target:",
        new="elif targets.setdefault(target.item, target):",
        tests=(f"{_STOCK}::test_two_levels_for_one_item_are_not_both_written",),
    ),
    Bug(
        name="level-of-another-location",
        why="what stands in another shop's shelves is overwritten",
        old="by_place[change.location or self.settings.location]",
        new="by_place[self.settings.location]",
        tests=(f"{_STOCK}::test_another_location_is_written_where_it_is_named",),
    ),
    Bug(
        name="first-page-of-listings",
        why="of a large catalog most is taken for gone, and gets no levels any more",
        old='if not info["hasNextPage"]:\n                return\n            if not rows',
        new="if True:\n                return\n            if not rows",
        tests=(f"{_CATALOG}::test_every_variant_is_listed_once_over_several_pages",),
    ),
    Bug(
        name="price-rounded-there",
        why="Shopify rounds a price that has too many places, and the books ask another one",
        old="if places > money.places(change.currency):",
        new="if places > 12:",
        tests=(f"{_CATALOG}::test_what_is_no_price_is_refused_before_it_is_sent",),
    ),
    Bug(
        name="shipment-sent-again",
        why="a shipment whose answer was lost is made twice, and the customer told twice",
        old="payloads(self.admin.write(documents.create_fulfilments(len(inputs)), variables), len(inputs))",
        new="payloads(self.admin.write(documents.create_fulfilments(len(inputs)), variables, keyed=True), len(inputs))",
        tests=(f"{_SHIPMENTS}::test_a_shipment_whose_answer_is_lost_is_not_sent_again",),
    ),
    Bug(
        name="called-off-shipment-counts",
        why="a shipment that was called off is taken for ours, and the new one is never shown",
        old='return row["status"] not in _NONE_LEFT',
        new='return row["status"] != ""',
        tests=(f"{_SHIPMENTS}::test_what_was_called_off_does_not_count_and_can_be_sent_again",),
    ),
    Bug(
        name="two-locations-in-one-shipment",
        why="Shopify refuses what leaves from two locations, and it is never shown",
        old="by_location.setdefault(part.location, {})",
        new='by_location.setdefault("", {})',
        tests=(
            f"{_SHIPMENTS}::test_what_leaves_from_two_locations_is_a_shipment_of_each_and_told_to_the_customer_once",
        ),
    ),
    Bug(
        name="token-of-another-secret",
        why="who changes the app's secret, because it was stolen, goes on with the token that the old one was given",
        old='key_of("shopify", settings.url, self._id, self._secret)',
        new='key_of("shopify", settings.url, self._id)',
        tests=(f"{_AUTH}::test_another_secret_or_another_shop_is_not_answered_with_the_old_token",),
    ),
    Bug(
        name="token-renewed-by-each",
        why="each of several who wait asks for a token of its own, till Shopify gives no more",
        old="            if self.current == refused_token:\n",
        new="            if self.current:\n",
        tests=(f"{_AUTH}::test_who_learns_late_that_a_token_is_refused_takes_the_one_that_another_got_meanwhile",),
    ),
    Bug(
        name="token-for-the-whole-host",
        why="the address that gives tokens, or anything else that answers there, is told the last one",
        old='below = f"{settings.url}/admin/api/"',
        new='below = f"{settings.url}/"',
        tests=(f"{_AUTH}::test_the_address_that_gives_tokens_is_asked_without_one",),
    ),
    Bug(
        name="points-are-not-waited-for",
        why="a long reading is turned away again and again, and ends with an error",
        old="max(self.budget.delay(), terms.delay())",
        new="self.budget.delay()",
        tests=(
            "tests/connectors/test_shopify_client_points.py::test_nobody_is_ever_turned_away_and_no_time_is_wasted",
        ),
    ),
    Bug(
        name="attack-goes-on",
        why="a shop that takes us for an attack is asked on, and locks us out for longer",
        old="            self._shut = found\n",
        new="            pass\n",
        tests=(f"{_CLIENT}::test_who_is_taken_for_an_attack_asks_no_more",),
    ),
)

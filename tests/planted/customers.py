"""Bugs in customers: joined only by a rule (I4), consent only copied (I5), aliases read from only."""

from tests.planted.bug import Bug

BUGS = (
    Bug(
        name="reading-as-young-as-its-end",
        why="a yes of the time while customers were read beats a no that was given after it",
        old="run.hub.cursors.put(party, CUSTOMERS_READ, None, at=began)",
        new="run.hub.cursors.put(party, CUSTOMERS_READ, None)",
        tests=(
            "tests/test_expect_customers.py::"
            "test_an_answer_of_the_time_while_the_orders_came_is_no_younger_than_it_can_be",
        ),
    ),
    Bug(
        name="first-hit-taken",
        why="of two customers with one address the first gets the other's orders",
        old="    if len(hits) > 1:\n",
        new="    if not hits:\n",
        tests=("tests/test_rules_matching.py::test_two_hits_are_a_tie_and_nobody_is_joined",),
    ),
    Bug(
        name="placeholders-join",
        why="everybody who left no address becomes one customer",
        old="return None if address.startswith(tuple(one.casefold() for one in placeholders)) else address",
        new="return address",
        tests=("tests/test_link_customers.py::test_a_placeholder_address_joins_nobody",),
    ),
    Bug(
        name="customer-not-looked-up",
        why="a customer whose reply was lost is created twice",
        old="        keys = keys_of_ours(self.side, customer, reference)\n",
        new="        keys = [CustomerKey(id=reference)]\n",
        tests=("tests/test_link_customers.py::test_the_reference_is_looked_up_before_a_customer_is_created",),
    ),
    Bug(
        name="guests-joined-without-their-name",
        why="two people who share an address become one",
        old="return hub_id if same else None",
        new="return hub_id",
        tests=("tests/test_link_customers.py::test_guests_with_one_address_and_different_names_stay_two",),
    ),
    Bug(
        name="first-meeting-overwrites",
        why="a second record of a person overwrites the details of the first",
        old="return chooser(self.settings.winner, ours, told)",
        new='return lambda field, joined: "theirs"',
        tests=("tests/test_link_customers.py::test_a_second_web_record_of_a_person_changes_no_details",),
    ),
    Bug(
        name="their-edit-is-overwritten",
        why="an address that the bookkeeper put right is set back by the next order",
        old="untold(plain(ours, True), link.ours, side.fields - asked)",
        new="untold(plain(ours, True), link.ours, side.fields)",
        tests=("tests/test_link_customers.py::test_what_changed_on_both_sides_is_held_and_the_order_goes_on",),
    ),
    Bug(
        name="web-record-is-not-read-first",
        why="what somebody typed in the shop stays there, and the back office says otherwise for ever",
        old="    merge_in(run, side, records.values())\n",
        new="",
        tests=(
            "tests/test_customers_out.py::"
            "test_where_both_changed_a_field_the_younger_holds_though_nobody_told_us_of_it",
        ),
    ),
    Bug(
        name="a-cut-is-an-edit",
        why="a reply is lost, and everybody's long name is cut in the shop as it is in the books",
        old="and made_of(sent[name], now[name]):",
        new="and sent[name] == now[name]:",
        tests=("tests/test_customers_out.py::test_a_lost_reply_to_a_change_does_not_make_what_was_cut_an_edit",),
    ),
    Bug(
        name="invited-before-it-is-marked",
        why="a hub that is restored sends everybody a second invitation",
        old="            to_send = [one for one in to_send if isinstance(done[one], Written)]\n",
        new="            to_send = [one for one in to_send if done]\n",
        tests=("tests/test_invites.py::test_a_mark_that_was_refused_lets_nothing_be_sent",),
    ),
    Bug(
        name="every-mark-is-our-own",
        why="a hub that is restored sends a second invitation to whom it marked",
        old="return bool(marked) and not self._was_restored",
        new="return bool(marked)",
        tests=("tests/test_invites.py::test_a_hub_restored_to_between_the_mark_and_the_sending_sends_nothing",),
    ),
    Bug(
        name="unclear-is-sent-again",
        why="a reply is lost, and the customer gets two invitations",
        old="""        if state == "sending":
            self.ended[hub_id] = "unclear"
        elif self._was_sent(hub_id):
            self.ended[hub_id] = "sent before"
        elif self._was_restored""",
        new="        if self._was_restored",
        tests=("tests/test_invites.py::test_a_lost_reply_anywhere_sends_no_second_one",),
    ),
    Bug(
        name="two-stores-are-one-in-the-journal",
        why="a customer is not made in one store because his creation in another is on its way",
        old='return name if self.party == BACK_OFFICE else f"{self.party}:{name}"',
        new="return name",
        tests=("tests/test_customers_out.py::test_what_is_on_its_way_to_one_store_keeps_nobody_from_another",),
    ),
    Bug(
        name="yes-beats-a-no-of-equal-age",
        why="somebody who said no gets the newsletter",
        old="_CAUTION = {YES: 0, PENDING: 1, NO: 2}",
        new="_CAUTION = {YES: 0, PENDING: 1, NO: 0}",
        tests=("tests/test_regressions_consent.py",),
    ),
    Bug(
        name="consent-is-yes-by-default",
        why="who was never asked counts as having said yes",
        old='row.each("consents", "consent", _consent)',
        new='row.each("consents", "consent", _consent) or (Consent(channel="email", state="subscribed"),)',
        tests=("tests/connectors/test_sandbox_store.py::TestSandboxStore::test_no_answer_about_marketing_is_not_a_no",),
    ),
)

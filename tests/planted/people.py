"""Bugs in what two sides make of one person: fields merged (R24, R64), whose word holds (R86), consent (I5), groups."""

from tests.planted.bug import Bug

_MERGING, _CONSENT, _LAW = (
    "tests/test_rules_merging.py",
    "tests/test_rules_consent.py",
    "tests/test_rules_merging_law.py",
)
_PARTED, _UNLINK = "tests/test_rules_consent_parted.py", "tests/test_unlink_consent.py"
_COPIED = "::test_a_yes_that_was_copied_goes_to_nobody_else"
_WINNER, _GROUPS = "tests/test_rules_winner.py", "tests/test_rules_groups.py"
_AGREED = "_agree(result, name, theirs, theirs)"
_OVERRULED = f'    elif choice == "ours":\n        {_AGREED}  # overruled: ours is to be sent\n'

BUGS = (
    Bug(
        name="cut-name-counts-as-an-edit",
        why="a back office that cuts names cuts them in the shop too",
        old="    if theirs == base_theirs:\n",
        new="    if theirs == base_ours:\n",
        tests=(f"{_MERGING}::test_a_value_that_the_other_side_cut_when_it_took_it_in_is_no_edit",),
    ),
    Bug(
        name="empty-on-an-order-clears",
        why="an order that does not repeat the phone number deletes it in the back office",
        old='        said["phones"] = list(phones)\n    if full or addresses:',
        new='        said["phones"] = list(phones)\n    if True:',
        tests=(f"{_MERGING}::test_a_full_record_says_its_empty_fields_too_and_a_copy_on_an_order_does_not",),
    ),
    Bug(
        name="their-change-is-sent-back",
        why="a change comes back as a change, for ever",
        old=f"        {_AGREED}\n{_OVERRULED}",
        new=f"        _agree(result, name, base_ours, theirs)\n{_OVERRULED}",
        tests=(f"{_MERGING}::test_what_only_they_changed_is_taken_and_not_sent_back",),
    ),
    Bug(
        name="question-forgotten",
        why="a change on both sides is held once, and in the next cycle the other side's is taken in silence",
        old="  # overruled: ours is to be sent\n    else:\n",
        new="\n    else:\n        _agree(result, name, ours, base_theirs)\n",
        tests=(f"{_MERGING}::test_two_changes_that_a_person_must_decide_stay_as_they_are_until_then",),
    ),
    Bug(
        name="join-overwrites",
        why="the day two records are found to be one person, half of what is known of them is overwritten",
        old='    elif choice == "keep":\n        _agree(result, name, result.ours[name], theirs)\n',
        new='    elif choice == "keep":\n        _agree(result, name, theirs, theirs)\n',
        tests=(f"{_MERGING}::test_a_join_overwrites_nothing_that_is_filled", _LAW),
    ),
    Bug(
        name="group-taken-without-a-base",
        why="a customer gets trade prices because a setting for names says that the back office wins",
        old='"ask" if name == "group" else choose(name, True)',
        new="choose(name, True)",
        tests=(f"{_MERGING}::test_two_groups_without_a_base_are_always_asked_for",),
    ),
    Bug(
        name="not-exempt-counts-as-blank",
        why="a customer is freed of tax because the other side did not free them",
        old='return value is None or value == "" or value == []',
        new="return not value",
        tests=(f"{_MERGING}::test_not_exempt_is_no_blank",),
    ),
    Bug(
        name="list-taken-whole",
        why="an e-mail address that was added in the shop is gone once the back office adds another",
        old="if list(ours) == list(base_ours) == list(base_theirs):",
        new="if ours is not theirs:",
        tests=(f"{_MERGING}::test_what_both_sides_did_to_a_list_is_done", _LAW),
    ),
    Bug(
        name="cut-list-counts-as-removed",
        why="a back office with room for one address deletes the others in the shop",
        old="        if one in edit.replaced:\n",
        new="        if one in edit.replaced or one not in edit.old:\n",
        tests=(f"{_MERGING}::test_a_side_that_keeps_only_the_first_has_not_removed_the_others",),
    ),
    Bug(
        name="phones-compared-as-text",
        why="every number is there twice, once with its country code",
        old='"phones": lambda text: phone_key(text, country) or _digits(text)',
        new='"phones": lambda text: _digits(text)',
        tests=(f"{_MERGING}::test_a_number_is_the_same_however_it_is_written",),
    ),
    Bug(
        name="tax-identifiers-compared-as-text",
        why="every customer is asked about whose number stands with blanks on one side and without on the other",
        old=' or (name == "tax_id" and key(ours) == key(theirs))',
        new="",
        tests=(
            f"{_MERGING}::test_a_tax_identifier_that_is_spelled_otherwise_is_the_same_and_each_side_keeps_its_spelling",
        ),
    ),
    Bug(
        name="web-takes-the-back-office-for-itself",
        why="winner: web lets the back office win",
        old='return "ours" if web["ours"] == (winner == "web") else "theirs"',
        new='return "theirs" if web["ours"] == (winner == "web") else "ours"',
        tests=(f"{_WINNER}::test_the_setting_says_whose_word_holds",),
    ),
    Bug(
        name="order-of-reading-decides",
        why="whichever side is read last in a cycle wins, though its change may be the older one",
        old=" or ours.at == theirs.at or seen_at_once:",
        new=" or ours.at == theirs.at:",
        tests=(f"{_WINNER}::test_two_changes_first_seen_in_one_cycle_are_for_a_person",),
    ),
    Bug(
        name="younger-record-wins-a-join",
        why="an address typed five years ago replaces the right one, because the record was saved yesterday",
        old='return "keep" if joined else _newest(ours, theirs)',
        new="return _newest(ours, theirs)",
        tests=(f"{_WINNER}::test_at_a_join_the_younger_record_does_not_prove_the_younger_field",),
    ),
    Bug(
        name="older-yes-beats-newer-no",
        why="somebody unsubscribed, and gets the newsletter again",
        old="return heard.state in _CAUTION, heard.at, _CAUTION.get(heard.state, -1),",
        new="return heard.state in _CAUTION, _LONG_AGO, -_CAUTION.get(heard.state, -1),",
        tests=(f"{_CONSENT}::test_a_newer_no_wins",),
    ),
    Bug(
        name="pending-or-yes-at-equal-age",
        why="of two answers of one moment the yes counts",
        old="_CAUTION = {YES: 0, PENDING: 1, NO: 2}",
        new="_CAUTION = {YES: 2, PENDING: 1, NO: 0}",
        tests=(f"{_CONSENT}::test_no_beats_the_rest_of_equal_age",),
    ),
    Bug(
        name="untimed-yes-counts-from-its-reading",
        why="a store that tells no times turns each no into a yes by being read once more",
        old="        if self.state == NO:\n            return self.seen_at\n",
        new="        if self.state:\n            return self.seen_at\n",
        tests=(f"{_CONSENT}::test_an_untimed_yes_is_as_old_as_it_can_be",),
    ),
    Bug(
        name="unknown-word-counts",
        why="a word of a store's own (cleaned, redacted) is sent to the back office as an answer",
        old="        if one.state in _CAUTION:\n",
        new="        if one.state:\n",
        tests=(f"{_CONSENT}::test_a_word_that_is_not_known_never_counts",),
    ),
    Bug(
        name="join-takes-the-newest-answer",
        why="the no that was said to one of two records of a person is lost when they become one",
        old="if before[channel].state != after[channel].state and NO in (before[channel].state, after[channel].state):",
        new="if before[channel].state == after[channel].state == NO:",
        tests=(f"{_CONSENT}::test_when_records_are_joined_no_wins_whatever_its_age",),
    ),
    Bug(
        name="bounced-address-is-subscribed-again",
        why="an address that the store took off its list for good is put back on it",
        old="    return shown.state in _CAUTION or consent.state == NO\n",
        new="    return True\n",
        tests=(f"{_CONSENT}::test_over_a_word_that_is_not_known_only_a_no_is_written",),
    ),
    Bug(
        name="group-titles-match-loosely",
        why="Trade and trade are two price lists, and become one",
        old="- set(own))",
        new="- {title for title in _all([*others]) if _loosely(title) in {_loosely(one) for one in own}})",
        tests=(f"{_GROUPS}::test_titles_are_the_same_only_to_the_letter_and_a_slip_is_pointed_out",),
    ),
    Bug(
        name="groups-made-unasked",
        why="a shop that has its groups in order gets every group of the back office",
        old="if not titles[party] or party in enabled)",
        new="if True)",
        tests=(f"{_GROUPS}::test_a_title_that_the_other_side_has_is_missing",),
    ),
    Bug(
        name="any-of-a-household-takes-the-record",
        why="of two who share a number, whoever buys first gets the other's history",
        old="            if rivals:\n",
        new="            if not near:\n",
        tests=(
            "tests/test_customers_review.py::test_two_of_a_household_who_buy_at_once_are_both_held_and_neither_takes_the"
            "_record",
        ),
    ),
    Bug(
        name="cut-name-of-our-own-record-is-taken",
        why="after a lost reply, or a restore, the names that the back office cut are cut in the shop too",
        old="if not based and not is_blank(value) and made_of(ours.get(name), value):",
        new="if not based and ours.get(name) == value:",
        tests=(
            "tests/test_customers_review.py::test_a_name_that_was_cut_when_somebody_was_made_is_not_taken_for_an_edit",
        ),
    ),
    Bug(
        name="who-spoke-last-is-told-nothing",
        why="somebody said no at the till, and the shop, which tells no times, keeps on mailing them",
        old="        self.hub.consents.mark_untold(changed)\n",
        new="",
        tests=(
            "tests/test_regressions_customers.py::test_a_shop_that_says_yes_against_an_earlier_no_is_told_of_the_no",
        ),
    ),
    Bug(
        name="a-no-goes-with-its-record",
        why="somebody's two accounts are made one, and the no that was said to the first is forgotten",
        old="            self.hub.consents.move(link.hub_id, link.party, link.hub_id, as_alias)\n",
        new="            self.hub.consents.forget(link.hub_id, link.party)\n",
        tests=(
            "tests/test_regressions_customers.py::test_a_no_on_a_record_that_was_merged_into_another_is_told_to_that_one",
        ),
    ),
    Bug(
        name="what-was-told-is-taken-for-said",
        why="two who are not one are parted, and a yes that was copied to the other one goes on from there",
        old="        told=TOLD,\n        own=own,\n",
        new="",
        tests=(
            f"{_PARTED}::test_what_is_told_is_as_old_as_it_is_and_keeps_what_was_said_before",
            f"{_UNLINK}{_COPIED}",
        ),
    ),
    Bug(
        name="astray-answers-count",
        why="the same: nobody forgets what he was told of somebody else",
        old="        if self.told != ASTRAY:\n",
        new="        if self.told or not self.told:\n",
        tests=(f"{_PARTED}::test_each_keeps_what_it_said_itself", f"{_UNLINK}{_COPIED}"),
    ),
    Bug(
        name="overruled-no-is-forgotten",
        why="somebody said no, was taken for another who said yes, and gets the newsletter for ever",
        old="    own = shown.word if shown is not None else None\n",
        new="    own = None\n",
        tests=(f"{_UNLINK}::test_a_no_that_a_copied_yes_overruled_is_put_back",),
    ),
    Bug(
        name="a-no-is-written-away",
        why="who is parted from another is subscribed again over a no that stands there",
        old="    if shown.told == ASTRAY:\n",
        new="    if False:\n",
        tests=(f"{_PARTED}::test_over_what_went_astray_only_what_is_more_cautious_is_written",),
    ),
    Bug(
        name="lost-reply-becomes-a-word",
        why="a yes whose reply was lost is taken for that side's own when it is read",
        old="bool(one.key and self.hub.journal.unfinished(_UPDATE, [one.key]))",
        new="False",
        tests=(f"{_UNLINK}::test_nor_is_it_if_it_comes_with_an_order_first",),
    ),
    Bug(
        name="lost-answers-are-not-recalled",
        why="the same, where a note was sent along with it",
        old='sent.get("consents", ()))',
        new="())",
        tests=(f"{_UNLINK}::test_a_lost_reply_is_no_word_of_that_side",),
    ),
    Bug(
        name="unreadable-is-gone",
        why="a record that cannot be read is taken for deleted, and a person is sent to have it made again",
        old="        remote_id = links.pop(hub_id).remote_id\n        reason",
        new="        remote_id = links[hub_id].remote_id\n        reason",
        tests=("tests/test_unreadable_candidates.py",),
    ),
)

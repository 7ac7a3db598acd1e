"""Bugs of Shopify's customers: who is made twice, what is taken away, whose word is believed."""

from tests.planted.bug import Bug

_CHANGES = "tests/connectors/test_shopify_customer_changes.py"
_READ = "tests/connectors/test_shopify_customers.py"
_WRITTEN = "tests/connectors/test_shopify_customers_written.py"
_CONSENT = "tests/test_rules_consent.py"
_PHONES = "tests/test_customers_by_phone.py"
_LISTS = "tests/test_rules_lists.py"

BUGS = (
    Bug(
        name="customers-sent-again-blindly",
        why="after a lost reply somebody stands in the shop twice, or the shop's address book has each place twice",
        old='    "customerCreate",\n    "customerAddressCreate",\n',
        new="",
        tests=(f"{_WRITTEN}::test_what_makes_somebody_is_never_sent_again_blindly",),
    ),
    Bug(
        name="address-that-came-meanwhile",
        why="an address that a customer typed in while the run was going is written over",
        old="free = {id_: one for id_, one in left.items() if place(one, self.name) in known_places}",
        new="free = left",
        tests=(f"{_CHANGES}::test_an_address_that_came_meanwhile_is_not_written_over",),
    ),
    Bug(
        name="old-group-goes-first",
        why="between the two writes he is in no group, and if the second fails the till hears that he left his",
        old="return [*remove, *add] if respelled else [*add, *remove]",
        new="return [*remove, *add]",
        tests=(f"{_CHANGES}::test_of_tags_only_those_that_are_groups_are_touched",),
    ),
    Bug(
        name="hidden-names-are-blank",
        why="an app that loses its leave for customers' data takes every name at the till away",
        old="        if is_bare(row):\n            raise DataError(",
        new="        if row is None:\n            raise DataError(",
        tests=(f"{_READ}::test_names_that_are_hidden_are_not_names_that_were_taken_away",),
    ),
    Bug(
        name="addresses-beyond-the-page",
        why="of somebody with many addresses those that were not read are taken away at the till",
        old='    if row["addressesV2"]["pageInfo"]["hasNextPage"]:\n        raise DataError(',
        new='    if row["addressesV2"]["pageInfo"] is None:\n        raise DataError(',
        tests=(f"{_READ}::test_who_has_more_addresses_than_are_read_is_told_as_such",),
    ),
    Bug(
        name="bound-of-the-last-answer",
        why="who changed while the pages were read is never told",
        old="started = self.started or answer.at",
        new="started = answer.at",
        tests=(f"{_READ}::test_a_bound_lies_behind_the_shops_own_time_of_the_first_answer",),
    ),
    Bug(
        name="answer-of-the-future",
        why="a till whose clock is ahead has its no refused",
        old="given_at = min(one.changed_at, times.now())",
        new="given_at = one.changed_at",
        tests=(f"{_WRITTEN}::test_an_answer_is_as_old_there_as_it_is",),
    ),
    Bug(
        name="echo-of-a-yes",
        why="a yes without a time is as young as the moment at which the shop was told, and beats a no",
        old="echo = known.told and known.changed_at is None",
        new="echo = False",
        tests=(f"{_CONSENT}::test_the_time_that_a_side_puts_on_what_it_was_told_without_one_is_not_when_it_was_given",),
    ),
    Bug(
        name="known-by-phone-alone",
        why="after a lost reply whoever has no e-mail address is made a second time",
        old='(send.get("phones", ()) if "phone" in search else ())]',
        new="()]",
        tests=(f"{_PHONES}::test_who_has_only_a_phone_is_made_once_though_the_reply_is_lost",),
    ),
    Bug(
        name="place-of-no-kind",
        why="who is on both sides with one address has it twice at the till",
        old="        if key(one) in known or (number is not None and not _has_kind(one)):",
        new="        if key(one) in known:",
        tests=(f"{_LISTS}::test_an_address_of_no_kind_is_the_same_place_as_one_of_a_kind_whichever_was_there_first",),
    ),
)

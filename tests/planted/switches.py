"""Mistakes about who goes where by the merchant's switches, which the scenarios catch."""

from tests.planted.bug import Bug

_SWITCHES = "tests/scenarios/test_switches.py"
_GROUPS = "tests/scenarios/test_groups_and_preferences.py"
_SALES = "tests/scenarios/test_web_sales.py"

BUGS = (
    Bug(
        name="customers-need-orders",
        why="with orders switched off no customer goes over either, and nothing says so",
        old="if orders or wants_web(run, name):",
        new="if orders:",
        tests=(f"{_SWITCHES}::test_r10_orders_products_and_customers_have_sections_of_their_own",),
    ),
    Bug(
        name="the-main-switch-is-forgotten",
        why="customers are switched off, and what was on its way goes out all the same",
        old="return settings.enabled and (settings.web_to_back_office if party == BACK_OFFICE "
        "else settings.back_office_to_web)\n\n\ndef make_known",
        new="return settings.web_to_back_office if party == BACK_OFFICE "
        "else settings.back_office_to_web\n\n\ndef make_known",
        tests=(f"{_SWITCHES}::test_r11_the_main_switch_of_customers_stops_them_and_nothing_else",),
    ),
    Bug(
        name="a-blank-stands-in-the-way",
        why="a note written at the counter never reaches the shop, where there is none",
        old="else not is_blank(said)",
        new="else True",
        tests=(
            "tests/test_regressions_customers.py"
            "::test_what_an_orders_copy_of_its_buyer_leaves_out_is_a_blank_that_may_be_filled",
            f"{_GROUPS}::test_r26_a_group_sets_prices_so_nobody_is_ever_put_into_another_than_was_said",
        ),
    ),
    Bug(
        name="a-blank-before-an-email",
        why="a buyer who typed a blank before the address is made a second time in the books",
        old="[text.strip(), text.strip().casefold()]",
        new="[text, text.casefold()]",
        tests=(f"{_SALES}::test_r73_the_buyer_is_matched_by_phone_or_email_however_it_is_spelled",),
    ),
    Bug(
        name="everybody-is-invited",
        why="all who go up get an invitation, not only those who were picked",
        old='if whys.get(one) == "assigned"]',
        new="if one in whys]",
        tests=(
            "tests/scenarios/test_web_upload.py::test_r70_everybody_who_is_assigned_is_invited_once_and_never_again",
        ),
    ),
)

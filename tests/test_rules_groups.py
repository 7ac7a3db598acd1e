"""Customer groups: exact titles, what is missing where, and who enables itself (R29-R31)."""

from syncctl.rules.groups import compare_groups


def test_a_title_that_the_other_side_has_is_missing() -> None:
    groups = compare_groups({"back-office": ["Trade", "Staff"], "shop": ["Trade", "VIP"]}, {})
    assert groups.missing == {"back-office": ("VIP",), "shop": ("Staff",)}
    assert groups.enabling == frozenset() and groups.to_make("shop") == ()


def test_equal_titles_miss_nothing() -> None:
    groups = compare_groups({"back-office": ["Trade"], "shop": ["Trade"]}, {"shop": ["Trade"]})
    assert groups.missing == {} and groups.enabling == frozenset()


def test_titles_are_the_same_only_to_the_letter_and_a_slip_is_pointed_out() -> None:
    groups = compare_groups({"back-office": ["Trade"], "shop": ["trade "]}, {})
    assert groups.missing == {"back-office": ("trade ",), "shop": ("Trade",)}
    assert groups.alike == {("back-office", "trade "): "Trade", ("shop", "Trade"): "trade "}


def test_a_side_without_any_group_enables_itself() -> None:
    groups = compare_groups({"back-office": ["Trade", "Staff"], "shop": []}, {})
    assert groups.enabling == {"shop"} and groups.to_make("shop") == ("Staff", "Trade")
    assert groups.to_make("back-office") == ()


def test_two_sides_without_groups_have_nothing_to_enable() -> None:
    groups = compare_groups({"back-office": [], "shop": []}, {})
    assert groups.enabling == frozenset() and groups.missing == {}


def test_a_side_that_enabled_itself_is_finished_with_though_it_has_some_by_now() -> None:
    groups = compare_groups({"back-office": ["Trade", "Staff"], "shop": ["Trade"]}, {}, enabled={"shop"})
    assert groups.to_make("shop") == ("Staff",)


def test_stores_do_not_need_one_anothers_titles_but_those_of_their_customers() -> None:
    titles = {"back-office": ["Trade"], "shop": ["Trade"], "outlet": ["Trade", "Bargains"]}
    assert compare_groups(titles, {}).missing == {"back-office": ("Bargains",)}
    assert compare_groups(titles, {"shop": ["Bargains"]}).missing["shop"] == ("Bargains",)


def test_a_blank_title_is_none() -> None:
    assert compare_groups({"back-office": ["", " "], "shop": ["Trade"]}, {"shop": [""]}).missing == {
        "back-office": ("Trade",)
    }

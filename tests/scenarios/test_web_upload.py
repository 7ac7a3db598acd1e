"""R67-R70: who is sent up to the web shop, and is invited there."""

import pytest

import syncctl.cycle
from syncctl.errors import Unreachable
from tests.fakes.faulty import FailBefore, Faulty, on
from tests.scenarios.people import ANN, BOB, CY
from tests.scenarios.shopkeeper import Shopkeeper


@pytest.mark.parametrize(
    "criteria",
    [
        ("--name", "third"),
        ("--email", "BOB@example.org"),
        ("--phone", "+44 20 7946 0002"),
        ("--group", "VIP"),
        ("--text", "& sons"),
    ],
)
def test_r67_customers_are_found_by_criteria_and_assigned_to_the_web(
    keeper: Shopkeeper, criteria: tuple[str, str]
) -> None:
    """There are no users with rights of their own: who may run the command and read the hub, may assign."""
    keeper.office.add_groups(["VIP"])
    keeper.office.upsert_customer(**ANN)
    keeper.office.upsert_customer(**BOB, group="VIP", company="Third & Sons")
    keeper.office.upsert_customer(**CY)
    keeper.syncs()
    assert [one["name"] for one in keeper.asks("customers", "find", *criteria)["rows"]] == ["Bob Third"]
    keeper.types("customers", "assign", *criteria)
    keeper.syncs()
    assert list(keeper.web()) == ["Bob Third"]


def test_r67_what_was_ticked_can_be_unticked_before_it_goes_up(keeper: Shopkeeper) -> None:
    for customer in (ANN, BOB):
        keeper.office.upsert_customer(**customer)
    keeper.syncs()
    keeper.types("customers", "assign", keeper.number_of("Ann"), keeper.number_of("Bob"))
    keeper.types("customers", "unassign", keeper.number_of("Ann"))
    keeper.syncs()
    assert list(keeper.web()) == ["Bob Third"]


def test_r68_the_top_customers_are_picked_by_what_they_spent(
    tmp_path_factory: pytest.TempPathFactory, capsys: pytest.CaptureFixture[str]
) -> None:
    keeper = Shopkeeper(tmp_path_factory.mktemp("two"), capsys, stores=("shop", "outlet"))
    for customer, mugs in ((ANN, 3), (BOB, 9), (CY, 6)):
        keeper.shop.place_order([("MUG", mugs)], customer=keeper.shop.upsert_customer(**customer))
    keeper.office.upsert_customer(name="Never Bought", emails=["never@example.org"])
    keeper.syncs()
    keeper.shop.refund_all(keeper.shop.order_ids()[1])  # Bob sent everything back
    keeper.syncs()
    found = keeper.asks("customers", "find", "--by", "spend", "--min-spend", "30")["rows"]
    assert [(one["name"], one["spend"]) for one in found] == [
        ("Cy Fourth", ["60.00 GBP"]),
        ("Ann Other", ["30.00 GBP"]),
    ]
    keeper.types("customers", "assign", "--top", "2", "--by", "spend", "--to", "outlet")
    keeper.syncs()
    assert set(keeper.web("outlet")) == {"Ann Other", "Cy Fourth"}


def test_r69_who_is_assigned_goes_up_with_the_next_sync_and_waits_until_he_is_there(
    keeper: Shopkeeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    keeper.office.upsert_customer(**BOB)
    keeper.syncs()
    keeper.types("customers", "assign", keeper.number_of("Bob"))
    assert keeper.web() == {}
    real, down = syncctl.cycle.open_store, FailBefore(on("push_customers", None), Unreachable("shop: down"))
    monkeypatch.setattr(syncctl.cycle, "open_store", lambda name, *rest: Faulty(real(name, *rest), [down]))
    keeper.syncs(code=3)
    assert keeper.web() == {} and keeper.listed()["Bob Third"]["sides"]["shop"]["state"] == "queued"
    monkeypatch.undo()
    keeper.syncs()
    assert list(keeper.web()) == ["Bob Third"]
    assert keeper.listed()["Bob Third"]["sides"]["shop"]["state"] == "linked"
    keeper.syncs()
    assert len(keeper.shop.customers()) == 1


def test_r70_everybody_who_is_assigned_is_invited_once_and_never_again(keeper: Shopkeeper) -> None:
    keeper.sets(send_invite=True, upload="all")
    for customer in (ANN, BOB, CY):
        keeper.office.upsert_customer(**customer)
    keeper.types("pull-data")
    keeper.types("backup")
    keeper.types("customers", "assign", keeper.number_of("Ann"), keeper.number_of("Bob"))
    keeper.syncs()
    invited = [customer for customer, _ in keeper.shop.invitations()]
    assert sorted(invited) == sorted(keeper.web()[name]["id"] for name in ("Ann Other", "Bob Third"))
    keeper.office.upsert_customer(keeper.pos()["Ann Other"].id, emails=["new@example.org"])
    keeper.syncs()
    keeper.types("restore", "latest", "--yes")  # of a time when nobody was invited
    keeper.types("customers", "assign", keeper.number_of("Ann"), keeper.number_of("Bob"))
    for _ in range(2):
        keeper.syncs()
    assert [customer for customer, _ in keeper.shop.invitations()] == invited
    assert set(keeper.web()) == {"Ann Other", "Bob Third", "Cy Fourth"}


def test_r70_nobody_is_invited_where_the_option_is_off(keeper: Shopkeeper) -> None:
    keeper.office.upsert_customer(**ANN)
    keeper.syncs()
    keeper.types("customers", "assign", keeper.number_of("Ann"))
    keeper.syncs()
    assert list(keeper.web()) == ["Ann Other"] and keeper.shop.invitations() == []

"""A wrong join that is undone takes no answer along that was never given there (I5), whatever happened in between.

What stands on a side is read from its own file. In all of this one record is Ann's and the other is not; what we wrote
from the one into the other stays where it stands, and goes nowhere else.
"""

from collections.abc import Callable
from pathlib import Path

import pytest

from syncctl import by_hand
from syncctl.errors import Unreachable
from syncctl.hub.consents import Astray
from tests.customer_world import CustomerWorld
from tests.fakes.faulty import FailAfter, on

OFFICE = "back-office"
YES, NO = "subscribed", "unsubscribed"
ANN = {"name": "Ann Archer", "emails": ("ann@shop.example",)}
Made = Callable[..., "Parting"]


class Parting:
    """A record in the shop and one in the back office that were joined, and a stranger on a third place."""

    def __init__(self, folder: Path, stores: tuple[str, ...], timed: bool) -> None:
        customers = {"trigger": "any", "upload": "linked"}
        self.world = CustomerWorld(folder, stores=stores, customers=customers)
        self.world.change(back_office={"consent_times": timed})
        for name in stores:
            self.world.set_store(name, consent_times=timed)
        self.ids = {"shop": self.world.shops["shop"].upsert_customer(**ANN)}
        self.ids[OFFICE] = self.world.office.upsert_customer(**ANN)
        self.strangers = 0

    def say(self, party: str, state: str) -> None:
        side = self.world.office if party == OFFICE else self.world.shops[party]
        side.set_consent(self.ids[party], "email", state)

    def shows(self, party: str, remote_id: str = "") -> str:
        """What a side's own file says of the answer about e-mail; empty: nothing."""
        remote_id = remote_id or self.ids[party]
        people = self.world.pos() if party == OFFICE else self.world.web(party)
        [one] = [each for each in people if each["id"] == remote_id]
        return next((each["state"] for each in one.get("consents") or () if each["channel"] == "email"), "")

    def unlink(self, party: str) -> list[Astray]:
        """Part this record from the other; what stands somewhere though nobody said it there."""
        with self.world.hub() as hub:
            link = hub.links.by_remote(party, "customer", [self.ids[party]])[self.ids[party]]
            parted = hub.joining.unlink(party, self.ids[party], self.world.settings.customers)
            return hub.consents.astray([link.hub_id, parted])

    def link(self, party: str, at: str) -> str:
        """A person finds out who this record really is: somebody on another side, who is new; his id there."""
        side = self.world.office if at == OFFICE else self.world.shops[at]
        self.strangers += 1
        email = f"other{self.strangers}@shop.example"
        remote_id = side.upsert_customer(name=f"Ann {self.strangers}", emails=(email,))
        with self.world.connected():
            by_hand.link(self.world.settings, at, self.hub_id(party), remote_id, progress=lambda _text: None)
        return str(remote_id)

    def meet(self, party: str, at: str) -> str:
        """The same, and all is carried over that is to be."""
        remote_id = self.link(party, at)
        self.settle()
        return remote_id

    def hub_id(self, party: str) -> int:
        query = "SELECT hub_id FROM link WHERE party = ? AND remote_id = ?"
        return int(self.world.rows(query, party, self.ids[party])[0][0])

    def settle(self) -> None:
        self.world.settle(6)


@pytest.fixture
def made(tmp_path: Path) -> Made:
    def make(*, stores: tuple[str, ...] = ("shop",), timed: bool = True) -> Parting:
        return Parting(tmp_path, stores, timed)

    return make


both_ways = pytest.mark.parametrize("sayer, other", [("shop", OFFICE), (OFFICE, "shop")])
times_or_not = pytest.mark.parametrize("timed", [True, False])


def elsewhere(party: str) -> str:
    """Where the stranger is with whom the record of this party is joined next."""
    return "mart" if party == OFFICE else OFFICE


@both_ways
@times_or_not
@pytest.mark.parametrize("parted", ["sayer", "other"])
def test_a_yes_that_was_copied_goes_to_nobody_else(
    made: Made, sayer: str, other: str, timed: bool, parted: str
) -> None:
    two = made(stores=("shop", "mart"), timed=timed)
    two.say(sayer, YES)
    two.settle()
    assert two.shows(other) == YES, "carried over while they were one"
    found = two.unlink(sayer if parted == "sayer" else other)
    assert found == [Astray(other, two.ids[other], "email", YES)]
    friend = two.link(sayer, elsewhere(sayer))
    stranger = two.meet(other, elsewhere(other))
    assert two.shows(elsewhere(other), stranger) == "", "nobody of those two ever said yes"
    assert (two.shows(sayer), two.shows(other)) == (YES, YES), "nobody is asked, and nothing says unknown"
    assert two.shows(elsewhere(sayer), friend) == YES, "he who said it goes on saying it"


@both_ways
@times_or_not
def test_what_that_side_says_itself_later_counts(made: Made, sayer: str, other: str, timed: bool) -> None:
    two = made(stores=("shop", "mart"), timed=timed)
    two.say(sayer, YES)
    two.settle()
    two.unlink(sayer)
    two.say(other, NO)
    stranger = two.meet(other, elsewhere(other))
    assert two.shows(elsewhere(other), stranger) == NO
    two.say(other, YES)
    two.settle()
    assert two.shows(elsewhere(other), stranger) == YES
    assert two.shows(sayer) == YES


def test_a_newer_yes_of_a_side_that_tells_times_is_its_own(made: Made) -> None:
    two = made(stores=("shop", "mart"))
    two.say("shop", YES)
    two.settle()
    two.unlink("shop")
    two.say(OFFICE, YES)
    two.settle()
    assert two.shows("mart", two.meet(OFFICE, "mart")) == YES


@both_ways
@times_or_not
def test_a_no_that_a_copied_yes_overruled_is_put_back(made: Made, sayer: str, other: str, timed: bool) -> None:
    two = made(timed=timed)
    two.settle()
    two.say(other, NO)
    two.settle()
    assert two.shows(sayer) == NO
    two.say(sayer, YES)
    two.settle()
    assert two.shows(other) == YES
    two.unlink(OFFICE)
    two.settle()
    assert (two.shows(sayer), two.shows(other)) == (YES, NO)


@both_ways
@times_or_not
def test_a_no_in_common_is_nobodys_who_did_not_say_it(made: Made, sayer: str, other: str, timed: bool) -> None:
    """`sayer` said no, `other` yes: once joined, no wins."""
    two = made(stores=("shop", "mart"), timed=timed)
    two.say(other, YES)
    two.say(sayer, NO)
    two.settle()
    assert (two.shows(sayer), two.shows(other)) == (NO, NO)
    assert two.unlink(sayer) == [Astray(other, two.ids[other], "email", NO)]
    stranger = two.meet(other, elsewhere(other))
    assert two.shows(elsewhere(other), stranger) == "", "neither the no of another, nor a yes that is not shown there"
    assert (two.shows(sayer), two.shows(other)) == (NO, NO), "a person puts that right"
    two.say(other, YES)
    two.settle()
    assert two.shows(elsewhere(other), stranger) == YES
    assert two.shows(sayer) == NO


@times_or_not
def test_where_both_said_it_themselves_both_keep_it(made: Made, timed: bool) -> None:
    two = made(stores=("shop", "mart"), timed=timed)
    two.say("shop", YES)
    two.say(OFFICE, YES)
    two.settle()
    assert two.unlink("shop") == []
    two.settle()
    assert two.shows("mart", two.meet(OFFICE, "mart")) == YES


def test_of_three_records_those_who_stay_keep_what_one_of_them_said(made: Made) -> None:
    two = made(stores=("shop", "mart"))
    two.ids["mart"] = two.world.shops["mart"].upsert_customer(**ANN)
    two.say("shop", YES)
    two.settle()
    assert two.shows("mart") == two.shows(OFFICE) == YES
    assert two.unlink("mart") == [Astray("mart", two.ids["mart"], "email", YES)]
    two.settle()
    two.say("shop", NO)
    two.settle()
    assert (two.shows(OFFICE), two.shows("mart")) == (NO, YES), "those two are one still; the third is somebody else"


@times_or_not
@pytest.mark.parametrize("note", ["", "rings twice"], ids=["alone", "with-a-note"])
@pytest.mark.parametrize("then", [YES, NO])
def test_a_lost_reply_is_no_word_of_that_side(made: Made, timed: bool, note: str, then: str) -> None:
    two = made(stores=("shop", "mart"), timed=timed)
    two.settle()
    two.say("shop", YES)
    two.world.shops["shop"].upsert_customer(two.ids["shop"], note=note)
    two.world.run(plans={OFFICE: [FailAfter(on("push_customers"), Unreachable("gone"))]})
    assert two.shows(OFFICE) == YES
    if then == NO:
        two.say(OFFICE, NO)
    two.settle()
    astray = two.unlink(OFFICE)
    if then == YES:
        assert astray == [Astray(OFFICE, two.ids[OFFICE], "email", YES)]
        assert two.shows("mart", two.meet(OFFICE, "mart")) == ""
    else:
        assert astray == [Astray("shop", two.ids["shop"], "email", NO)]
        assert two.shows("mart", two.meet(OFFICE, "mart")) == NO, "that was said there, and is its own"


@times_or_not
def test_nor_is_it_if_it_comes_with_an_order_first(made: Made, timed: bool) -> None:
    two = made(timed=timed)
    two.settle()
    two.world.change(customers={"trigger": "order"})
    two.say(OFFICE, YES)
    two.world.run(plans={"shop": [FailAfter(on("push_customers"), Unreachable("gone"))]})
    assert two.shows("shop") == YES
    two.world.shop.place_order([("MUG", 1)], customer=two.ids["shop"])
    two.world.run("pull-orders")
    assert two.unlink("shop") == [Astray("shop", two.ids["shop"], "email", YES)]


@times_or_not
@pytest.mark.parametrize("joined", [True, False], ids=["joined-before", "joined-since"])
def test_a_restored_hub_does_not_know_who_said_it_so_nobody_did(made: Made, timed: bool, joined: bool) -> None:
    two = made(stores=("shop", "mart"), timed=timed)
    if joined:
        two.settle()
    else:
        two.world.run("pull-data", "push-data", stores=["mart"])
    saved = two.world.save()
    two.say("shop", YES)
    two.settle()
    assert two.shows(OFFICE) == YES
    two.world.restore(saved)
    two.settle()
    assert {one.party for one in two.unlink(OFFICE)} == {OFFICE, "shop"}
    two.settle()
    assert two.shows("mart", two.meet(OFFICE, "mart")) == ""


@times_or_not
def test_who_was_made_by_us_says_nothing_himself_though_the_reply_was_lost(made: Made, timed: bool) -> None:
    two = made(stores=("shop", "mart"), timed=timed)
    two.world.office.delete_customer(two.ids[OFFICE])
    two.say("shop", YES)
    two.world.shop.place_order([("MUG", 1)], customer=two.ids["shop"])
    two.world.run(plans={OFFICE: [FailAfter(on("push_customers"), Unreachable("gone"))]})
    [one] = two.world.pos()
    two.ids[OFFICE] = one["id"]
    two.settle()
    assert len(two.world.pos()) == 1 and two.shows(OFFICE) == YES
    assert two.unlink(OFFICE) == [Astray(OFFICE, two.ids[OFFICE], "email", YES)]
    two.settle()
    assert two.shows("mart", two.meet(OFFICE, "mart")) == ""


@times_or_not
def test_a_record_into_which_it_was_merged_there_says_it_neither(made: Made, timed: bool) -> None:
    """The back office makes one of two of its own, and the yes that we wrote goes along."""
    two = made(stores=("shop", "mart"), timed=timed)
    heir = two.world.office.upsert_customer(name="Ann A.", emails=("a@till.example",))
    two.say("shop", YES)
    two.settle()
    old, two.ids[OFFICE] = two.ids[OFFICE], heir
    two.world.office.merge_customers(old, into=heir)
    two.settle()
    assert two.shows(OFFICE) == YES
    assert two.unlink("shop") == [Astray(OFFICE, heir, "email", YES)]
    assert two.shows("mart", two.meet(OFFICE, "mart")) == ""


@times_or_not
def test_nor_does_it_if_they_were_parted_before(made: Made, timed: bool) -> None:
    """It is joined again, for it has her address now; but what it shows is no word of its own."""
    two = made(timed=timed)
    heir = two.world.office.upsert_customer(name="Ann A.", emails=("a@till.example",))
    two.say("shop", YES)
    two.settle()
    two.unlink(OFFICE)
    old, two.ids[OFFICE] = two.ids[OFFICE], heir
    two.world.office.merge_customers(old, into=heir)
    two.settle()
    assert two.hub_id(OFFICE) == two.hub_id("shop")
    assert two.unlink("shop") == [Astray(OFFICE, heir, "email", YES)]


def test_one_who_is_linked_again_is_one_again(made: Made) -> None:
    two = made()
    two.say("shop", YES)
    two.settle()
    two.unlink(OFFICE)
    with two.world.connected():
        by_hand.link(two.world.settings, OFFICE, two.hub_id("shop"), two.ids[OFFICE], progress=lambda _text: None)
    two.settle()
    two.say("shop", NO)
    two.settle()
    assert (two.shows("shop"), two.shows(OFFICE)) == (NO, NO)


def test_a_record_that_is_given_to_another_customer_by_hand_takes_nothing_along(made: Made) -> None:
    two = made(stores=("shop", "mart"))
    two.ids["mart"] = two.world.shops["mart"].upsert_customer(name="Bea Baker", emails=("bea@mart.example",))
    two.say("shop", YES)
    two.settle()
    bea = two.hub_id("mart")
    with two.world.hub() as hub:
        [made_there] = [one for one in hub.links.of_customers([bea])[bea] if one.party == OFFICE]
        hub.joining.unlink(OFFICE, made_there.remote_id, two.world.settings.customers)
    with two.world.connected():
        by_hand.link(two.world.settings, OFFICE, bea, two.ids[OFFICE], progress=lambda _text: None)
    two.settle()
    assert (two.shows("mart"), two.shows(OFFICE), two.shows("shop")) == ("", YES, YES)


@times_or_not
def test_one_who_is_made_again_where_he_was_deleted_is_told_again(made: Made, timed: bool) -> None:
    two = made(timed=timed)
    two.say("shop", NO)
    two.settle()
    two.world.office.delete_customer(two.ids[OFFICE])
    two.settle()
    with two.world.hub() as hub:
        hub.joining.unlink(OFFICE, two.ids[OFFICE], two.world.settings.customers)
    two.world.shop.place_order([("MUG", 1)], customer=two.ids["shop"])
    two.settle()
    [one] = two.world.pos()
    assert two.shows(OFFICE, one["id"]) == NO

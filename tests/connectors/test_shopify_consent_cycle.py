"""Answers about marketing between a Shopify shop and a back office (I5): copied with their times, a newer no wins."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from syncctl.model import Consent
from tests.connectors.test_shopify_people_cycle import NUMBER, assert_quiet, cycles, opened
from tests.fakes.shopify.people_records import Customer
from tests.shopify_world import ShopifyCycles

MAIL = "pat@pos.example"
DAY = timedelta(days=1)
WEEK_AGO = datetime.now(UTC).replace(microsecond=0) - 7 * DAY


@pytest.fixture
def world(tmp_path: Path) -> Iterator[ShopifyCycles]:
    with opened(tmp_path) as world:
        world.change(back_office={"consent_channels": ["email", "sms"]})
        yield world


def pat(world: ShopifyCycles, *consents: Consent, **more: object) -> str:
    """Pat is at the till, with these answers."""
    return world.office.upsert_customer(name="Pat Poole", emails=[MAIL], consents=consents, **more)


def said(state: str, at: datetime | None, channel: str = "email") -> Consent:
    return Consent(channel=channel, state=state, changed_at=at)


def till(world: ShopifyCycles) -> list[tuple[str, str, datetime | None]]:
    [one] = world.office.customers()
    return [(answer.channel, answer.state, answer.changed_at) for answer in one.consents]


def web(world: ShopifyCycles) -> Customer:
    return world.person(MAIL)


def answered(world: ShopifyCycles) -> int:
    """How often an answer was written into the shop by us, after who was made."""
    return sum(one.what == "answered" and one.by == "api" for one in world.site.oracle.events)


def test_an_answer_goes_up_as_old_as_it_is(world: ShopifyCycles) -> None:
    pat(world, said("unsubscribed", WEEK_AGO), said("subscribed", WEEK_AGO - DAY, "sms"), phones=[NUMBER])
    cycles(world)
    assert (web(world).email_consent.state, web(world).email_consent.at) == ("UNSUBSCRIBED", WEEK_AGO)
    assert (web(world).sms_consent.state, web(world).sms_consent.at) == ("SUBSCRIBED", WEEK_AGO - DAY)
    assert_quiet(world)


def test_an_answer_comes_down_as_old_as_it_is_there(world: ShopifyCycles) -> None:
    ann = world.hands.add_customer(MAIL, first_name="Pat", last_name="Poole")
    cycles(world)
    assert till(world) == [], "who was not asked has not answered"
    world.hands.set_consent(ann, "email", "subscribed", WEEK_AGO)
    cycles(world)
    assert till(world) == [("email", "subscribed", WEEK_AGO)]
    world.hands.set_consent(ann, "email", "unsubscribed", WEEK_AGO + DAY)
    cycles(world)
    assert till(world) == [("email", "unsubscribed", WEEK_AGO + DAY)]
    assert answered(world) == 0
    assert_quiet(world)


@pytest.mark.parametrize(
    ("channel", "state"),
    [("email", "NOT_SUBSCRIBED"), ("email", "INVALID"), ("sms", "NOT_SUBSCRIBED"), ("sms", "REDACTED")],
)
def test_no_answer_is_neither_read_as_a_no_nor_sent_as_one(world: ShopifyCycles, channel: str, state: str) -> None:
    pos = pat(world, phones=[NUMBER])
    cycles(world)
    word = web(world).email_consent if channel == "email" else web(world).sms_consent
    assert (word.state, word.at) == ("NOT_SUBSCRIBED", None)
    word.state, word.at = state, WEEK_AGO
    world.hands.customer_touched(web(world))
    cycles(world)
    assert till(world) == [], "no word of the shop's is taken for a no"
    world.office.set_consent(pos, channel, "subscribed")
    cycles(world)
    assert [one[:2] for one in till(world)] == [(channel, "subscribed")]
    assert (word.state, answered(world)) == ("SUBSCRIBED", 1)


@pytest.mark.parametrize("newer", ["web", "till"])
@pytest.mark.parametrize("state", ["subscribed", "unsubscribed"])
def test_the_newer_of_two_answers_holds_on_both_sides(world: ShopifyCycles, newer: str, state: str) -> None:
    other = {"subscribed": "unsubscribed", "unsubscribed": "subscribed"}[state]
    pos = pat(world)
    cycles(world)
    times = {newer: WEEK_AGO + DAY, ("till" if newer == "web" else "web"): WEEK_AGO}
    word = {newer: state, ("till" if newer == "web" else "web"): other}
    world.hands.set_consent(web(world).id, "email", word["web"], times["web"])
    world.office.upsert_customer(pos, consents=[said(word["till"], times["till"])])
    cycles(world)
    assert till(world) == [("email", state, WEEK_AGO + DAY)]
    assert (web(world).email_consent.state, web(world).email_consent.at) == (state.upper(), WEEK_AGO + DAY)
    assert_quiet(world)


def test_when_two_records_turn_out_to_be_one_person_a_no_of_either_holds(world: ShopifyCycles) -> None:
    pat(world, said("unsubscribed", WEEK_AGO))
    ann = world.hands.add_customer(MAIL, first_name="Pat", last_name="Poole")
    world.hands.set_consent(ann, "email", "subscribed", WEEK_AGO + DAY)
    cycles(world)
    assert [one[1] for one in till(world)] == ["unsubscribed"]
    assert web(world).email_consent.state == "UNSUBSCRIBED"
    world.hurry += DAY
    world.hands.set_consent(ann, "email", "subscribed")
    cycles(world)
    assert [one[1] for one in till(world)] == ["subscribed"], "she has changed her mind since"
    assert_quiet(world)


@pytest.mark.parametrize("lost", [False, True])
def test_the_time_that_the_shop_puts_on_a_yes_without_one_does_not_make_it_younger_than_a_no(
    tmp_path: Path, lost: bool
) -> None:
    """Where the till tells no times, a yes of it is as old as it can be; the shop dates it when it comes."""
    with opened(tmp_path, upload="linked") as world:
        world.change(back_office={"consent_times": False})
        pos = pat(world)
        ann = world.hands.add_customer(MAIL, first_name="Pat", last_name="Poole")
        cycles(world)
        world.office.upsert_customer(pos, consents=[said("subscribed", None)])
        if lost:
            world.run("pull-orders", "push-orders", "pull-data")
            world.site.options.trouble = "frozen"
            world.run("push-data")
            world.site.options.trouble = ""
        cycles(world)
        dated = web(world).email_consent.at
        assert web(world).email_consent.state == "SUBSCRIBED" and dated is not None
        [heard] = world.rows("SELECT changed_at, told FROM consent WHERE party = 'shop'")
        assert heard == (None, "told"), "it is the till's word, and has no time"
        world.hands.set_consent(ann, "email", "unsubscribed", dated + timedelta(seconds=1))
        cycles(world)
        assert [one[1] for one in till(world)] == ["unsubscribed"]
        assert_quiet(world)


def test_an_answer_that_nothing_can_be_written_to_waits_and_says_so(world: ShopifyCycles) -> None:
    world.office.upsert_customer(name="Pat Poole", emails=[MAIL], consents=[said("subscribed", WEEK_AGO, "sms")])
    world.run()
    assert world.holds() == [("customer", "phone_needed")]
    assert "needs a phone number" in world.messages()[0]
    [pos] = [one.id for one in world.office.customers()]
    world.office.upsert_customer(pos, phones=[NUMBER])
    cycles(world)
    assert (web(world).sms_consent.state, world.holds()) == ("SUBSCRIBED", [])


def test_a_no_reaches_the_shop_though_the_rest_is_refused_there(world: ShopifyCycles) -> None:
    pos = pat(world)
    cycles(world)
    other = world.hands.add_customer("taken@web.example", first_name="Cyd")
    cycles(world)
    world.office.upsert_customer(pos, emails=["taken@web.example", MAIL], consents=[said("unsubscribed", WEEK_AGO)])
    world.run()
    assert web(world).email_consent.state == "UNSUBSCRIBED"
    world.hurry += timedelta(hours=1)
    world.run()
    assert ("customer", "email_taken") in world.holds()
    assert world.site.customers[other].email == "taken@web.example"
    assert world.rows("SELECT told FROM consent WHERE party = 'shop'") == [("told",)]

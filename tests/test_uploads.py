"""The list of those who are to be made at a party: durable until they are there, and nobody is on it by accident."""

from pathlib import Path

import pytest

from syncctl.hub import Hub
from syncctl.hub.links import Link
from syncctl.hub.uploads import Uploads
from tests.test_query_plans import Explaining, plans, read_whole

__all__ = ["plans"]
TO = "back-office"


@pytest.fixture
def hub(tmp_path: Path) -> Hub:
    return Hub.open(tmp_path / "hub.db")


def add(hub: Hub, number: int, *parties: str, origin: str = "") -> None:
    """A customer with a link at each of these parties."""
    origin = origin or parties[0]
    hub.connection.execute(
        "INSERT INTO customer VALUES (?, 'Ann', '', '', '', NULL, NULL, 0, ?, '2026', '2026')", [number, origin]
    )
    for party in parties:
        hub.links.add(Link(party=party, kind="customer", remote_id=f"{number}", hub_id=number, rule="created"))


def queue(hub: Hub, party: str) -> dict[int, str]:
    return hub.uploads.waiting(party, 100)


def test_who_is_assigned_waits_until_he_was_sent(hub: Hub) -> None:
    add(hub, 1, TO)
    add(hub, 2, TO)
    assert hub.uploads.assign([1, 2], "shop") == 2 and queue(hub, "shop") == {1: "assigned", 2: "assigned"}
    hub.uploads.sent("shop", [1])
    assert queue(hub, "shop") == {2: "assigned"} and hub.uploads.assigned("shop") == [1, 2]
    assert hub.uploads.among("shop", [1, 7]) == {1} and queue(hub, "other") == {}


def test_to_assign_twice_is_to_assign_once(hub: Hub) -> None:
    add(hub, 1, TO)
    assert [hub.uploads.assign([1], "shop"), hub.uploads.assign([1], "shop")] == [1, 0]


def test_somebody_who_does_not_exist_is_not_assigned(hub: Hub) -> None:
    assert hub.uploads.assign([9], "shop") == 0 and queue(hub, "shop") == {}


def test_a_person_who_assigns_again_queues_again_and_nothing_else_does(hub: Hub) -> None:
    add(hub, 1, TO)
    hub.uploads.assign([1], "shop", "all")
    hub.uploads.sent("shop", [1])
    assert hub.uploads.assign([1], "shop", "all") == 0 and queue(hub, "shop") == {}
    assert hub.uploads.assign([1], "shop") == 1 and queue(hub, "shop") == {1: "assigned"}
    hub.uploads.assign([1], "shop", "all")
    assert queue(hub, "shop") == {1: "assigned"}, "what a person wants is not forgotten for what a setting wants"


def test_who_is_taken_off_the_list_is_neither_sent_nor_invited(hub: Hub) -> None:
    for number in (1, 2):
        add(hub, number, TO)
    hub.uploads.assign([1, 2], "shop")
    hub.invitations.want("shop", [1, 2])
    hub.invitations.put("shop", {2: "sending"})
    assert hub.uploads.unassign([1, 2, 3], "shop") == 2
    assert queue(hub, "shop") == {} and hub.invitations.open("shop", 10) == {2: "sending"}


def test_the_queue_is_read_in_parts(hub: Hub) -> None:
    for number in range(1, 6):
        add(hub, number, TO)
    hub.uploads.assign(range(1, 6), "shop")
    assert list(hub.uploads.waiting("shop", 2)) == [1, 2] and list(hub.uploads.waiting("shop", 9, 2)) == [3, 4, 5]


def test_web_customers_whom_the_back_office_lacks_are_queued_once_each(hub: Hub) -> None:
    add(hub, 1, "shop")
    add(hub, 2, "shop", TO)
    add(hub, 3, TO)
    assert hub.uploads.queue_new(TO, "any") == 1 and queue(hub, TO) == {1: "any"}
    hub.uploads.unassign([1], TO)
    assert hub.uploads.queue_new(TO, "any") == 0, "whom a person took off the list stays off it"
    add(hub, 4, "two")
    hub.links.add(Link(party="shop", kind="customer", remote_id="4", hub_id=4, rule="created"))
    assert hub.uploads.queue_new(TO, "any") == 1 and queue(hub, TO) == {4: "any"}


def test_customers_of_the_back_office_are_queued_for_a_store_and_those_of_another_store_are_not(hub: Hub) -> None:
    add(hub, 1, TO)
    add(hub, 2, "shop", TO)
    add(hub, 3, TO, "shop")
    add(hub, 4, "two")
    assert hub.uploads.queue_new("two", "all") == 2 and queue(hub, "two") == {1: "all", 3: "all"}
    assert hub.uploads.queue_new("shop", "all") == 1 and queue(hub, "shop") == {1: "all"}


def test_switched_off_and_on_again_all_are_looked_at_again(hub: Hub) -> None:
    for number in (1, 2, 3):
        add(hub, number, "shop")
    hub.uploads.queue_no_more(TO, "any")
    hub.uploads.queue_new(TO, "any")
    hub.uploads.sent(TO, [1])
    hub.uploads.assign([3], TO, "assigned")
    hub.uploads.queue_no_more(TO, "any")
    assert queue(hub, TO) == {3: "assigned"} and hub.uploads.assigned(TO) == [1, 3]
    add(hub, 4, "shop")
    assert hub.uploads.queue_new(TO, "any") == 2 and set(queue(hub, TO)) == {2, 3, 4}


def test_nothing_but_a_refusal_lets_an_invitation_be_wanted_again(hub: Hub) -> None:
    states = ("sending", "sent", "sent before", "refused", "unclear", "unknown")
    for number, state in enumerate(states, 1):
        add(hub, number, TO)
        hub.invitations.want("shop", [number])
        hub.invitations.put("shop", {number: state})
    hub.invitations.want("shop", range(1, 7))
    assert hub.invitations.open("shop", 10) == {1: "sending", 4: "wanted", 6: "wanted"}


def test_the_list_is_asked_without_reading_all_customers(tmp_path: Path, plans: dict[tuple[str, str], None]) -> None:
    with Hub.open(tmp_path / "hub.db") as hub:
        add(hub, 1, "shop")
        plans.clear()
        _ask_all(hub.uploads)
        hub.invitations.want("shop", [1])
        hub.invitations.open("shop", 5)
        hub.invitations.states("shop", [1])
        hub.invitations.put("shop", {1: "sent"})
        assert len(Explaining.plans) > 10 and read_whole(hub.connection, plans) == []


def _ask_all(uploads: Uploads) -> None:
    uploads.queue_new(TO, "any")
    uploads.queue_new("shop", "all")
    uploads.assign([1], "shop")
    uploads.waiting("shop", 10)
    uploads.among("shop", [1])
    uploads.sent("shop", [1])
    uploads.unassign([1], "shop")

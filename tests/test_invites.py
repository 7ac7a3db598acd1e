"""At most one invitation to an account, ever, to each customer of a store: counted in the store's own list of them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syncctl.errors import Unreachable
from syncctl.model import Refused, Unclear
from tests.customer_world import CustomerWorld
from tests.fakes.faulty import FailBefore, Fault, Lie, lost_reply, on
from tests.test_cli import call

PAT: dict[str, Any] = {"name": "Pat", "emails": ["pat@pos.example"]}
MODES = ("state", "mark", "blind")


def a_world(folder: Path, invites: str, **customers: Any) -> CustomerWorld:
    """Pat is in the back office, and assigned to the shop; assigned customers are invited."""
    world = CustomerWorld(folder, invites=invites, customers={"send_invite": True, **customers})
    world.office.upsert_customer(**PAT)
    world.know()
    world.assign("Pat")
    return world


def invited(world: CustomerWorld) -> int:
    """How many invitations have left the shop."""
    return len(world.shop.invitations())


def state(world: CustomerWorld) -> list[str]:
    return [one for (one,) in world.rows("SELECT state FROM invitation")]


@pytest.mark.parametrize("mode", MODES)
def test_an_assigned_customer_is_invited_once(tmp_path: Path, mode: str) -> None:
    world = a_world(tmp_path, mode)
    for _ in range(3):
        world.run()
        assert invited(world) == 1 and state(world) == ["sent"]
    assert world.writes() == []


@pytest.mark.parametrize("mode", MODES)
def test_to_assign_again_invites_nobody_again(tmp_path: Path, mode: str) -> None:
    world = a_world(tmp_path, mode)
    world.run()
    for _ in range(2):
        world.assign("Pat")
        world.run()
        world.run()
    assert invited(world) == 1 and state(world) == ["sent"]


@pytest.mark.parametrize("mode", MODES)
def test_who_goes_up_without_being_assigned_is_not_invited(tmp_path: Path, mode: str) -> None:
    world = CustomerWorld(tmp_path, invites=mode, customers={"send_invite": True, "upload": "all"})
    world.office.upsert_customer(**PAT)
    world.know()
    world.settle()
    assert len(world.web()) == 1 and invited(world) == 0


@pytest.mark.parametrize("mode", MODES)
def test_switched_off_nobody_is_invited_and_who_went_up_then_is_not_invited_later(tmp_path: Path, mode: str) -> None:
    world = a_world(tmp_path, mode, send_invite=False)
    world.settle()
    world.change(customers={"send_invite": True})
    world.settle()
    assert len(world.web()) == 1 and invited(world) == 0 and state(world) == []


def test_a_store_that_cannot_invite_is_asked_nothing_and_the_list_says_so(tmp_path: Path) -> None:
    world = a_world(tmp_path, "none")
    world.settle()
    assert invited(world) == 0 and state(world) == ["unknown"]


@pytest.mark.parametrize("mode", ["state", "mark"])
def test_who_was_invited_by_somebody_else_before_is_not_invited_again(tmp_path: Path, mode: str) -> None:
    world = CustomerWorld(tmp_path, invites=mode, customers={"send_invite": True})
    web = world.shop.upsert_customer(**PAT | {"name": "Patricia"})
    world.shop.invite(web) if mode == "state" else world.shop.mark_invited(web)
    world.office.upsert_customer(**PAT)
    world.know()
    world.assign("Pat")
    before = invited(world)
    world.settle()
    assert invited(world) == before and state(world) == ["sent before"]


def test_who_has_an_account_is_not_invited(tmp_path: Path) -> None:
    world = CustomerWorld(tmp_path, invites="blind", customers={"send_invite": True})
    web = world.shop.upsert_customer(**PAT | {"name": "Patricia"})
    world.shop.register(web)
    world.office.upsert_customer(**PAT)
    world.know()
    world.assign("Pat")
    world.settle()
    assert invited(world) == 0 and state(world) == ["refused"]


def flat(capsys: pytest.CaptureFixture[str]) -> str:
    """What was printed, as one line: tables are folded."""
    return " ".join(capsys.readouterr().out.split())


def test_without_an_address_an_invitation_is_refused_and_may_be_wanted_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    world = CustomerWorld(tmp_path, invites="mark", customers={"send_invite": True})
    pat = world.office.upsert_customer(name="Pat")
    world.know()
    world.assign("Pat")
    world.settle()
    assert invited(world) == 0 and state(world) == ["refused"]
    assert call("--config", str(world.config), "customers", "list") == 0
    assert "shop: refused (customers show says why; customers assign asks again)" in flat(capsys)
    [(hub_id,)] = world.rows("SELECT id FROM customer")
    assert call("--config", str(world.config), "customers", "show", str(hub_id)) == 0
    [why] = world.rows("SELECT message FROM journal WHERE state = 'refused' AND operation LIKE 'customer.%'")
    assert why[0].startswith("no_email: ") and why[0] in flat(capsys)
    world.office.upsert_customer(pat, emails=["pat@pos.example"])
    world.know()
    world.settle()
    assert invited(world) == 0, "nobody asked for it again"
    world.assign("Pat")
    world.settle()
    assert invited(world) == 1 and state(world) == ["sent"]


def test_who_is_taken_off_the_list_in_time_is_not_invited(tmp_path: Path) -> None:
    world = a_world(tmp_path, "state")
    world.run(plans={"shop": [FailBefore(on("send_invites"), Unreachable("down"))]})
    world.change(safety={"settle": "60s"})
    with world.hub() as hub:
        hub.invitations.put("shop", {world.hub_id("Pat"): "wanted"})
        hub.uploads.unassign([world.hub_id("Pat")], "shop")
    world.settle()
    assert invited(world) == 0 and state(world) == []


def test_one_who_was_deleted_before_he_was_invited_costs_nothing_in_later_cycles(tmp_path: Path) -> None:
    world = a_world(tmp_path, "state")
    world.run(plans={"shop": [FailBefore(on("send_invites", None), Unreachable("down"))]})
    [pat] = world.web()
    world.shop.delete_customer(pat["id"])
    world.run("push-data")  # a store need not tell who was deleted: it is seen when he is to be invited
    assert world.holds() == [("customer", "gone")]
    for _ in range(2):
        world.run()
        assert world.calls("find_customers", "shop") == 0
    assert invited(world) == 0


# --- what fails ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["push_customers", "find_customers", "mark_invited", "send_invites"])
@pytest.mark.parametrize("mode", MODES)
def test_a_lost_reply_anywhere_sends_no_second_one(tmp_path: Path, mode: str, method: str) -> None:
    world = a_world(tmp_path, mode)
    world.run(plans={"shop": [lost_reply(method)]})
    world.settle(6)
    assert len(world.web()) == 1 and invited(world) == 1
    if method != "send_invites" or mode == "state":
        assert state(world) == ["sent"]
    else:
        assert state(world) == ["unclear"]


@pytest.mark.parametrize(("mode", "in_the_end"), [("state", 1), ("mark", 0), ("blind", 0)])
def test_one_that_was_perhaps_not_sent_is_sent_again_only_where_the_store_tells(
    tmp_path: Path, mode: str, in_the_end: int
) -> None:
    world = a_world(tmp_path, mode)
    world.run(plans={"shop": [FailBefore(on("send_invites"), Unreachable("down"))]})
    world.settle(6)
    assert invited(world) == in_the_end and state(world) == [["unclear"], ["sent"]][in_the_end]


def test_an_invitation_that_may_be_settling_is_waited_for(tmp_path: Path) -> None:
    world = a_world(tmp_path, "state")
    world.run("pull-orders", "push-orders", "pull-data")
    world.change(safety={"settle": "60s"})
    world.run(plans={"shop": [FailBefore(on("send_invites"), Unreachable("down"))]})
    world.run()
    assert world.calls("send_invites", "shop") == 0 and state(world) == ["sending"]


def test_a_mark_whose_reply_was_lost_keeps_nobody_from_being_invited(tmp_path: Path) -> None:
    world = a_world(tmp_path, "mark")
    world.run(plans={"shop": [lost_reply("mark_invited")]})
    assert invited(world) == 0
    world.run()
    assert invited(world) == 1 and state(world) == ["sent"]


@pytest.mark.parametrize("answer", [Refused, Unclear])
def test_a_mark_that_was_refused_lets_nothing_be_sent(tmp_path: Path, answer: Any) -> None:
    world = a_world(tmp_path, "mark")
    details = {"reason": "locked"} if answer is Refused else {}
    marks = Lie(on("mark_invited"), lambda outcomes: [answer(key=one.key, **details) for one in outcomes])
    world.run(plans={"shop": [marks]})
    assert invited(world) == 0 and world.calls("send_invites", "shop") == 0


@pytest.mark.parametrize("mode", MODES)
def test_a_hub_restored_to_before_the_invitation_sends_no_second_one(tmp_path: Path, mode: str) -> None:
    world = a_world(tmp_path, mode)
    saved = world.save()
    world.settle()
    assert invited(world) == 1
    world.restore(saved)
    world.settle(6)
    assert len(world.web()) == 1 and invited(world) == 1
    assert state(world) == [{"state": "sent before", "mark": "sent before", "blind": "unknown"}[mode]]


def test_a_hub_restored_to_between_the_mark_and_the_sending_sends_nothing(tmp_path: Path) -> None:
    world = a_world(tmp_path, "mark")
    world.run(plans={"shop": [lost_reply("mark_invited")]})
    saved = world.save()
    world.run()
    assert invited(world) == 1
    world.restore(saved)
    world.settle(6)
    assert invited(world) == 1 and state(world) == ["sent before"]


@pytest.mark.parametrize("mode", ["mark", "blind"])
def test_a_record_that_was_invited_as_one_customer_is_not_invited_as_another(tmp_path: Path, mode: str) -> None:
    world = a_world(tmp_path, mode)
    world.settle()
    [web] = world.web()
    with world.hub() as hub:
        other = hub.joining.unlink("shop", web["id"], world.settings.customers)
        hub.uploads.assign([other], "shop")
    world.settle(6)
    assert invited(world) == 1


FAULTS = st.builds(
    lambda lost, method, nth: lost_reply(method, nth) if lost else FailBefore(on(method, nth), Unreachable("down")),
    st.booleans(),
    st.sampled_from(["find_customers", "push_customers", "mark_invited", "send_invites"]),
    st.integers(1, 3),
)


@settings(max_examples=8, deadline=None)
@given(st.sampled_from(MODES), st.lists(st.tuples(st.lists(FAULTS, max_size=2), st.booleans()), max_size=4))
def test_whatever_fails_and_is_restored_at_most_one_is_sent(
    tmp_path_factory: pytest.TempPathFactory, mode: str, days: list[tuple[Sequence[Fault], bool]]
) -> None:
    """Each day a run with faults; on some, the hub of the first day is put back after it, and Pat assigned again."""
    world = a_world(tmp_path_factory.mktemp("invites"), mode)
    saved = world.save()
    for faults, restored in days:
        world.run(plans={"shop": list(faults)})
        if restored:
            world.restore(saved)
        world.assign("Pat")
    world.settle(8)
    assert invited(world) <= 1 and len(world.web()) == 1
    world.close()

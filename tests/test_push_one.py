"""One customer pushed by hand: at once, that one only, and told truly whether it was written (R18-R21, R35, R36)."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from syncctl.cycle import run_one
from syncctl.errors import ConfigError, Unreachable
from syncctl.steps.push_one import Pushed, push_one
from tests.customer_world import CustomerWorld
from tests.fakes.faulty import FailBefore, Fault, lost_reply, on

PAT: dict[str, Any] = {"name": "Pat", "emails": ["pat@pos.example"], "phones": ["020 7946 0123"]}
WEB: dict[str, Any] = {"name": "Wes", "emails": ["wes@shop.example"]}


@pytest.fixture
def world(tmp_path: Path) -> CustomerWorld:
    return CustomerWorld(tmp_path)


def push(world: CustomerWorld, name: str, to: str = "shop", faults: list[Fault] | None = None) -> Pushed:
    """What `customers push` does."""
    parties = ["back-office", to] if to != "back-office" else [to]
    hub_id = world.hub_id(name)
    with world.connected({to: faults or []}):
        return run_one(world.settings, command="test", work=lambda run: push_one(run, to, hub_id), parties=parties)


def test_a_customer_of_the_back_office_is_made_in_the_store_at_once_and_nobody_else_is(world: CustomerWorld) -> None:
    world.office.upsert_customer(**PAT)
    world.office.upsert_customer(name="Other")
    world.know()
    world.assign("Other")
    pushed = push(world, "Pat")
    [made] = world.web()
    assert (made["name"], made["emails"]) == ("Pat", PAT["emails"])
    assert pushed.created and pushed.remote_id == made["id"] and not pushed.held
    assert set(pushed.written) == {"name", "emails", "phones", "tax_exempt"}, "what the back office says"


def test_a_web_customer_without_an_order_is_made_in_the_back_office(world: CustomerWorld) -> None:
    world.shop.upsert_customer(**WEB)
    world.know()
    pushed = push(world, "Wes", "back-office")
    [made] = world.pos()
    assert pushed.created and pushed.remote_id == made["id"] and made["emails"] == WEB["emails"]


def test_afterwards_he_is_kept_in_step_though_only_who_is_assigned_is(world: CustomerWorld) -> None:
    world.change(customers={"upload": "assigned"})
    pat = world.office.upsert_customer(**PAT)
    world.know()
    push(world, "Pat")
    world.office.upsert_customer(pat, name="Patricia")
    world.know()
    world.run()
    assert world.names()[0] == ["Patricia"]


def test_what_is_the_same_already_is_not_written(world: CustomerWorld) -> None:
    world.office.upsert_customer(**PAT)
    world.know()
    first = push(world, "Pat")
    again = push(world, "Pat")
    assert again == Pushed(hub_id=first.hub_id, remote_id=first.remote_id) and world.writes() == []


def test_a_change_is_told_at_once_and_which_fields_went(world: CustomerWorld) -> None:
    pat = world.office.upsert_customer(**PAT)
    world.know()
    push(world, "Pat")
    world.office.upsert_customer(pat, company="Poole")
    world.know()
    pushed = push(world, "Pat")
    assert (pushed.written, pushed.created, pushed.held) == (("company",), False, "")
    assert world.web()[0]["company"] == "Poole"


def test_who_turns_out_to_be_a_web_customer_of_ours_is_joined_and_says_so(world: CustomerWorld) -> None:
    world.office.upsert_customer(**PAT)
    web = world.shop.upsert_customer(name="Patricia", emails=["pat@pos.example"])
    world.know()
    before = world.hub_id("Pat")
    pushed = push(world, "Pat")
    assert pushed.remote_id == web and pushed.hub_id == world.hub_id("Patricia") != before
    assert world.web()[0]["phones"] == PAT["phones"] and pushed.written == ("phones", "tax_exempt")


def test_one_that_is_refused_says_why_and_is_tried_again_whenever_it_is_asked_for(world: CustomerWorld) -> None:
    world.change(customers={"match": "create_new"})
    other = world.shop.upsert_customer(name="Other", emails=["pat@pos.example"])
    world.office.upsert_customer(**PAT)
    world.know()
    for _ in range(2):
        pushed = push(world, "Pat")
        assert "shop refused it" in pushed.held and not pushed.remote_id and not pushed.written
        assert world.calls("push_customers", "shop") == 1
    world.shop.upsert_customer(other, emails=[])
    assert push(world, "Pat").created and len(world.web()) == 2


def test_a_refused_change_says_why(world: CustomerWorld) -> None:
    pat = world.office.upsert_customer(**PAT)
    world.know()
    push(world, "Pat")
    world.shop.upsert_customer(name="Other", emails=["new@pos.example"])
    world.office.upsert_customer(pat, emails=["new@pos.example"])
    world.know()
    pushed = push(world, "Pat")
    assert "shop refused the change" in pushed.held and pushed.written == ()


def test_a_tie_is_not_written_and_says_who_may_be_meant(world: CustomerWorld) -> None:
    world.office.upsert_customer(**PAT)
    world.shop.upsert_customer(name="One", emails=["pat@pos.example"])
    world.shop.upsert_customer(name="Two", phones=["020 7946 0123"])
    world.know()
    pushed = push(world, "Pat")
    assert "same e-mail or phone" in pushed.held and len(world.web()) == 2


def test_one_whose_creation_may_be_settling_waits_and_says_so(world: CustomerWorld) -> None:
    world.change(safety={"settle": "60s"})
    world.office.upsert_customer(**PAT)
    world.know()
    with pytest.raises(Unreachable):
        push(world, "Pat", faults=[lost_reply("push_customers")])
    pushed = push(world, "Pat")
    assert "outcome is not known" in pushed.held and world.writes() == []
    world.hurry = timedelta(minutes=2)
    assert push(world, "Pat").held == "" and len(world.web()) == 1


def test_one_that_did_not_arrive_is_made_by_the_next_push(world: CustomerWorld) -> None:
    world.office.upsert_customer(**PAT)
    world.know()
    with pytest.raises(Unreachable):
        push(world, "Pat", faults=[FailBefore(on("push_customers"), Unreachable("down"))])
    assert push(world, "Pat").created and len(world.web()) == 1


@pytest.mark.parametrize(
    ("switches", "to"),
    [
        ({"back_office_to_web": False}, "shop"),
        ({"web_to_back_office": False}, "back-office"),
        ({"enabled": False}, "shop"),
    ],
)
def test_where_customers_do_not_go_nothing_is_pushed_by_hand(
    world: CustomerWorld, switches: dict[str, Any], to: str
) -> None:
    world.office.upsert_customer(**PAT)
    world.shop.upsert_customer(**WEB)
    world.know()
    world.change(customers=switches)
    with pytest.raises(ConfigError, match="do not go to"):
        push(world, "Pat" if to == "shop" else "Wes", to)
    assert world.names() == (["Wes"], ["Pat"])


def test_somebody_who_does_not_exist_is_not_pushed(world: CustomerWorld) -> None:
    world.know()
    with world.connected(), pytest.raises(ConfigError, match="no customer 77"):
        run_one(world.settings, command="test", work=lambda run: push_one(run, "shop", 77))

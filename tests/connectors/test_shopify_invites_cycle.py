"""Invitations to accounts of the old kind, at most one ever to each; and what is said where there are none to send."""

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from syncctl.cli import main
from tests.connectors.test_shopify_people_cycle import cycles, opened
from tests.fakes.wire import WireFault
from tests.shopify_world import ShopifyCycles

LEGACY = {"customer_accounts": "legacy"}
PAT: dict[str, Any] = {"name": "Pat Poole", "emails": ["pat@pos.example"]}


def a_world(folder: Path, **store: Any) -> ShopifyCycles:
    """Pat is at the till; who is assigned is invited."""
    world = opened(folder, store=store, upload="assigned", send_invite=True)
    world.site.options.customer_accounts = "CLASSIC" if store else "NEW_CUSTOMER_ACCOUNTS"
    world.office.upsert_customer(**PAT)
    cycles(world, 2)
    return world


def assign(world: ShopifyCycles) -> None:
    [(hub_id,)] = world.rows("SELECT id FROM customer WHERE name = 'Pat Poole'")
    with world.hub() as hub:
        hub.uploads.assign([hub_id], "shop")


def mails(world: ShopifyCycles) -> int:
    return sum(kind == "account_invite" for _, kind, _ in world.site.oracle.mails)


def states(world: ShopifyCycles) -> list[str]:
    return [state for (state,) in world.rows("SELECT state FROM invitation")]


def test_who_is_assigned_is_made_and_invited_once(tmp_path: Path) -> None:
    with a_world(tmp_path, **LEGACY) as world:
        assign(world)
        cycles(world)
        assert (mails(world), states(world)) == (1, ["sent"])
        assert world.person("pat@pos.example").state == "INVITED"
        assign(world)
        cycles(world)
        assert mails(world) == 1


@pytest.mark.parametrize("done", [True, False])
def test_a_lost_reply_sends_no_second_one(tmp_path: Path, done: bool) -> None:
    with a_world(tmp_path, **LEGACY) as world:
        assign(world)
        world.run("pull-orders", "push-orders", "pull-data")
        sending = 5  # looked up, made, read back, read again; then it is sent
        world.server.fail(WireFault("reset", done=done), at=world.server.count + sending)
        assert world.run("push-data").exit_code == 3
        assert b"customerSendAccountInviteEmail" in world.server.log[-1].body
        assert mails(world) == int(done)
        cycles(world)
        assert (mails(world), states(world)) == (1, ["sent"])


def test_a_hub_of_before_sends_no_second_one(tmp_path: Path) -> None:
    with a_world(tmp_path, **LEGACY) as world:
        saved = (tmp_path / "hub.db").read_bytes()
        assign(world)
        cycles(world)
        assert mails(world) == 1
        for suffix in ("-wal", "-shm"):
            (tmp_path / f"hub.db{suffix}").unlink(missing_ok=True)
        (tmp_path / "hub.db").write_bytes(saved)
        assign(world)
        cycles(world)
        assert (mails(world), len(world.site.customers)) == (1, 1)
        assert states(world) == ["sent before"]


@pytest.mark.parametrize("state", ["INVITED", "ENABLED", "DECLINED"])
def test_whoever_was_asked_before_is_not_asked_again(tmp_path: Path, state: str) -> None:
    with a_world(tmp_path, **LEGACY) as world:
        world.hands.add_customer("pat@pos.example", first_name="Pat", last_name="Poole", state=state)
        assign(world)
        cycles(world)
        assert (mails(world), states(world)) == (0, ["sent before"])


def test_by_new_accounts_nothing_is_sent_and_the_list_says_that_it_is_not_applicable(tmp_path: Path) -> None:
    with a_world(tmp_path) as world:
        assign(world)
        cycles(world)
        assert mails(world) == 0 and len(world.site.customers) == 1
        listed = CliRunner().invoke(main, ["--config", str(world.config), "customers", "list"])
        assert listed.exit_code == 0, listed.output
        assert "shop: not applicable" in listed.output

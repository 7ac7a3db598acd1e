"""Whole cycles with a token for a day: one is asked for in a day, and whatever becomes of it no write goes astray."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from syncctl.model import Report
from tests.fakes.shopify import CLIENT_ID, CLIENT_SECRET, add_app
from tests.fakes.shopify.checkout import Buy
from tests.fakes.wire import Request, WireFault
from tests.shopify_world import ShopifyCycles

GRANTED: dict[str, Any] = {"access_token": None, "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
PLENTY = {"bucket": 100_000, "restore_rate": 10_000}


@pytest.fixture
def world(tmp_path: Path) -> Iterator[ShopifyCycles]:
    """A mug and a pot in step, ten of each, and a day of waiting done."""
    with ShopifyCycles(tmp_path, store=GRANTED, options=PLENTY) as world:
        add_app(world.site)
        world.mug, world.pot = world.sell("MUG"), world.sell("POT")  # type: ignore[attr-defined]
        assert world.run().exit_code == 0
        yield world


def busy(world: ShopifyCycles) -> None:
    """One mug is sold on the web, and two pots at the counter."""
    world.hands.place([Buy(world.mug, 1)])  # type: ignore[attr-defined]
    world.office.sell("POT", 2)


def tokens_given(world: ShopifyCycles) -> int:
    return sum(request.path.endswith("/access_token") for request in world.server.log)


def kept(world: ShopifyCycles) -> list[str]:
    """The tokens beside the hub."""
    return [one["token"] for one in json.loads((world.folder / "hub.db.tokens").read_text()).values()]


def in_step(world: ShopifyCycles) -> bool:
    return world.levels() == {"MUG": 9, "POT": 8}


def revoke(world: ShopifyCycles) -> None:
    """Every token that was given is good no longer."""
    for text in [text for text, token in world.site.tokens.items() if token.ends_at is not None]:
        del world.site.tokens[text]


def test_the_token_lies_beside_the_hub_for_its_owner_alone_and_in_no_other_file(world: ShopifyCycles) -> None:
    path = world.folder / "hub.db.tokens"
    assert path.stat().st_mode & 0o777 == 0o600
    [token] = kept(world)
    assert token in world.site.tokens
    files = {one.name: one.read_bytes() for one in world.folder.rglob("*") if one.is_file()}
    assert [name for name, content in files.items() if token.encode() in content] == ["hub.db.tokens"]
    assert [name for name, content in files.items() if CLIENT_SECRET.encode() in content] == ["syncctl.yaml"]


def test_one_token_a_day_is_asked_for_however_often_it_runs(world: ShopifyCycles) -> None:
    given = []
    for _ in range(25):
        world.hurry += timedelta(hours=2)
        assert world.run("pull-orders").exit_code == 0
        given.append(tokens_given(world))
    assert sum(given) == 2  # of fifty hours


@pytest.mark.parametrize("spoilt", ["gone", "damaged", "open to all", "a folder"])
def test_without_the_file_a_token_is_asked_for_and_the_run_goes_on(world: ShopifyCycles, spoilt: str) -> None:
    path = world.folder / "hub.db.tokens"
    if spoilt == "open to all":
        path.chmod(0o644)
    else:
        path.unlink()
    if spoilt == "damaged":
        path.write_bytes(b"\xff{")
        path.chmod(0o600)
    if spoilt == "a folder":
        path.mkdir()
    busy(world)
    assert world.run().exit_code == 0
    assert (tokens_given(world), in_step(world)) == (1, True)


def test_a_token_that_is_revoked_before_any_request_is_renewed_once(tmp_path: Path) -> None:
    count = 0
    for number in range(1, 50):
        with ShopifyCycles(tmp_path / str(number), store=GRANTED, options=PLENTY) as world:
            add_app(world.site)
            world.mug, world.pot = world.sell("MUG"), world.sell("POT")  # type: ignore[attr-defined]
            world.run()
            busy(world)
            first = world.server.count

            def before(request: Request, world: ShopifyCycles = world, number: int = first + number) -> None:
                if request.number == number:
                    revoke(world)

            world.server.before = before
            report = world.run()
            count = world.requests()
            assert (report.exit_code, in_step(world), tokens_given(world)) == (0, True, 1 if number <= count - 2 else 0)
            if number > count:
                break
    assert count == 4  # orders, levels, orders again, levels set


def test_an_app_that_was_taken_out_needs_a_person_and_nothing_is_written(world: ShopifyCycles) -> None:
    revoke(world)
    app = world.site.apps[CLIENT_ID]
    app.installed = False
    busy(world)
    before = world.levels()
    report = world.run()
    assert report.exit_code == 4
    assert "stores.shop.client_id and client_secret" in told(report)
    assert world.levels() == before
    app.installed = True
    assert world.run().exit_code == 0
    assert in_step(world)


@pytest.mark.parametrize("kind", ["500", "reset", "truncated", "login_page", "429_none", "empty", "object"])
def test_where_no_token_can_be_had_the_store_is_left_out_and_comes_back(world: ShopifyCycles, kind: str) -> None:
    world.change(safety={"max_wait": "0s"})
    revoke(world)
    busy(world)
    refused = world.server.count + 1  # the first request of the run, with the token that is kept
    world.server.faults = {number: WireFault(kind) for number in range(refused + 1, refused + 60)}
    before = world.levels()
    assert world.run().exit_code == 3
    assert world.levels() == before
    assert set(world.server.lines()[1:]) == {"POST /admin/oauth/access_token"}
    world.server.heal()
    assert world.run().exit_code == 0
    assert in_step(world)


def told(report: Report) -> str:
    return "\n".join(step.reason for step in report.steps)

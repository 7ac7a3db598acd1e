"""A hub that an older syncctl made is brought up to date by the first run, with all that is in it."""

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from syncctl.errors import HubError
from syncctl.hub import Hub
from syncctl.hub.damage import damage_told, find_damage
from syncctl.hub.schema import SCHEMA_VERSION
from tests.customer_world import CustomerWorld
from tests.stock_world import dump

ROOT = Path(__file__).parent.parent

ANN = {"name": "Ann Archer", "emails": ("ann@shop.example",)}


NEWER = {
    1: {"consent": ("told", "own"), "listing": ("priced",), "customer": ("tax_id",)},
    2: {"listing": ("priced",), "customer": ("tax_id",)},
    3: {"customer": ("tax_id",)},
}
"""By schema, the columns that it did not have: 1 did not keep apart what a side said itself, 2 what has no price, 3 tax
identifiers."""
_NEVER_AGREED = "UPDATE link SET {0} = json_remove({0}, '$.tax_id') WHERE {0} IS NOT NULL"


def made_older(path: Path, schema: int, *, told: bool = False) -> None:
    """As a hub of this schema was. `told`: of the days between 1 and 2, when it had the columns of 2 already."""
    with closing(sqlite3.connect(path)) as connection, connection:
        for table, columns in NEWER[schema].items():
            for column in () if told and table == "consent" else columns:
                connection.execute(f"ALTER TABLE {table} DROP COLUMN {column}")
        for base in ("agreed_ours", "agreed_theirs"):
            connection.execute(_NEVER_AGREED.format(base))
        connection.execute("DELETE FROM _sqlite_migrations WHERE substr(name, 1, 4) > ?", [f"m00{schema}"])
        connection.execute(f"PRAGMA user_version = {schema}")


@pytest.fixture
def world(tmp_path: Path) -> CustomerWorld:
    """Ann said yes in the shop, and no in the messages' channel at the counter; both were carried over."""
    world = CustomerWorld(tmp_path, customers={"trigger": "any", "upload": "linked"})
    for party in ("shop", "back-office"):
        side = world.shop if party == "shop" else world.office
        ann = side.upsert_customer(**ANN)
        side.set_consent(ann, "email", "subscribed" if party == "shop" else "unsubscribed")
        if party == "shop":
            world.settle(6)
    world.settle(6)
    return world


@pytest.mark.parametrize(("schema", "told"), [(1, False), (1, True), (2, False), (3, False)])
def test_nothing_is_lost_and_the_tables_are_those_of_a_new_hub(world: CustomerWorld, schema: int, told: bool) -> None:
    before = dump(world.settings.hub.path)
    made_older(world.settings.hub.path, schema, told=told)
    assert world.run().exit_code == 0
    assert find_damage(world.settings.hub.path) == ""
    assert world.rows("PRAGMA user_version") == [(SCHEMA_VERSION,)]
    plain = "SELECT customer_id, channel, party, state, changed_at, source, seen_at, seen_before FROM consent"
    after = sorted(world.rows(plain))
    assert after == sorted(tuple(row[:8]) for row in before["consent"]) and len(after) >= 2
    assert dump(world.settings.hub.path)["listing"] == before["listing"] != []
    world.run()
    assert world.writes() == []


def test_answers_still_go_over_and_a_yes_that_both_show_is_carried_to_nobody_else(tmp_path: Path) -> None:
    world = CustomerWorld(tmp_path, customers={"trigger": "any", "upload": "linked"})
    web, pos = world.shop.upsert_customer(**ANN), world.office.upsert_customer(**ANN)
    world.shop.set_consent(web, "email", "subscribed")
    world.settle(6)
    made_older(world.settings.hub.path, 1)
    world.run()
    with world.hub() as hub:
        link = hub.links.by_remote("back-office", "customer", [pos])[pos]
        parted = hub.joining.unlink("back-office", pos, world.settings.customers)
        left = hub.consents.astray([link.hub_id, parted])
    assert {(one.party, one.state) for one in left} == {("shop", "subscribed"), ("back-office", "subscribed")}
    world.shop.set_consent(web, "email", "unsubscribed")
    world.settle(6)
    assert world.pos()[0]["consents"][0]["state"] == "subscribed", "parted: it is nobody's business there"


VAT = "GB980780684"


@pytest.mark.parametrize("has", ["shop", "back-office"])
def test_a_tax_identifier_of_one_side_goes_to_the_other_and_is_no_question(tmp_path: Path, has: str) -> None:
    """Nothing was ever agreed on it: who says something is no younger than who says nothing."""
    world = CustomerWorld(tmp_path, customers={"trigger": "any", "upload": "linked"})
    web, pos = world.shop.upsert_customer(**ANN), world.office.upsert_customer(**ANN)
    world.settle(6)
    made_older(world.settings.hub.path, 3)
    if has == "shop":
        world.shop.upsert_customer(web, tax_id=VAT)
    else:
        world.office.upsert_customer(pos, tax_id=VAT)
    assert world.run().exit_code == 0
    world.run()
    assert (world.shop.customer(web)["tax_id"], world.office.customer(pos).tax_id) == (VAT, VAT)
    assert world.rows("SELECT count(*) FROM hold") == [(0,)]
    world.settle(2)
    world.run()
    assert world.writes() == []


def test_two_that_differ_are_asked_and_neither_is_written_over(tmp_path: Path) -> None:
    world = CustomerWorld(tmp_path, customers={"trigger": "any", "upload": "linked"})
    web, pos = world.shop.upsert_customer(**ANN), world.office.upsert_customer(**ANN)
    world.settle(6)
    made_older(world.settings.hub.path, 3)
    world.shop.upsert_customer(web, tax_id=VAT)
    world.office.upsert_customer(pos, tax_id="DE136695976")
    world.settle(3)
    assert [reason for (reason,) in world.rows("SELECT reason FROM hold")] == ["changed on both sides"]
    assert (world.shop.customer(web)["tax_id"], world.office.customer(pos).tax_id) == (VAT, "DE136695976")


def test_where_no_side_has_a_tax_identifier_nothing_is_written_anywhere(tmp_path: Path) -> None:
    world = CustomerWorld(tmp_path, customers={"trigger": "any", "upload": "linked"})
    web = world.shop.upsert_customer(**ANN)
    world.office.upsert_customer(**ANN)
    world.settle(6)
    made_older(world.settings.hub.path, 3)
    world.shop.upsert_customer(web, emails=("ann@shop.example",))  # it is told again, and says what it said
    for _ in range(3):
        assert world.run().exit_code == 0
        assert world.writes() == []


DYING = """
import os, sqlite3, sys
from pathlib import Path
left = [int(sys.argv[2])]
class Dying(sqlite3.Connection):
    def execute(self, *args):
        left[0] -= 1
        if left[0] < 0: os._exit(9)
        return super().execute(*args)
real = sqlite3.connect
sqlite3.connect = lambda *args, **options: real(*args, **{**options, 'factory': Dying})
from syncctl.hub import Hub
Hub.open(Path(sys.argv[1])).close()
"""


STATEMENTS = 80
POINTS = {
    1: [1, 12, 29, 34, 35, 36, 41, 43, 49, 54, 56, 57, 62, STATEMENTS],
    2: [29, 34, 39, 41],
    3: [34, 41],
}


@pytest.mark.parametrize(("schema", "at"), [(schema, at) for schema in POINTS for at in POINTS[schema]])
def test_a_crash_in_the_middle_of_it_leaves_a_hub_that_the_next_run_finishes(
    tmp_path: Path, schema: int, at: int
) -> None:
    """The process ends at the n-th statement, as by kill -9."""
    world = CustomerWorld(tmp_path, customers={"trigger": "any", "upload": "linked"})
    world.office.upsert_customer(**ANN)
    world.shop.set_consent(world.shop.upsert_customer(**ANN), "email", "subscribed")
    world.settle(6)
    before = dump(world.settings.hub.path)
    made_older(world.settings.hub.path, schema)
    done = subprocess.run([sys.executable, "-c", DYING, str(world.settings.hub.path), str(at)], cwd=ROOT)
    assert done.returncode == (0 if at == STATEMENTS else 9)
    Hub.open(world.settings.hub.path).close()
    assert dump(world.settings.hub.path)["listing"] == before["listing"] != []
    told = {1: "told"}.get(schema, "")  # of 1 it is not known any more who had it from whom
    assert sorted(world.rows("SELECT party, state, told, own FROM consent")) == [
        ("back-office", "subscribed", "told", None),
        ("shop", "subscribed", told, None),
    ]
    assert find_damage(world.settings.hub.path) == ""


def test_what_only_reads_says_that_a_run_is_needed_and_blames_no_damage(world: CustomerWorld) -> None:
    path = world.settings.hub.path
    made_older(path, 1)
    with (
        pytest.raises(HubError, match="older syncctl") as caught,
        damage_told(path),
        Hub.open(path, read_only=True) as hub,
    ):
        hub.consents.heard([1])
    assert "syncctl sync-all" in caught.value.hint

"""An order that cannot be read keeps all levels from rising: who looks at it is told so, and what to do about it."""

import json
from datetime import timedelta
from pathlib import Path

import pytest

from tests.stock_world import StockWorld
from tests.test_cli import call


def held(folder: Path, how: str) -> tuple[StockWorld, str]:
    """A world with a held order, and more trays than are shown. `how`: nothing of it can be read, or not its units."""
    world = StockWorld(folder)
    world.settle()
    order_id = world.shop.place_order([("MUG", 7)])
    body = world.shop.order(order_id)
    body["lines"][0]["quantity"] = "seven"
    world.shop.put_raw(order_id, "{" if how == "nothing" else json.dumps(body))
    world.run()
    world.office.receive("TRAY", 20)
    world.run()
    assert world.level("TRAY") == 50
    return world, order_id


@pytest.mark.parametrize("how", ["nothing", "no units"])
def test_its_hold_says_that_no_level_rises_and_how_that_ends(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], how: str
) -> None:
    world, _ = held(tmp_path, how)
    [(hold_id, message)] = world.rows("SELECT id, message FROM hold")
    assert "no level rises" in message and "`syncctl holds skip`" in message
    assert call("--config", str(world.config), "holds", "show", str(hold_id)) == 0
    shown = capsys.readouterr().out
    assert f"syncctl holds retry {hold_id}" in shown and f"syncctl holds skip {hold_id}" in shown
    assert call("--config", str(world.config), "holds", "skip", str(hold_id)) == 0
    world.run()
    world.run()
    assert world.level("TRAY") == 70


def test_one_that_is_to_be_tried_again_is_asked_for_by_the_next_run(tmp_path: Path) -> None:
    world, order_id = held(tmp_path, "nothing")
    world.hurry += timedelta(hours=2)  # what changed lately is read more than once
    world.run()
    good = world.shop.order(world.shop.place_order([("MUG", 7)]))
    with world.shop.connection as connection:
        body = json.dumps({**good, "id": order_id})
        connection.execute("UPDATE sales_order SET body = ? WHERE id = ?", [body, order_id])
    world.run()
    assert world.holds() == [("unreadable", "unreadable")], "it did not change, for all that the shop says"
    [(hold_id,)] = world.rows("SELECT id FROM hold")
    assert call("--config", str(world.config), "holds", "retry", str(hold_id)) == 0
    world.run()
    assert world.holds() == []
    world.run()
    assert world.level("TRAY") == 70

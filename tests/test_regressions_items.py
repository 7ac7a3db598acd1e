"""A sale stands on the items that it was booked on, also in a hub that does not know how it was booked."""

from pathlib import Path

from syncctl.backup import make_backup, restore_backup
from tests.builders import World


def a_sale_on_the_placeholder_of_which_the_hub_knows_nothing(folder: Path) -> tuple[World, str]:
    """It was booked on the placeholder; then the hub is put back, and the SKU becomes an item of its own."""
    world = World(folder, orders={"unknown_sku": "placeholder"})
    world.office.add_item("WEB-ITEM", "Anything", "0", 0)
    world.shop.add_listing("GHOST", "Nobody knows it", "5.00", 7)
    world.run()
    backup = make_backup(folder / "hub.db", keep=3)
    order_id = world.shop.place_order([("MUG", 1), ("GHOST", 2)])
    world.run()
    restore_backup(folder / "hub.db", backup)
    world.office.add_item("GHOST", "Known by now", "5.00", 0)
    return world, order_id


def test_a_credit_takes_back_what_was_sold_where_a_restored_hub_found_the_sale(tmp_path: Path) -> None:
    world, order_id = a_sale_on_the_placeholder_of_which_the_hub_knows_nothing(tmp_path)
    ghost = world.line_ids(order_id)[1]
    world.shop.refund(order_id, {ghost: 2}, restock=True)
    for _ in range(3):
        world.run()
    credits = [one for one in world.documents(order_id) if one.kind == "credit"]
    assert [(line.sku, line.quantity) for one in credits for line in one.lines] == [("WEB-ITEM", 2)]
    assert world.office.on_hand("GHOST") == 0


def test_units_that_were_booked_on_the_placeholder_still_count_where_a_restored_hub_found_the_sale(
    tmp_path: Path,
) -> None:
    world, _ = a_sale_on_the_placeholder_of_which_the_hub_knows_nothing(tmp_path)
    world.office.receive("GHOST", 3)
    for _ in range(3):
        world.run()
    assert world.shop.listing("GHOST").quantity == 1, "three came in, and two of them were sold already"

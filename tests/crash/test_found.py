"""What the proof found, each as a small test of its own."""

from contextlib import closing
from pathlib import Path

from tests.crash import world


def test_an_old_order_that_changes_does_not_bring_the_customers_old_details_back(tmp_path: Path) -> None:
    world.begin(tmp_path, "order")
    world.cycle(tmp_path, "order")
    shop, office = world.open_sides(tmp_path, "order")
    with closing(shop), closing(office):
        ada = shop.customers()[0]["id"]
        shop.upsert_customer(ada, phones=("+447700900123",))
        shop.place_order([("MUG", 1)], customer=ada, order_id="new")
        world.cycle(tmp_path, "order")
        shop.fulfil("shipped")
        shop.touch("written-off")
        shop.close_order("written-off")  # its body still names the customer as she was then
        world.cycle(tmp_path, "order")
        phones = [row[0] for row in office.connection.execute("SELECT phones FROM customer WHERE name = 'Ada Byron'")]
        assert phones == ['["+447700900123"]']

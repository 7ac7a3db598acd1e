"""Orders that are odd: what can be read counts, and the others come all the same."""

from syncctl.connectors.base import WebStore
from tests.conformance.web_store_kit import ODD_PRICE, Kit, World, now_there, read


class OddOrders(Kit):
    """Nothing in one order may stop the others."""

    def test_an_amount_that_is_none_is_a_problem_and_its_units_still_count(
        self, store: WebStore, world: World, listing: str
    ) -> None:
        odd, sound = self.order(world, 4), self.order(world)
        world.spoil(odd, "bad_price")
        orders, _ = read(store.fetch_orders(None, None))
        assert orders[sound].problems == ()
        assert any(ODD_PRICE in problem for problem in orders[odd].problems), "it is named as it was sent"
        assert [(line.sku, line.quantity) for line in orders[odd].lines] == [("SKU-1", 4)]

    def test_a_fraction_is_raised_and_named(self, store: WebStore, world: World, listing: str) -> None:
        order_id = self.order(world, 4)
        world.spoil(order_id, "fraction")
        order = now_there(store, order_id)
        assert [(line.sku, line.quantity) for line in order.lines] == [("SKU-1", 4)], "3.5 of them"
        assert (order.fractional, order.units_known) == (True, True)
        assert any("3.5" in problem for problem in order.problems)

    def test_whole_units_however_they_are_written_are_whole(self, store: WebStore, world: World, listing: str) -> None:
        order_id = self.order(world, 4)
        world.spoil(order_id, "decimal")
        order = now_there(store, order_id)
        assert (order.problems, order.fractional, order.lines[0].quantity) == ((), False, 4)

    def test_a_line_without_sku_is_no_problem_of_reading(self, store: WebStore, world: World, listing: str) -> None:
        order_id = self.order(world)
        world.spoil(order_id, "no_sku")
        order = now_there(store, order_id)
        assert order.problems == ()
        assert [line.sku for line in order.lines] == [None]

    def test_words_that_nobody_knows_are_passed_on(self, store: WebStore, world: World, listing: str) -> None:
        order_id = self.order(world)
        world.spoil(order_id, "unknown_status")
        assert now_there(store, order_id).financial_status == "wibble"

    def test_an_order_beyond_reading_is_named_and_the_others_come(
        self, store: WebStore, world: World, listing: str
    ) -> None:
        first, broken, last = self.orders(world, 3)
        world.spoil(broken, "beyond_reading")
        pages = list(store.fetch_orders(None, None))
        assert [order.id for page in pages for order in page.records] == [first, last]
        assert [each.id for page in pages for each in page.unreadable] == [broken]
        assert all(each.reason for page in pages for each in page.unreadable)

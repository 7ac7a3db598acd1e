"""Orders: read without loss, and what stands on them."""

from datetime import UTC, datetime
from itertools import islice

import pytest

from syncctl.connectors.base import OVERLAP_SECONDS, WebStore
from syncctl.model import (
    Order,
    OrderKind,
)
from tests.conformance.web_store_kit import LONG, Kit, World, adds_up, now_there, read, refund_adds_up


class Orders(Kit):
    """Paging, cursors, and the parts of an order."""

    def test_every_order_comes_over_several_pages(self, store: WebStore, world: World, listing: str) -> None:
        placed = self.orders(world, 8)
        pages = list(store.fetch_orders(None, None))
        assert len(pages) > 2
        assert sorted(order.id for page in pages for order in page.records) == sorted(placed)

    def test_a_reading_that_died_resumes_after_any_page(self, store: WebStore, world: World, listing: str) -> None:
        placed = set(self.orders(world, 8))
        count = len(list(store.fetch_orders(None, None)))
        for died_after in range(1, count + 1):
            first = list(islice(store.fetch_orders(None, None), died_after))
            rest, _ = read(store.fetch_orders(first[-1].cursor, None))
            seen = {order.id for page in first for order in page.records} | rest.keys()
            assert seen == placed, f"died after page {died_after}"

    def test_what_changes_while_pages_are_read_is_seen_now_or_next_time(
        self, store: WebStore, world: World, listing: str
    ) -> None:
        if not getattr(world, "tells_edits", True):
            pytest.skip("an edit of lines moves no change time here: open orders are read again daily")
        placed = self.orders(world, 8)
        world.advance(LONG)
        seen: dict[str, Order] = {}
        for number, page in enumerate(store.fetch_orders(None, None)):
            seen |= {order.id: order for order in page.records}
            cursor = page.cursor
            if number >= 8:  # what moves to the end faster than pages of three are read would be read for ever
                continue
            world.advance(1)
            for order_id in {placed[0], placed[-1], placed[number]}:
                line = now_there(store, order_id).lines[0]
                world.edit(order_id, line.id, line.quantity + 1)
            placed.append(self.order(world))
        later, _ = read(store.fetch_orders(cursor, None))
        seen |= later
        assert seen == {order_id: now_there(store, order_id) for order_id in placed}

    def test_what_changed_between_a_death_and_its_resumption_is_seen(
        self, store: WebStore, world: World, listing: str
    ) -> None:
        self.orders(world, 8)
        first = next(store.fetch_orders(None, None))
        world.advance(LONG)
        read_already = first.records[0]
        world.edit(read_already.id, read_already.lines[0].id, 4)
        world.advance(LONG)
        rest, cursor = read(store.fetch_orders(first.cursor, None))
        later, _ = read(store.fetch_orders(cursor, None))
        assert (rest | later)[read_already.id].lines[0].quantity == 4

    def test_orders_inside_the_overlap_come_again_and_older_ones_do_not(
        self, store: WebStore, world: World, listing: str
    ) -> None:
        old = self.order(world)
        world.advance(LONG)
        fresh = self.order(world)
        world.advance(OVERLAP_SECONDS / 2)
        _, cursor = read(store.fetch_orders(None, None))
        again, _ = read(store.fetch_orders(cursor, None))
        assert fresh in again
        assert old not in again

    def test_an_idle_store_says_nothing_and_still_moves_its_cursor(
        self, store: WebStore, world: World, listing: str
    ) -> None:
        self.order(world)
        world.advance(LONG)
        _, cursor = read(store.fetch_orders(None, None))
        orders, moved = read(store.fetch_orders(cursor, None))
        assert orders == {}
        assert moved

    def test_orders_placed_before_the_wanted_moment_stay_out(self, store: WebStore, world: World, listing: str) -> None:
        world.place([("SKU-1", 1, "5.00", "0")], placed_at=datetime(2020, 1, 1, tzinfo=UTC))
        wanted = world.place([("SKU-1", 1, "5.00", "0")], placed_at=datetime(2020, 1, 3, tzinfo=UTC))
        orders, _ = read(store.fetch_orders(None, datetime(2020, 1, 2, tzinfo=UTC)))
        assert list(orders) == [wanted]

    def test_orders_by_id_are_as_they_are_now_and_gone_ones_are_absent(
        self, store: WebStore, world: World, listing: str
    ) -> None:
        kept, gone = self.orders(world, 2)
        world.remove_order(gone)
        page = store.fetch_orders_by_id([gone, "no-such-order", kept])
        assert [order.id for order in page.records] == [kept]
        assert not page.unreadable

    def test_raw_text_tells_versions_apart(self, store: WebStore, world: World, listing: str) -> None:
        order_id = self.order(world)
        before = now_there(store, order_id)
        assert now_there(store, order_id).raw == before.raw
        world.edit(order_id, before.lines[0].id, 3)
        after = now_there(store, order_id)
        assert after.raw != before.raw
        assert after.lines[0].quantity == 3
        assert after.changed_at >= before.changed_at

    @pytest.mark.parametrize("tax_included", [False, True])
    @pytest.mark.parametrize(
        ("lines", "charges"),
        [
            ([("SKU-1", 2, "5.00", "0")], {}),
            ([("SKU-1", 3, "5.00", "2.50"), ("SKU-1", 1, "0.00", "0")], {"shipping": "4.95"}),
            ([("SKU-1", 7, "1.115", "0.31"), ("SKU-1", 3, "0.335", "0.05")], {"discount": "-1.10", "tip": "2.00"}),
        ],
    )
    def test_every_readable_order_adds_up(
        self,
        store: WebStore,
        world: World,
        listing: str,
        lines: list[tuple[str, int, str, str]],
        charges: dict[str, str],
        tax_included: bool,
    ) -> None:
        order = now_there(store, world.place(lines, charges=charges, tax_included=tax_included))
        assert not order.problems
        assert adds_up(order)
        assert order.total > 0
        assert [line.quantity for line in order.lines] == [line[1] for line in lines]
        told = {charge.kind for charge in order.charges} - {"rounding"}
        without_tips = {"fee" if kind == "tip" else kind for kind in charges}
        assert told in (set(charges), without_tips), "a platform without tips has a fee for them"

    def test_the_same_sku_twice_stays_two_lines(self, store: WebStore, world: World, listing: str) -> None:
        order = now_there(store, world.place([("SKU-1", 1, "5.00", "0"), ("SKU-1", 2, "4.00", "0")]))
        assert [(line.sku, line.quantity) for line in order.lines] == [("SKU-1", 1), ("SKU-1", 2)]
        assert len({line.id for line in order.lines}) == 2

    def test_an_ordinary_order_is_an_aware_utc_sale(self, store: WebStore, world: World, listing: str) -> None:
        order = now_there(store, self.order(world))
        assert order.kind == OrderKind.SALE
        assert order.placed_at.utcoffset() == order.changed_at.utcoffset() == datetime.now(UTC).utcoffset()
        assert order.cancelled_at is None

    def test_a_refund_says_which_units_can_be_sold_again(self, store: WebStore, world: World, listing: str) -> None:
        order_id = self.order(world, 5)
        line_id = now_there(store, order_id).lines[0].id
        refunds = [world.refund(order_id, line_id, 2, restock=True), world.refund(order_id, line_id, 1, restock=False)]
        order = now_there(store, order_id)
        assert [refund.id for refund in order.refunds] == refunds
        assert [(line.line_id, line.quantity, line.restock) for refund in order.refunds for line in refund.lines] == [
            (line_id, 2, True),
            (line_id, 1, False),
        ]
        assert all(refund_adds_up(refund) for refund in order.refunds)
        assert order.lines[0].quantity == 5, "a refund does not change what was ordered"
        assert order.financial_status == "partially_refunded"

    def test_a_cancellation_has_its_time(self, store: WebStore, world: World, listing: str) -> None:
        order_id = self.order(world)
        world.cancel(order_id)
        assert now_there(store, order_id).cancelled_at is not None

    def test_a_guest_is_a_customer_without_id(self, store: WebStore, world: World, listing: str) -> None:
        guest = now_there(store, world.place([("SKU-1", 1, "5.00", "0")], guest_email="guest@example.com")).customer
        assert guest is not None
        assert (guest.id, guest.guest, guest.emails) == ("", True, ("guest@example.com",))
        assert guest.consents == (), "not asked is not answered"

    def test_an_order_carries_where_it_goes_and_who_pays_it(self, store: WebStore, world: World, listing: str) -> None:
        order_id, plain = self.orders(world, 2)
        deliver = getattr(world, "deliver", None) or pytest.skip("nobody can say where an order goes")
        shipping = {"name": "Ada Byron", "street": "12 Mill Lane", "city": "Leeds", "country": "GB"}
        billing = {"company": "Engines Ltd", "street": "1 High Street", "city": "York", "postal_code": "YO1 7HH"}
        deliver(order_id, email="ada@example.com", shipping=shipping, billing=billing)
        order, other = now_there(store, order_id), now_there(store, plain)
        assert order.email == "ada@example.com"
        for given, address in ((shipping, order.shipping_address), (billing, order.billing_address)):
            assert {name: getattr(address, name) for name in given} == given
        assert (other.shipping_address, other.billing_address) == (None, None)
        assert order.problems == ()

    def test_an_order_whose_goods_go_nowhere_has_no_shipping_address(
        self, store: WebStore, world: World, listing: str
    ) -> None:
        """A download: it is paid from somewhere all the same, and that is not where it goes."""
        order_id = self.order(world)
        deliver = getattr(world, "deliver", None) or pytest.skip("nobody can say where an order goes")
        deliver(order_id, email="", shipping=None, billing={"street": "1 High Street", "city": "York"})
        order = now_there(store, order_id)
        assert order.shipping_address is None
        assert order.billing_address is not None and order.billing_address.city == "York"
        assert order.email == ""

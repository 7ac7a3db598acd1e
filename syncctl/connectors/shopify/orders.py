"""A shop's orders: what was ordered, changed, paid and given back.

They are read by the time of their last change, upwards: one that changes meanwhile moves to the end and comes again.
The bound moves only with the last page, to Shopify's own time at the first answer less an overlap, for its search
index lags behind; once a day what changed for two days is read again, in case that it did so for hours. A first reading
of many is done by a file that Shopify makes, which costs no points.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from syncctl.connectors.ahead import ahead
from syncctl.connectors.base import Page
from syncctl.connectors.patience import Patience
from syncctl.connectors.shopify.answers import Answer, Misplaced, Spoilt
from syncctl.connectors.shopify.base import ShopStore
from syncctl.connectors.shopify.cost import Sizer
from syncctl.connectors.shopify.documents import Document
from syncctl.connectors.shopify.gids import gid, is_digits
from syncctl.connectors.shopify.order_bulk import Bulk
from syncctl.connectors.shopify.order_cursor import Cursor, changed_since, placed_since
from syncctl.connectors.shopify.order_details import OF_ALL, OrderReader, Rows
from syncctl.connectors.shopify.order_documents import next_order, orders
from syncctl.connectors.shopify.order_fields import told_page
from syncctl.connectors.shopify.order_totals import NO_SUM
from syncctl.connectors.shopify.order_words import Manners, read_order, with_totals
from syncctl.connectors.shopify.pages import read_page
from syncctl.connectors.tokens import Tokens
from syncctl.errors import DataError, Unreachable
from syncctl.model import Order, Unreadable
from syncctl.settings import ShopifyStoreSettings


class OrderStore(ShopStore):
    """The reading of orders."""

    def __init__(
        self,
        name: str,
        settings: ShopifyStoreSettings,
        patience: Patience | None = None,
        tokens: Tokens | None = None,
    ) -> None:
        super().__init__(name, settings, patience, tokens)
        self.manners = Manners(
            people=settings.customer_data,
            group_prefix=settings.group_prefix,
            legacy_accounts=settings.customer_accounts == "legacy",
        )
        self.reader = OrderReader(self.admin, settings.customer_data)
        self.bulk = Bulk(self.admin, settings)

    def fetch_orders(self, cursor: str | None, since: datetime | None) -> Iterator[Page[Order]]:
        at = Cursor.parse(cursor)
        search = changed_since(at.bound) if at.bound else placed_since(since) if since else ""
        for page in ahead(self._pages(at, search)):
            yield page if since is None else _placed_from(page, since)

    def fetch_orders_by_id(self, ids: Sequence[str]) -> Page[Order]:
        self.called("fetch_orders_by_id", ids, self.abilities.order_batch)
        rows, spoilt = self.reader.by_ids([gid("Order", one) for one in dict.fromkeys(ids) if is_digits(one)])
        return self._page(rows, spoilt, "")

    def _pages(self, at: Cursor, search: str) -> Iterator[Page[Order]]:
        if at.bulk and not self.settings.bulk_from:
            at = Cursor()  # one was asked for, and is not wanted any more
        at = self.bulk.begun(at, search) if at.begins else at
        if at.bulk:
            if at.done == 0:
                yield Page(records=[], cursor=at.text())
            reached = at
            for rows, reached in self.bulk.read(at):
                yield self._page(rows, [], reached.text())
            if not reached.bulk:
                return
            at = Cursor()  # there is no such file, nor will there be one
        yield from self._walk(at, search)

    def _walk(self, at: Cursor, search: str) -> Iterator[Page[Order]]:
        """Every order that the search finds, page by page. Errors: DataError where pages do not move on.

        A page may be empty and others follow: orders that the app may not see were on it.
        """
        sizer = Sizer(self.settings.page_size)
        first = at.after
        while True:
            try:
                answer = self._ask(sizer, at.after, search)
            except Misplaced:
                if at.after is None or at.after != first:
                    raise
                at, first = (
                    replace(at, started=None, after=None),
                    None,
                )  # kept for too long: from the beginning, by the same bound
                continue
            nodes, more, after = told_page(answer.data, "orders")
            at = at.begun(answer.at)
            if None in nodes:
                raise DataError("the shop left out an order; nothing was taken from that page")
            if more and (after is None or after == at.after):
                raise DataError("the shop says that there are more orders and does not say where")
            at = replace(at, after=after) if more else at.ended()
            again, spoilt = self._again(answer)
            yield self._page([*answer.rows, *again], spoilt, at.text())
            if not more:
                return

    def _ask(self, sizer: Sizer, after: str | None, search: str) -> Answer:
        """One page of as many orders as can be had at once, with the customers who are expected if that works out."""
        sizes: list[int] = []

        def with_customers() -> bool:
            return self.along.wanted and (len(sizes) == 1 or sizes[-1] == sizes[0] > 1)

        def ask(size: int) -> tuple[Document, Mapping[str, Any]]:
            sizes.append(size)
            document = orders(size, self.manners.people, with_customers())
            return document, {"query": search or None, "first": size, "after": after}

        try:
            answer = read_page(self.admin, sizer, ask)
        except Unreachable as error:
            if sizer.size > 1 or isinstance(error, OF_ALL):
                raise
            return self._next_alone(after, search)
        if with_customers():
            self.along.keep(answer)
        else:
            sizer.went_well(answer.cost)
        return answer

    def _next_alone(self, after: str | None, search: str) -> Answer:
        """A page of the next order, which Shopify fails at on any page: it is told by its id, as one that is spoilt."""
        answer = self.admin.read(next_order(), {"query": search or None, "first": 1, "after": after})
        rows, _, _ = told_page(answer.data, "orders")
        return replace(answer, spoilt=[Spoilt(place, row, "") for place, row in enumerate(rows)])

    def _again(self, answer: Answer) -> tuple[Rows, list[Unreadable]]:
        """Orders that an error spoilt on their page are read once more by themselves."""
        gids = [one.row["id"] for one in answer.spoilt if one.row is not None]
        return self.reader.by_ids(gids) if gids else ([], [])

    def _page(self, rows: Rows, spoilt: Sequence[Unreadable], cursor: str) -> Page[Order]:
        whole, bad = self.reader.completed(rows)
        read = [read_order(body, text, self.manners) for body, text in whole]
        self._mend(whole, read)
        found = [order for order in read if isinstance(order, Order)]
        unreadable = [one for one in read if not isinstance(one, Order)]
        return Page(records=found, unreadable=[*unreadable, *spoilt, *bad], cursor=cursor)

    def _mend(self, rows: Rows, read: list[Order | Unreadable]) -> None:
        """Orders whose lines do not add up are read by their lines' totals, where these do.

        The prices of a unit in the shop's currency may not multiply out where the buyer saw another one.
        """
        places = {rows[place][0]["id"]: place for place, order in enumerate(read) if _does_not_add_up(order)}
        for one, totals in self.reader.line_totals(list(places)).items():
            body, text = rows[places[one]]
            try:
                order = read_order(*with_totals(body, text, totals), self.manners)
            except KeyError:
                continue  # it has other lines by now
            if isinstance(order, Order) and not order.problems:
                read[places[one]] = order


def _does_not_add_up(order: Order | Unreadable) -> bool:
    return isinstance(order, Order) and any(problem.startswith(NO_SUM) for problem in order.problems)


def _placed_from(page: Page[Order], since: datetime) -> Page[Order]:
    """The page without orders that were placed before."""
    records = [order for order in page.records if order.placed_at >= since]
    return page if len(records) == len(page.records) else replace(page, records=records)

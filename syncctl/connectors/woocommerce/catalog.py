"""What a WooCommerce shop lists, with its levels and prices: read by id, written by batches of its own.

Products are one list. Their variations are one since WooCommerce 10.3, to be read; before that, and whenever they are
written, each product's are a list of their own. A level is set as it was sent: the shop cannot compare before it sets.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from syncctl.connectors.base import Page
from syncctl.connectors.woocommerce.about import SiteStore
from syncctl.connectors.woocommerce.product_words import (
    LEVEL_FIELDS,
    PRICE_FIELDS,
    PRODUCT_FIELDS,
    VARIATION_FIELDS,
    Change,
    Parent,
    Row,
    by_parent,
    level_of,
    outcomes_of,
    parent_of,
    price_of,
    product_listing,
    refusal,
    split,
    to_row,
    variation_listing,
)
from syncctl.connectors.woocommerce.site import Declined
from syncctl.errors import BatchRefused, DataError
from syncctl.model import LevelChange, Listing, PriceChange, Refused, WriteOutcome

_ROUTE = "variations"
_ANY = {"status": "any", "context": "edit"}  # in this context a product's own words, not what plug-ins make of them


class CatalogStore(SiteStore):
    """Listings, levels and prices."""

    def fetch_listings(self, cursor: str | None) -> Iterator[Page[Listing]]:
        """All of them, always: what an order takes does not move a product's date of change."""
        del cursor
        parents: dict[int, Parent] = {}
        shown = False
        for stride in self.site.walk("products", {**_ANY, "_fields": PRODUCT_FIELDS}):
            shown = shown or bool(stride.rows)
            if not shown and not stride.whole:
                raise DataError(
                    f"{self.name} tells of products and shows none; what it lists is taken to be as it was."
                )
            found = [(Parent.of(row), product_listing(row)) for row, _ in stride.rows]
            parents |= {parent.id: parent for parent, _ in found if parent.has_variations}
            yield _page([listing for _, listing in found if listing is not None])
        if parents:
            yield from self._variation_pages(parents)

    def _variation_pages(self, parents: Mapping[int, Parent]) -> Iterator[Page[Listing]]:
        """Those of these products alone: what is left of one that is in the trash is not on sale."""
        found: list[Listing] = []
        for rows, default in self._all_variations(parents):
            owned = [(row, parents.get(parent_of(row, default))) for row in rows]
            found += [variation_listing(row, parent) for row, parent in owned if parent is not None]
            if len(found) >= self.site.page_size:
                yield _page(found)
                found = []
        if found:
            yield _page(found)

    def _all_variations(self, parents: Iterable[int]) -> Iterator[tuple[list[Row], int]]:
        """Pages of variations, with the product that they are of where they do not say so themselves."""
        query = {"_fields": VARIATION_FIELDS}
        if self.site.optional(_ROUTE, _ROUTE, {"per_page": "1", "_fields": "id"}) is not None:
            for stride in self.site.walk(_ROUTE, query):
                yield [row for row, _ in stride.rows], 0
            return
        for parent in parents:
            for stride in self.site.walk(_path(parent), query):
                yield [row for row, _ in stride.rows], parent

    def fetch_levels(self, listing_ids: Sequence[str], location: str = "") -> dict[str, int | None]:
        self.called("fetch_levels", listing_ids, self.abilities.level_batch)
        return {} if location else {one: level_of(row) for one, row in self._listed_now(listing_ids, LEVEL_FIELDS)}

    def fetch_prices(self, listing_ids: Sequence[str]) -> dict[str, str | None]:
        self.called("fetch_prices", listing_ids, self.abilities.price_batch)
        return {one: price_of(row) for one, row in self._listed_now(listing_ids, PRICE_FIELDS)}

    def _listed_now(self, listing_ids: Sequence[str], fields: str) -> Iterator[tuple[str, Row]]:
        """These listings as they are now; a variation that belongs to another product by now is not there."""
        wanted: dict[int, dict[int, str]] = {}
        for listing_id in listing_ids:
            if (ids := split(listing_id)) is not None:
                wanted.setdefault(ids[0], {})[ids[1]] = listing_id
        products = wanted.pop(0, {})
        if products:
            rows = self.site.by_ids("products", list(map(str, products)), {**_ANY, "_fields": fields})
            yield from ((products[int(row["id"])], row) for row, _ in rows)
        if wanted:
            for row, default in self._variations_now(wanted, fields):
                found = wanted.get(parent_of(row, default), {}).get(int(row["id"]))
                if found is not None:
                    yield found, row

    def _variations_now(self, wanted: Mapping[int, Mapping[int, str]], fields: str) -> Iterator[tuple[Row, int]]:
        """Variations by id, with the product that they are of where they do not say so themselves."""
        ids, query = [str(one) for group in wanted.values() for one in group], {"_fields": fields}
        found = self.site.if_there(_ROUTE, lambda: self.site.by_ids(_ROUTE, ids, query))
        if found is not None:
            yield from ((row, 0) for row, _ in found)
            return
        for parent, group in wanted.items():
            yield from ((row, parent) for row in self._of_one(parent, list(map(str, group)), query))

    def _of_one(self, parent: int, ids: Sequence[str], query: Mapping[str, str]) -> list[Row]:
        """Some variations of a product; none where it is not there any more."""
        try:
            return [row for row, _ in self.site.by_ids(_path(parent), ids, query)]
        except Declined as error:
            if error.is_absent:
                return []
            raise

    def push_levels(self, changes: Sequence[LevelChange]) -> list[WriteOutcome]:
        self.called("push_levels", changes, self.abilities.level_batch)
        return self._push_rows(changes, {one.key: no for one in changes if (no := refusal(one, one.location))})

    def push_prices(self, changes: Sequence[PriceChange]) -> list[WriteOutcome]:
        self.called("push_prices", changes, self.abilities.price_batch)
        return self._push_rows(changes, {one.key: no for one in changes if (no := refusal(one))})

    def _push_rows(self, changes: Sequence[Change], refused: Mapping[str, WriteOutcome]) -> list[WriteOutcome]:
        """One call for the products, and one for the variations of each.

        What the shop refuses whole it has not done, and is halved here, for other calls may have been done before. An
        error of any other kind goes to the caller, who then knows of none of them: setting a level again is no harm.
        """
        outcomes = dict(refused)
        for parent, group in by_parent(one for one in changes if one.key not in refused).items():
            sent = self._send_rows(_path(parent) if parent else "products", group)
            outcomes |= {one.key: outcome for one, outcome in zip(group, sent, strict=True)}
        return [outcomes[one.key] for one in changes]

    def _send_rows(self, path: str, changes: Sequence[Change]) -> list[WriteOutcome]:
        try:
            answer = self.site.batch(path, {"update": [to_row(one) for one in changes]})
        except BatchRefused as error:
            if len(changes) == 1:
                return [Refused(key=changes[0].key, reason="refused", message=str(error))]
            middle = len(changes) // 2
            return self._send_rows(path, changes[:middle]) + self._send_rows(path, changes[middle:])
        return outcomes_of(changes, answer)


def _path(parent: int) -> str:
    return f"products/{parent}/variations"


def _page(listings: list[Listing]) -> Page[Listing]:
    return Page(records=listings, cursor="all", full=True)

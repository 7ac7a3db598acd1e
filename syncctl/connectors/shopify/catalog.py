"""What a shop lists: every variant, by id.

All of them, always: what an order takes moves nothing that could be asked for as changed.
"""

from collections.abc import Iterator

from syncctl.connectors.ahead import ahead
from syncctl.connectors.base import Page
from syncctl.connectors.shopify.answers import Answer
from syncctl.connectors.shopify.catalog_documents import LIST, listings
from syncctl.connectors.shopify.cost import Sizer
from syncctl.connectors.shopify.gids import digits_of, gid
from syncctl.connectors.shopify.levels import LevelStore
from syncctl.connectors.shopify.lists import whole
from syncctl.connectors.shopify.pages import read_page
from syncctl.connectors.shopify.prices import PriceStore
from syncctl.connectors.shopify.variant_words import to_listing
from syncctl.errors import DataError
from syncctl.model import Listing

MOST_IN_A_ROW = 25_000
"""Records that Shopify pages through in one go: beyond them it is asked anew, from the last one's id on."""


class CatalogStore(LevelStore, PriceStore):
    """Listings, levels and prices."""

    most_in_a_row = MOST_IN_A_ROW

    def fetch_listings(self, cursor: str | None) -> Iterator[Page[Listing]]:
        """Each with its level at the location that the settings name."""
        del cursor
        return ahead(self._listing_pages())

    def _listing_pages(self) -> Iterator[Page[Listing]]:
        sizer, location = Sizer(LIST, first=LIST), self.settings.location
        after, last, come = None, 0, 0
        shared: dict[str, str] = {}
        while True:
            found = self._listings_at(sizer, after, last, location).data["productVariants"]
            rows, info = whole(found["nodes"]), found["pageInfo"]
            yield Page(records=[to_listing(row, location, shared) for row in rows], cursor="all", full=True)
            if not info["hasNextPage"]:
                return
            if not rows or int(digits_of(rows[0]["id"])) <= last or info["endCursor"] == after:
                raise DataError(f"{self.name}: Shopify says that there are more listings, and tells none of them.")
            after, come = info["endCursor"], come + len(rows)
            if come + LIST > self.most_in_a_row:
                after, last, come = None, int(digits_of(rows[-1]["id"])), 0

    def _listings_at(self, sizer: Sizer, after: str | None, last: int, location: str) -> Answer:
        """A page: of those whose ids are above `last`, the ones beyond `after`."""
        variables = {"after": after, "query": f"id:>={last + 1}" if last else None}
        if location:
            variables["location"] = gid("Location", location)
        answer = read_page(
            self.admin, sizer, lambda size: (listings(size, located=bool(location)), {"first": size, **variables})
        )
        sizer.went_well(answer.cost)
        return answer

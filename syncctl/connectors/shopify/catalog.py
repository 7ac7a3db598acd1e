"""What a shop lists, with its levels and prices."""

from collections.abc import Iterator, Sequence

from syncctl.connectors.base import Page
from syncctl.connectors.shopify.base import ShopStore
from syncctl.model import LevelChange, Listing, PriceChange, WriteOutcome


class CatalogStore(ShopStore):
    """Listings, levels and prices."""

    def fetch_listings(self, cursor: str | None) -> Iterator[Page[Listing]]:
        raise NotImplementedError

    def fetch_levels(self, listing_ids: Sequence[str], location: str = "") -> dict[str, int | None]:
        raise NotImplementedError

    def fetch_prices(self, listing_ids: Sequence[str]) -> dict[str, str | None]:
        raise NotImplementedError

    def push_levels(self, changes: Sequence[LevelChange]) -> list[WriteOutcome]:
        raise NotImplementedError

    def push_prices(self, changes: Sequence[PriceChange]) -> list[WriteOutcome]:
        raise NotImplementedError

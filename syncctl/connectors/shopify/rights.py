"""What the app must be allowed at Shopify, and what does not work without it. Source: scopes in the vendor's schema."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from syncctl.settings import ShopifyStoreSettings

_KINDS = ("merchant_managed", "assigned", "third_party")


@dataclass(frozen=True, slots=True)
class Right:
    """One access scope. `others`: scopes that will do as well; `vital`: nothing works without it."""

    scope: str
    without: str
    vital: bool = False
    others: tuple[str, ...] = ()


def needed(settings: ShopifyStoreSettings) -> Iterator[Right]:
    """What these settings need."""
    yield Right("read_orders", "no order can be read", vital=True)
    yield Right("read_products", "nothing of what it lists can be read", vital=True)
    yield Right("read_inventory", "no level can be read", vital=True)
    yield Right("write_inventory", "no level can be written")
    yield Right("write_products", "no price can be written")
    yield Right("read_locations", "its locations cannot be named here")
    for way in ("read", "write"):
        first, *others = (f"{way}_{kind}_fulfillment_orders" for kind in _KINDS)
        yield Right(first, "no shipment can be told", others=tuple(others))
    if settings.customer_data:
        yield Right("read_customers", "neither customers nor orders can be read", vital=True)
        yield Right("write_customers", "no customer can be written")


def allowed(granted: Iterable[str]) -> frozenset[str]:
    """What an app may do that was granted these scopes: who may write may read."""
    scopes = frozenset(granted)
    return scopes | {f"read_{scope.removeprefix('write_')}" for scope in scopes if scope.startswith("write_")}

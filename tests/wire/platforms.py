"""The platforms whose wire is tested, by name."""

from tests.wire.shopify import ShopifyWire
from tests.wire.woo import WooWire
from tests.wire.world import WireWorld

PLATFORMS: dict[str, type[WireWorld]] = {"woocommerce": WooWire, "shopify": ShopifyWire}

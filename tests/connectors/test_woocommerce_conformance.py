"""The suite of web stores against the WooCommerce site on a real socket."""

from collections.abc import Iterator

import pytest

from tests.conformance.web_store import Side, WebStoreConformance
from tests.connectors.woo_side import connected
from tests.fakes.woo.world import world


class TestWooCommerce(WebStoreConformance):
    """Of today, with groups in a meta field."""

    @pytest.fixture
    def side(self) -> Iterator[Side]:
        yield from connected(world(), group_by="meta", group_key="club", groups=["Trade", "Staff"])


class TestWooCommerceSevenWithVariations(WebStoreConformance):
    """Of the oldest version, with orders among its posts: each listing is a variation, and there are no groups."""

    @pytest.fixture
    def side(self) -> Iterator[Side]:
        yield from connected(world(listings="variation", version="7.0.0", storage="legacy"))

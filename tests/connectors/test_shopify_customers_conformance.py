"""The suite of web stores as to customers and invitations, against a Shopify shop on a real socket."""

from collections.abc import Iterator

import pytest

from tests.conformance.web_store import Side
from tests.conformance.web_store_customers import Customers
from tests.connectors.shopify_side import connected
from tests.fakes.shopify.world import world


class TestNewAccounts(Customers):
    """Of today: customers sign in without an account that anybody could be invited to."""

    @pytest.fixture
    def side(self) -> Iterator[Side]:
        yield from connected(world())


class TestLegacyAccounts(Customers):
    """The old kind of accounts, in the oldest version; no groups."""

    @pytest.fixture
    def side(self) -> Iterator[Side]:
        more = {"customer_accounts": "legacy", "version": "2026-01", "group_prefix": "", "groups": ()}
        yield from connected(world(customer_accounts="CLASSIC"), **more)

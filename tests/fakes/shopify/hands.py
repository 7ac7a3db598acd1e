"""What people do in the shop: staff in its admin, buyers at its checkout. Each domain's hands are in its own module."""

from dataclasses import dataclass

from tests.fakes.shopify.goods_hands import GoodsHands
from tests.fakes.shopify.order_hands import OrderHands
from tests.fakes.shopify.people_hands import PeopleHands
from tests.fakes.shopify.site import Site


@dataclass
class Hands(GoodsHands, OrderHands, PeopleHands):
    """The hands of everybody but the connector's."""

    site: Site

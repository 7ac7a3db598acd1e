"""A double of a Shopify shop and its Admin GraphQL API: on real sockets, with state, manners and an oracle.

Where things are: `table` says which function answers for which field, `site` is the shop's state, `hands` is what
people do in it, `oracle` what really happened. A domain is a module of fields (`goods`, `stock`, `orders`, `people`,
`bulk`, listed in `domains`), one of records (`*_records`), one of hands (`*_hands`), a piece of schema (`schema/`).
"""

from tests.fakes.shopify.auth import CLIENT_ID, CLIENT_SECRET, STATIC, App, Token, add_app, add_static
from tests.fakes.shopify.hands import Hands
from tests.fakes.shopify.server import ShopifyServer
from tests.fakes.shopify.site import Frozen, Options, Site

__all__ = [
    "CLIENT_ID",
    "CLIENT_SECRET",
    "STATIC",
    "App",
    "Frozen",
    "Hands",
    "Options",
    "ShopifyServer",
    "Site",
    "Token",
    "add_app",
    "add_static",
]

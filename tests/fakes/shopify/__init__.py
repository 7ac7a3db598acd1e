"""A double of a Shopify shop and its Admin GraphQL API: on real sockets, with state, manners and an oracle.

Where things are: `table` says which function answers for which field, `site` is the shop's state, `hands` is what
people do in it, `oracle` what really happened. A domain is a module of fields (`goods`, `stock`, `orders`, `people`,
`bulk`, listed in `domains`), one of records (`*_records`), one of hands (`*_hands`), a piece of schema (`schema/`).

What it is true to: the vendor's schema of each version and its list of scopes (tests/fakes/test_shopify_contract.py),
its pages, and what others have met where these are silent. Traps of the real one that it keeps:

- Nearly all that goes wrong is answered with 200: errors of the document, of a field, of a mutation's rows.
- A document is paid for before it is done; what it did not use comes back. A bucket that does not hold it: THROTTLED.
- One stale row lets a list of levels be, whole; a key whose request failed is used up; a replay shows today's levels.
- A level that is there already moves nothing, and the answer has no group of changes.
- From 2026-04 on a comparison must be told, if only as null, and a key; 2026-10 stocks an item where it was not.
- An item may be several variants'; a SKU may stand twice, or nowhere; a bundle's own stock cannot be set.
- A filter that a list does not know filters nothing. A date that is not quoted is its day; an offset is passed over.
- What is searched lags behind what is read by its id, where the option says so.
- A version that is no longer served is answered by the oldest that is.
- An amount is `20.0`, a price `20.00`.
- Units that an edit takes out leave a refund without money, and the money, when it comes, one without units. A tip is a
  line without a product, and in a sum of its own besides. Discounts and taxes stay told for all units ever ordered.
- A refund that pays less or more than its lines is put right by an adjustment; money on its way back is one too.
- Cash that is rounded leaves the total as it was. Gift cards that are sold are sent by themselves, as a fulfilment.
- A hold, unlike all else, does not move an order's date of change. Orders of sixty days ago are hidden without a right.
- Tags are the same in whatever case; lists of tags and addresses in an update delete what they leave out.
- An answer about marketing has its own time; NOT_SUBSCRIBED is none, and cannot be set.
- The result of a bulk operation is on another host, lacks its lists' lists, and may end before its end.

What nobody says of the real one, or what is a shop's own choice, is an option (`OrderOptions`, `PeopleOptions` and so
on): tests draw them.

`oracle.violations` is what no client of the real shop should send: whoever uses this asserts at its end that there are
none. A field or record that the fake does not offer is one too, and is answered with 501.
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

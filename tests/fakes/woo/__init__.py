"""A double of a WooCommerce site and its REST API wc/v3: on real sockets, with state, manners and an oracle.

What it is true to: the vendor's pages, and how the plugin's controllers behave where the pages are silent. Traps of the
real one that it keeps, because a connector must not fall into them:

- Items of a batch are *not* validated: a word for a quantity is 0, a status that is not known becomes `pending`, a
  price that is no number empties the price. Only a request for one record is validated.
- A variation without a SKU of its own shows its parent's, with `context=edit` too.
- A quantity sent to what keeps no stock is passed over, the item is answered as if it were written.
- `include=` with nothing behind it filters nothing; an id that is no number is 0.
- A date with a zone of its own is turned to the site's clock before it is compared, with `dates_are_gmt` too.
- A wrong consumer key is nobody's: 401 `woocommerce_rest_cannot_view`, in a header over TLS `invalid_username`; Basic
  over plain HTTP is not looked at.
- Stock that orders move does not move a product's date; with legacy storage an edit of lines or meta does not move an
  order's. Refunds come newest first, and do not say whether their units were put back.
"""

from tests.fakes.woo.records import Key
from tests.fakes.woo.server import KEY, SECRET, WooServer
from tests.fakes.woo.shop import Shop
from tests.fakes.woo.site import Frozen, Options, Site

__all__ = ["KEY", "SECRET", "Frozen", "Key", "Options", "Shop", "Site", "WooServer"]

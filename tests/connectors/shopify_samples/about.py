"""What is asked of the shop itself, by each run once a day and by `doctor`."""

from syncctl.connectors.shopify.about_documents import about
from syncctl.connectors.shopify.examine_documents import (
    locations,
    oldest_order,
    shop_in_full,
    some_people,
    some_variants,
)
from tests.connectors.shopify_samples import Samples

SAMPLES: Samples = {
    about: [(about(), {})],
    shop_in_full: [(shop_in_full(), {})],
    locations: [(locations(), {})],
    oldest_order: [(oldest_order(), {})],
    some_people: [(some_people(), {})],
    some_variants: [
        (some_variants(located=False), {"after": None}),
        (some_variants(located=True), {"after": "x", "location": "gid://shopify/Location/1"}),
    ],
}

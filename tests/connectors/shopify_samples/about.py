"""What is asked of the shop itself."""

from syncctl.connectors.shopify.about_documents import about
from tests.connectors.shopify_samples import Samples

SAMPLES: Samples = {about: [(about(), {})]}

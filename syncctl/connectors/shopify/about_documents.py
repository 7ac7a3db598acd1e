"""What is asked of the shop itself."""

from syncctl.connectors.shopify.documents import Document, registered


@registered
def about() -> Document:
    """Which shop it is."""
    return Document(name="the shop", text="query about { shop { id name currencyCode ianaTimezone } }", cost=1)

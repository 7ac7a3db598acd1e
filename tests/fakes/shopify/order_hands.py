"""What people do with order."""

from tests.fakes.shopify.site import Site


class OrderHands:
    """A part of `hands.Hands`."""

    site: Site

"""What people do with people."""

from tests.fakes.shopify.site import Site


class PeopleHands:
    """A part of `hands.Hands`."""

    site: Site

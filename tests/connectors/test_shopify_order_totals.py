"""Which of the totals that Shopify tells is believed. Minor units."""

from syncctl.connectors.shopify.order_refunds import GivenBack
from syncctl.connectors.shopify.order_totals import Told, settled


def test_of_the_totals_that_nearly_agree_the_nearest_is_taken_not_the_first() -> None:
    """Two cents were given back without a line: what is left of the order is two cents less than its parts."""
    told = Told(before=2000, now=1298, tax_now=0)
    found = settled(1300, 3, 0, told, [GivenBack(adjusted=2)], edited=["1"])
    assert (found.total, found.charges, found.problem) == (1300, (), "")


def test_of_totals_that_agree_alike_the_first_is_taken() -> None:
    told = Told(before=1301, now=1299, tax_now=0)
    assert settled(1300, 3, 0, told, [GivenBack()], edited=[]).total == 1301
    assert settled(1300, 3, 0, told, [GivenBack()], edited=["1"]).total == 1299

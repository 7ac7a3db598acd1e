"""Ids of Shopify's records, there and with us."""

import pytest

from syncctl.connectors.shopify.gids import digits_of, gid, is_digits
from syncctl.errors import DataError


def test_an_id_goes_there_and_comes_back() -> None:
    assert digits_of(gid("ProductVariant", "43729076")) == "43729076"


@pytest.mark.parametrize(
    "found",
    [None, 17, "17", "", "gid://shopify/Order/", "gid://shopify/Order/0", "gid://other/Order/17", "gid://shopify/Order/1x",
     "gid://shopify/Order/17\n", "gid://shopify/Order/١٧", ["gid://shopify/Order/17"]],
)  # fmt: skip
def test_what_is_no_id_is_not_taken_for_one(found: object) -> None:
    with pytest.raises(DataError, match="id"):
        digits_of(found)


def test_only_digits_can_be_asked_for() -> None:
    assert [one for one in ("17", "017", "1 7", "no-such-order", "", "17/18", "١٧") if is_digits(one)] == ["17"]

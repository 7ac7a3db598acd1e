"""All planted bugs."""

from tests.planted import (
    by_hand,
    customers,
    filed,
    goods,
    orders,
    people,
    shopify,
    shopify_orders,
    shopify_people,
    sold,
    switches,
    wire,
)

BUGS = (
    *orders.BUGS,
    *sold.BUGS,
    *goods.BUGS,
    *customers.BUGS,
    *people.BUGS,
    *by_hand.BUGS,
    *filed.BUGS,
    *switches.BUGS,
    *wire.BUGS,
    *shopify.BUGS,
    *shopify_orders.BUGS,
    *shopify_people.BUGS,
)

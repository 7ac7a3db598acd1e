"""Every module that answers for fields, loaded: a domain that stands here is offered."""

from tests.fakes.shopify import (
    bulk,
    goods,
    house,
    order_parts,
    orders,
    people,
    people_addresses,
    people_deeds,
    people_writes,
    prices,
    shipping,
    stock_writes,
)

GOODS = (goods, stock_writes, prices)
ORDERS = (orders, order_parts, shipping)
PEOPLE = (people, people_addresses, people_writes, people_deeds)
LOADED = (house, *GOODS, *ORDERS, *PEOPLE, bulk)

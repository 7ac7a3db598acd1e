"""Every module that answers for fields, loaded: a domain that stands here is offered."""

from tests.fakes.shopify import bulk, goods, house, orders, people, stock

LOADED = (house, goods, stock, orders, people, bulk)

"""Every module that answers for fields, loaded: a domain that stands here is offered."""

from tests.fakes.shopify import bulk, goods, house, order_parts, orders, people, prices, stock_writes

LOADED = (house, goods, stock_writes, prices, orders, order_parts, people, bulk)

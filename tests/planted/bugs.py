"""All planted bugs."""

from tests.planted import customers, filed, goods, orders, sold

BUGS = (*orders.BUGS, *sold.BUGS, *goods.BUGS, *customers.BUGS, *filed.BUGS)

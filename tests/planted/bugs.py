"""All planted bugs."""

from tests.planted import customers, filed, goods, orders, people, sold

BUGS = (*orders.BUGS, *sold.BUGS, *goods.BUGS, *customers.BUGS, *people.BUGS, *filed.BUGS)

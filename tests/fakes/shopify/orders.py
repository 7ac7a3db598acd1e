"""The fields of orders: see `table`."""

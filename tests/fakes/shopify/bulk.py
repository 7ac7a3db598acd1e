"""The fields of bulk: see `table`."""

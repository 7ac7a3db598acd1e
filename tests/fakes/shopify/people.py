"""The fields of people: see `table`."""

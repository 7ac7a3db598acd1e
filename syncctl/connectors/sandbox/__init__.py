"""A web store and a back office, each in a local SQLite file: for first steps, and the reference of both suites."""

"""syncctl keeps a merchant's web stores and back office in step, over a local SQLite hub."""

__version__ = "0.1.0"

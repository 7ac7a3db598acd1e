"""What the site keeps of order."""

from dataclasses import dataclass


@dataclass
class OrderTables:
    """Tables of the site: each a field with a default, reached as `site.NAME`."""


@dataclass
class OrderOptions:
    """Settings of the site: each a field with a default, reached as `site.options.NAME`."""

"""What the site keeps of bulk."""

from dataclasses import dataclass


@dataclass
class BulkTables:
    """Tables of the site: each a field with a default, reached as `site.NAME`."""


@dataclass
class BulkOptions:
    """Settings of the site: each a field with a default, reached as `site.options.NAME`."""

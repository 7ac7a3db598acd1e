"""What the site keeps of people."""

from dataclasses import dataclass


@dataclass
class PeopleTables:
    """Tables of the site: each a field with a default, reached as `site.NAME`."""


@dataclass
class PeopleOptions:
    """Settings of the site: each a field with a default, reached as `site.options.NAME`."""

"""What the site keeps of bulk operations."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar

from tests.fakes.shopify.records import Record


@dataclass
class BulkOperation(Record):
    """One query over everything. `ends_at`: when it is done; `fate`: what becomes of it then."""

    typename: ClassVar[str] = "BulkOperation"

    query: str = ""
    grouped: bool = False
    version: str = ""
    scopes: frozenset[str] = frozenset()
    app: str = ""
    ends_at: datetime | None = None
    fate: str = "COMPLETED"  # COMPLETED | FAILED | CANCELED | EXPIRED
    error_code: str | None = None
    lines: list[bytes] | None = None  # its result, from the moment on when it is done
    roots: int = 0
    cancelled_at: datetime | None = None
    type: str = "QUERY"


@dataclass(kw_only=True)
class BulkTables:
    """Tables of the site: each a field with a default, reached as `site.NAME`. `files_at`: where results are."""

    bulks: dict[int, BulkOperation] = field(default_factory=dict)
    files_at: str = "http://127.0.0.1:1"


@dataclass
class BulkOptions:
    """How bulk operations go in this shop."""

    bulk_seconds: float = 3  # that one takes
    bulk_fate: str = "COMPLETED"  # COMPLETED | FAILED | CANCELED | EXPIRED
    bulk_error: str | None = None  # ACCESS_DENIED | INTERNAL_SERVER_ERROR | TIMEOUT, where it fails
    bulks_at_once: int = 5
    bulk_file: str = "whole"  # whole | short (lines are missing at its end) | cut (its last line is half there)
    bulk_days: int = 7  # that a result can be fetched

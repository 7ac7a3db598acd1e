"""How PHP and WordPress write and read values: dates in site time, decimals, JSON, lists in a query."""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from zoneinfo import ZoneInfo

_DATE = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d(?::?\d\d)?)?", re.IGNORECASE)


def local(moment: datetime | None, zone: ZoneInfo) -> str | None:
    """A moment on the clock of the site, without a zone."""
    return moment.astimezone(zone).strftime("%Y-%m-%dT%H:%M:%S") if moment else None


def gmt(moment: datetime | None) -> str | None:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S") if moment else None


def is_date(text: object) -> bool:
    return isinstance(text, str) and _DATE.fullmatch(text) is not None


def bound(text: str, zone: ZoneInfo) -> datetime:
    """What a date in a query is compared as, without a zone.

    It is read on the site's clock, also where it is then compared with GMT: one with a zone of its own is turned to
    that clock first, and one in the hour that the clock skips in spring is an hour later.
    """
    moment = datetime.fromisoformat(text.replace("z", "Z"))
    moment = moment if moment.tzinfo else moment.replace(tzinfo=zone)
    return moment.astimezone(UTC).astimezone(zone).replace(tzinfo=None, microsecond=0)


def naive(moment: datetime, zone: ZoneInfo | None) -> datetime:
    """The moment as a column of the database: GMT, or local with `zone`."""
    return moment.astimezone(zone or UTC).replace(tzinfo=None)


def decimal(value: Decimal, places: int) -> str:
    """An amount with so many places, rounded half up."""
    rounded = value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
    return f"{abs(rounded) if rounded == 0 else rounded:f}"


def rounded(value: Decimal, places: int) -> Decimal:
    return value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)


def plain(value: Decimal) -> str:
    """An amount as the database has it: at most six places, no zeros at the end."""
    text = f"{value.quantize(Decimal('0.000001'), ROUND_HALF_UP):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def number(value: Decimal) -> float | int:
    """A number in JSON, as PHP divides: 3, or 3.3333333333333335."""
    as_float = float(value)
    return int(as_float) if as_float.is_integer() else as_float


def format_decimal(value: object) -> str:
    """What WooCommerce makes of a price that somebody sends: what is no digit is dropped.

    >>> format_decimal("1,234.50"), format_decimal("NaN"), format_decimal(5), format_decimal("-2.00")
    ('1234.50', '', '5', '-2.00')
    """
    text = re.sub(r"[^0-9.\-]", "", str(value)) if value is not None else ""
    if text in ("", "-", "."):
        return ""
    sign = "-" if text.startswith("-") else ""
    whole, _, places = text.lstrip("-").replace("-", "").partition(".")
    return f"{sign}{whole}.{places.replace('.', '')}" if places else f"{sign}{whole}"


def clean(text: str) -> str:
    """sanitize_text_field: no tags, no line breaks, no octets in percent, blanks by one.

    >>> clean(" Ann  <b>Lee</b>\\n%41 ")
    'Ann Lee'
    """
    text = re.sub(r"<[^>]*>", "", text).replace("<", "&lt;")
    while (bare := re.sub(r"%[a-fA-F0-9]{2}", "", text)) != text:
        text = bare
    return " ".join(text.split())


def integer(value: object) -> int:
    """intval(): the whole number at the beginning, 0 where there is none."""
    if isinstance(value, bool | int):
        return int(value)
    if isinstance(value, float):
        return int(value)
    found = re.match(r"\s*([+-]?\d+)", value) if isinstance(value, str) else None
    return int(found[1]) if found else 0


def truth(value: object) -> bool:
    """rest_sanitize_boolean."""
    if isinstance(value, str):
        return value.lower() not in ("false", "0", "")
    return bool(value)


def items_of(text: str) -> list[str]:
    """wp_parse_list: split at commas and blanks; nothing of an empty text."""
    return [part for part in re.split(r"[\s,]+", text) if part]


def stored(value: Any) -> Any:
    """A meta value as it comes back from the database: a scalar is text by then."""
    if isinstance(value, bool):
        return "1" if value else ""
    if isinstance(value, int | float):
        return str(value)
    return value


def dump(value: Any) -> str:
    """JSON as WordPress writes it: everything escaped, slashes too."""
    return json.dumps(value, separators=(",", ":")).replace("/", "\\/")


def parameters(pairs: list[tuple[str, str]]) -> dict[str, Any]:
    """A query as PHP reads it: of a name that comes twice the last; `name[]` and `name[3]` make lists."""
    found: dict[str, Any] = {}
    for name, value in pairs:
        base, bracket, rest = name.partition("[")
        if not bracket or not base or not rest.endswith("]"):
            found[name] = value
            continue
        held = found.setdefault(base, {})
        if not isinstance(held, dict):
            held = found[base] = {}
        key = rest[:-1]
        held[key or str(len(held))] = value
    return {name: list(value.values()) if isinstance(value, Mapping) else value for name, value in found.items()}

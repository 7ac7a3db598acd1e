"""How a collection is filtered, sorted, cut into pages, and its rows into the fields that were asked for."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol, TypeVar

from tests.fakes.woo import php
from tests.fakes.woo.rows_orders import Row
from tests.fakes.woo.site import Site


class Numbered(Protocol):
    id: int


Record = TypeVar("Record", bound=Numbered)
Moment = Callable[[Any], datetime]


def selected(records: Iterable[Record], query: Mapping[str, Any]) -> list[Record]:
    """By id. An `include` that is empty filters nothing."""
    include, exclude = set(query["include"]), set(query["exclude"])
    if not include and not exclude:
        return list(records)
    return [one for one in records if (not include or one.id in include) and one.id not in exclude]


def dated(
    site: Site, records: list[Record], query: Mapping[str, Any], created: Moment, changed: Moment
) -> list[Record]:
    """By date of making and of change: exclusive, on the site's clock unless `dates_are_gmt`."""
    zone = None if query["dates_are_gmt"] else site.zone
    for name, moment in (("", created), ("modified_", changed)):
        if query[f"{name}after"] is not None:
            least = php.bound(query[f"{name}after"], site.zone)
            records = [one for one in records if php.naive(moment(one), zone) > least]
        if query[f"{name}before"] is not None:
            most = php.bound(query[f"{name}before"], site.zone)
            records = [one for one in records if php.naive(moment(one), zone) < most]
    return records


def ordered(records: list[Record], query: Mapping[str, Any], keys: Mapping[str, Callable[[Any], Any]]) -> list[Record]:
    """Equal ones by id, in the same direction; `include` in the order in which the ids were given."""
    if query["orderby"] == "include":
        places = {record_id: place for place, record_id in enumerate(query["include"])}
        return sorted(records, key=lambda one: places.get(one.id, -1))
    key = keys.get(query["orderby"])
    falling = query["order"] == "desc"
    return sorted(records, key=lambda one: (key(one), one.id) if key else one.id, reverse=falling)


def paged(site: Site, records: Sequence[Record], query: Mapping[str, Any]) -> tuple[Sequence[Record], dict[str, str]]:
    """One page, and the headers that count. An offset goes before a page. What cannot be loaded is left out."""
    options = site.options
    size = options.page_size or query["per_page"]
    start = query["offset"] if query["offset"] is not None else (query["page"] - 1) * size
    start = 0 if options.same_page else start
    total = len(records) if options.total_told is None else options.total_told
    counted = {"X-WP-Total": str(total), "X-WP-TotalPages": str(math.ceil(total / size))}
    return [one for one in records[start : start + size] if not getattr(one, "unloadable", False)], counted


Mask = Mapping[str, Any]


def mask_of(given: Mapping[str, Any]) -> Mask | None:
    """What `_fields` asks for, as a tree; None: everything."""
    asked = given.get("_fields")
    names = php.items_of(asked) if isinstance(asked, str) else list(asked or [])
    if not names:
        return None
    tree: dict[str, Any] = {}
    for name in names:
        branch = tree
        *outer, last = str(name).split(".")
        for part in outer:
            held = branch.get(part)
            branch[part] = branch = held if isinstance(held, dict) else {}
        branch[last] = True
    return tree


def cut(row: Any, mask: Mask | None) -> Any:
    """The row with the fields asked for alone. A field inside a list is never found: the list comes empty."""
    if mask is None:
        return row
    if isinstance(row, list):
        return []
    return {
        name: cut(value, mask[name]) if isinstance(value, dict | list) and isinstance(mask[name], dict) else value
        for name, value in row.items()
        if name in mask
    }


def text_of(site: Site, key: tuple[Any, ...], stamp: tuple[Any, ...], mask_text: str, make: Callable[[], Row]) -> str:
    """The row as JSON text, from the cache while nothing about it changed."""
    held = site.cache.get((*key, mask_text))
    if held is None or held[0] != stamp:
        mask = mask_of({"_fields": mask_text}) if mask_text else None
        held = site.cache[(*key, mask_text)] = (stamp, php.dump(cut(make(), mask)))
    text: str = held[1]
    return text

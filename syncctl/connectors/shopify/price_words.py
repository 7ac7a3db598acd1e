"""Our prices in Shopify's words, and what it made of them in ours. Pure.

Prices of one product's variants go out together. What Shopify cannot set of them it leaves, and sets the others; the
answer tells each with the price that it has afterwards.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from syncctl import money
from syncctl.connectors.shopify.catalog_documents import LIST
from syncctl.connectors.shopify.level_words import Errors
from syncctl.connectors.shopify.variant_words import Ids
from syncctl.model import PriceChange, Refused, Unclear, WriteOutcome, Written

_PRICE = re.compile(r"\d{1,15}(?:\.\d{1,12})?\Z", re.ASCII)
_GONE = ("PRODUCT_DOES_NOT_EXIST", "PRODUCT_VARIANT_DOES_NOT_EXIST", "MUST_BE_FOR_THIS_PRODUCT")


@dataclass(frozen=True, slots=True)
class Tag:
    """One variant's price to be written, for the change of this key."""

    key: str
    variant: str  # as Shopify writes it
    price: str


@dataclass(frozen=True, slots=True)
class Family:
    """Prices of one product's variants, which are written together."""

    product: str  # as Shopify writes it
    tags: tuple[Tag, ...]

    @property
    def rows(self) -> list[dict[str, str]]:
        """As Shopify takes them: the price, and nothing else of a variant."""
        return [{"id": one.variant, "price": one.price} for one in self.tags]

    def halves(self) -> list["Family"]:
        middle = len(self.tags) // 2
        return [Family(self.product, part) for part in (self.tags[:middle], self.tags[middle:]) if part]


def refusal(change: PriceChange) -> Refused | None:
    """What is wrong with a change before it is sent. Shopify would round a price that has too many places."""
    if Ids.of(change.listing_id) is None:
        return Refused(key=change.key, reason="unknown_listing", message=f"There is no {change.listing_id[:60]!r}.")
    if not _PRICE.match(change.price):
        return Refused(key=change.key, reason="bad_price", message=f"{change.price[:40]!r} is no price.")
    places = len(change.price.rstrip("0").partition(".")[2]) if "." in change.price else 0
    if places > money.places(change.currency):
        text = f"{change.price} has more places than Shopify keeps of a price in {change.currency}."
        return Refused(key=change.key, reason="bad_price", message=text)
    return None


def families(changes: Iterable[PriceChange]) -> list[Family]:
    """The changes by product, as many of each as one list may have."""
    tags: defaultdict[str, list[Tag]] = defaultdict(list)
    for change in changes:
        if (ids := Ids.of(change.listing_id)) is not None:
            tags[ids.product].append(Tag(change.key, ids.variant, change.price))
    return [
        Family(product, tuple(rows[start : start + LIST]))
        for product, rows in tags.items()
        for start in range(0, len(rows), LIST)
    ]


def judged(family: Family, payload: Mapping[str, Any], errors: Errors) -> tuple[dict[str, WriteOutcome], list[Family]]:
    """The outcomes that a family's answer tells, by key, and what is to be sent again: of some errors the others of the
    family were not set either, and setting a price twice is no harm."""
    shown = {row["id"]: row["price"] for row in payload["productVariants"] or () if row is not None}
    outcomes: dict[str, WriteOutcome] = {}
    rest = []
    for index, one in enumerate(family.tags):
        if index in errors:
            outcomes[one.key] = refused(one.key, *errors[index])
        elif one.variant in shown and (errors == {} or is_price(shown[one.variant], one.price)):
            outcomes[one.key] = _taken(one, shown[one.variant])
        elif not errors:
            outcomes[one.key] = Unclear(key=one.key, message="Shopify's answer says nothing of it")
        else:
            rest.append(one)
    left = Family(family.product, tuple(rest))
    if not rest or outcomes:
        return outcomes, [left] if rest else []
    return _refused_whole(left, *next(iter(errors.values())))


def _taken(tag: Tag, shown: object) -> WriteOutcome:
    if is_price(shown, tag.price):
        return Written(key=tag.key)
    text = f"It shows the price {str(shown)[:40]!r} after {tag.price} was written: something there sets it itself."
    return Refused(key=tag.key, reason="not_taken", message=text)


def _refused_whole(family: Family, code: str, message: str) -> tuple[dict[str, WriteOutcome], list[Family]]:
    """A family of which no price was set, for a reason that names none of them."""
    if code in _GONE or len(family.tags) == 1:
        return {one.key: refused(one.key, code, message) for one in family.tags}, []
    return {}, family.halves()


def is_price(shown: object, sent: str) -> bool:
    """Whether this is the price that was sent, however many noughts it ends with."""
    return isinstance(shown, str) and _PRICE.match(shown) is not None and Decimal(shown) == Decimal(sent)


def refused(key: str, code: str, message: str) -> Refused:
    """One variant's error. What is not there has one word, whatever Shopify has for it."""
    return Refused(key=key, reason="unknown_listing" if code in _GONE else code.lower() or "refused", message=message)

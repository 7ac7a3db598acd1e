"""The catalog: what can be sold, under which SKU, at which prices."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from functools import cached_property
from itertools import product

from syncctl.connectors.base import Page
from syncctl.connectors.tryton.base import Row, ShopBooks
from syncctl.connectors.tryton.cursors import Span, changed_since
from syncctl.errors import ConfigError
from syncctl.model import Price, Variant

_SOLD = [["salable", "=", True], ["active", "=", True]]
_FIELDS = [
    *("code", "name", "type", "default_uom", "list_price_used", "template"),
    *("template.name", "template.categories.name"),
]


class VariantBooks(ShopBooks):
    """Products with a code, which is their SKU. The one category that a product is in is its type."""

    @cached_property
    def _price_lists(self) -> dict[str, int]:
        """The price lists of the settings by name. Errors: ConfigError for one that is not there."""
        names = self.settings.price_lists
        if not names:
            return {}
        rows = self.rows("product.price_list", [["name", "in", list(names)]], ["name"])
        found = {row["name"]: row["id"] for row in rows}
        missing = [name for name in names if name not in found]
        if missing or len(rows) > len(found):
            raise ConfigError(
                f"{self.name}: Tryton has no price list {missing[0]!r}, or not just one"
                if missing
                else f"{self.name}: two price lists in Tryton have the same name",
                hint="Set back_office.price_lists to the exact names in Tryton.",
            )
        return found

    def fetch_variants(self, cursor: str | None) -> Iterator[Page[Variant]]:
        """Everything once a day, and where price lists changed or others are read; else what was changed itself."""
        lists = ", ".join(self.settings.price_lists)
        span = Span.begin(cursor, self.now(), lists)
        if not span.full and not span.after and self._prices_moved(span):
            span = Span.begin(None, self.now(), lists)
        while True:
            rows = self._rows(span)
            last = len(rows) < self.page_size
            text = span.ended() if last else span.at(rows[-1]["id"])
            yield Page(records=self._variants(rows), cursor=text, full=span.full)
            if last:
                return
            span = Span.parse(text)

    def find_variants(self, skus: Sequence[str]) -> list[Variant]:
        if not skus:
            return []
        wanted = set(skus)
        rows = [row for row in self._read([["code", "in", sorted(wanted)], *_SOLD], None) if row["code"] in wanted]
        return self._variants(rows)

    def _rows(self, span: Span) -> list[Row]:
        changed = [] if span.full else [changed_since(span.from_then, "template")]
        sold = _SOLD if span.full else []  # of what is not sold any more, that is the change
        return self._read([["id", ">", span.after], *sold, *changed], self.page_size)

    def _read(self, domain: list[object], most: int | None) -> list[Row]:
        fields = [*_FIELDS, "salable", "active"]
        context = {**self.shop.context, "active_test": False}
        order = [["id", "ASC"]]
        rows: list[Row] = self.rpc.read(
            "product.product", "search_read", domain, 0, most, order, fields, context=context
        )
        return rows

    def _prices_moved(self, span: Span) -> bool:
        if not self._price_lists:
            return False
        domain = [["id", "in", list(self._price_lists.values())], changed_since(span.from_then, "lines")]
        return bool(self.rpc.read("product.price_list", "search", domain, 0, 1))

    def _variants(self, rows: Sequence[Row]) -> list[Variant]:
        """A product without a code has no SKU and is left out; of active ones Tryton itself lets a code stand once."""
        named = [row for row in rows if row["code"]]
        listed = self._listed(named)
        return [self._variant(row, listed.get(row["id"], {})) for row in named]

    def _listed(self, rows: Sequence[Row]) -> dict[int, dict[str, Decimal | None]]:
        """The prices of these products in each price list, for the unit that their stock is kept in."""
        by_unit: dict[int, list[int]] = {}
        for row in rows if self._price_lists else ():
            by_unit.setdefault(row["default_uom"], []).append(row["id"])
        prices: dict[int, dict[str, Decimal | None]] = {}
        for (name, one), (unit, ids) in product(self._price_lists.items(), by_unit.items()):
            context = {**self.shop.context, "price_list": one, "currency": self.shop.currency_id, "uom": unit}
            for row in self.rpc.read("product.product", "read", ids, ["sale_price_uom"], context=context):
                prices.setdefault(row["id"], {})[name] = row["sale_price_uom"]
        return prices

    def _variant(self, row: Row, listed: Mapping[str, Decimal | None]) -> Variant:
        prices = {"": row["list_price_used"], **listed}
        categories = row["template."]["categories."]
        return Variant(
            sku=row["code"],
            title=row["name"] or "",
            remote_id=str(row["id"]),
            product_id=str(row["template"]),
            product_title=row["template."]["name"] or "",
            product_type=categories[0]["name"] if len(categories) == 1 else "",
            tracked=row["type"] == "goods",
            active=bool(row["salable"] and row["active"]),
            prices=tuple(
                Price(amount=f"{amount:f}", currency=self.shop.currency, price_list=name)
                for name, amount in prices.items()
                if amount is not None
            ),
        )

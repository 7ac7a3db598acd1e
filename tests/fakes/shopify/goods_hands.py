"""What people do with goods: products, prices, levels, locations."""

from decimal import Decimal
from typing import Any

from tests.fakes.shopify import stock
from tests.fakes.shopify.goods_records import Item, Level, Location, Product, Variant
from tests.fakes.shopify.site import Site

FIELDS_OF_ITEM = ("sku", "tracked", "requires_shipping")


class GoodsHands:
    """A part of `hands.Hands`."""

    site: Site

    # --- locations ----------------------------------------------------------------------------------------------------

    @property
    def here(self) -> int:
        """The shop's first location; made where there is none."""
        return next(iter(self.site.locations), None) or self.add_location("Warehouse")

    def add_location(self, name: str, **fields: Any) -> int:
        site = self.site
        made = Location(site.next_id(), site.time, site.time, name=name, **fields)
        site.locations[made.id] = made
        return made.id

    def change_location(self, location_id: int, **fields: Any) -> None:
        """Any field of `Location`: `is_active=False` closes it."""
        self._change(self.site.locations[location_id], fields)

    # --- products -----------------------------------------------------------------------------------------------------

    def add_product(self, title: str = "Shirt", **fields: Any) -> int:
        """A product without variants."""
        site = self.site
        made = Product(site.next_id(), site.time, site.time, title=title, handle=title.lower(), **fields)
        site.products[made.id] = made
        return made.id

    def add_variant(
        self,
        sku: str | None,
        units: int | None = None,
        price: str = "5.00",
        *,
        product: int | None = None,
        item: int | None = None,
        at: int | None = None,
        **fields: Any,
    ) -> int:
        """A variant, of a product of its own where none is named. `item`: it shares that one's inventory item.

        `units`: what can be sold at the location `at`, the first one where none is named; None: it is not tracked.
        `fields`: of `Variant`, of `Product` (`status`, `is_gift_card`) where it gets its own, `tracked` of its item.
        """
        site = self.site
        of_item = {name: fields.pop(name) for name in FIELDS_OF_ITEM if name in fields}
        of_product = {name: fields.pop(name) for name in ("status", "is_gift_card") if name in fields}
        product = self.add_product(fields.pop("name", f"Title of {sku}"), **of_product) if product is None else product
        if item is None:
            item = self._item(sku, units, at, of_item)
        variant = Variant(site.next_id(), site.time, site.time, product=product, item=item, price=Decimal(price))
        variant.position = len(site.products[product].variants) + 1
        for name, value in fields.items():
            setattr(variant, name, value)
        site.variants[variant.id] = variant
        site.products[product].variants.append(variant.id)
        return variant.id

    def _item(self, sku: str | None, units: int | None, at: int | None, fields: dict[str, Any]) -> int:
        site = self.site
        made = Item(site.next_id(), site.time, site.time, sku=sku, **{"tracked": units is not None, **fields})
        site.items[made.id] = made
        stock.stocked(site, made, self.here if at is None else at, units or 0)
        return made.id

    def change_product(self, product_id: int, **fields: Any) -> None:
        """Any field of `Product`."""
        self._change(self.site.products[product_id], fields)

    def change_variant(self, variant_id: int, **fields: Any) -> None:
        """Any field of `Variant`, and of its item: `sku`, `tracked`."""
        variant = self.site.variants[variant_id]
        self._change(self.item_of(variant_id), {name: fields.pop(name) for name in FIELDS_OF_ITEM if name in fields})
        self._change(variant, fields)

    def set_price(self, variant_id: int, price: str, compare_at: str | None = None) -> None:
        variant = self.site.variants[variant_id]
        variant.price = Decimal(price)
        variant.compare_at_price = Decimal(compare_at) if compare_at else variant.compare_at_price
        self._change(variant, {})
        self.site.oracle.price(variant_id, price, "hand")

    def remove_variant(self, variant_id: int) -> None:
        """For good, and its item with it, unless another variant has it; a product without variants goes too."""
        site = self.site
        variant = site.variants.pop(variant_id)
        product = site.products[variant.product]
        product.variants.remove(variant_id)
        if not product.variants:
            del site.products[product.id]
        if not any(each.item == variant.item for each in site.variants.values()):
            del site.items[variant.item]
        site.revision += 1
        site.oracle.event(site.time, "shop", "removed", "variant", variant_id)

    # --- levels -------------------------------------------------------------------------------------------------------

    def item_of(self, variant_id: int) -> Item:
        return self.site.items[self.site.variants[variant_id].item]

    def level(self, variant_id: int, at: int | None = None) -> Level:
        """The level of a variant's item, at the first location where none is named."""
        return self.item_of(variant_id).levels[self.here if at is None else at]

    def stock_at(self, variant_id: int, location_id: int, units: int = 0) -> None:
        """Begin to stock it there."""
        stock.stocked(self.site, self.item_of(variant_id), location_id, units)

    def unstock(self, variant_id: int, at: int | None = None) -> None:
        """It is no longer stocked there: its level is inactive."""
        level = self.level(variant_id, at)
        level.is_active = False
        self._change(self.item_of(variant_id), {})

    def set_level(self, variant_id: int, units: int, at: int | None = None) -> None:
        """Somebody types another number of units in that can be sold."""
        level = self.level(variant_id, at)
        self.site.oracle.event(self.site.time, "shop", "level", "variant", variant_id, units=units)
        stock.put(self.site, level, "available", units, "hand")

    def set_others(self, variant_id: int, at: int | None = None, **units: int) -> None:
        """Units that are on hand and not for sale: `damaged=2`, `safety_stock=1`; or `incoming=5`."""
        level = self.level(variant_id, at)
        level.incoming = units.pop("incoming", level.incoming)
        level.others |= units
        stock.changed(self.site, level, "hand")

    def _change(self, record: Any, fields: dict[str, Any]) -> None:
        for name, value in fields.items():
            setattr(record, name, value)
        self.site.touch(record)

"""What buyers and the people of the shop do on the site, without the API: they order, edit, cancel, refund, tidy up."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from tests.fakes.woo import php, selling, stock
from tests.fakes.woo.records import Customer, Item, Order, Product, Refund
from tests.fakes.woo.site import Site

RATE = 1  # the tax rate that lines with tax are taxed at


@dataclass(frozen=True)
class Line:
    """Units of a product, or of something that is none (`product` 0). `price`: of one; None: what the product costs.

    `tax` is of the whole line. `off`: what a coupon takes of it, net, and `tax_off` of its tax.
    """

    product: int
    quantity: Any = 1
    price: str | None = None
    tax: str = "0"
    off: str = "0"
    tax_off: str = "0"
    name: str = ""


@dataclass(frozen=True)
class Fee:
    name: str
    total: str
    tax: str = "0"


@dataclass
class Shop:
    """The hands of everybody but the connector's."""

    site: Site
    made: dict[str, int] = field(default_factory=dict)  # products by SKU

    # --- products -----------------------------------------------------------------------------------------------------

    def add_product(
        self, sku: str, units: Any = None, price: str = "5.00", *, kind: str = "simple", **more: Any
    ) -> int:
        """A product with its stock managed, unless `units` is None. `more`: fields of `Product`."""
        site = self.site
        product = Product(site.next("post"), kind, more.pop("name", f"Title of {sku}"), site.time, site.time)
        product.sku, product.regular_price = sku, "" if kind in ("variable", "grouped") else price
        product.manage_stock, product.quantity = units is not None, units
        for name, value in more.items():
            setattr(product, name, value)
        site.products[product.id] = product
        site.catalog += 1
        stock.align(product)
        self.made[sku] = product.id
        if units is not None:
            site.oracle.level(site.time, product.id, units, "start")
        return product.id

    def add_variation(self, parent_id: int, sku: str, units: Any = None, price: str = "5.00", **more: Any) -> int:
        """A variation; without units of its own its parent may keep its stock. `sku` "": it shows its parent's."""
        options = more.pop("attributes", {"Size": sku or f"#{len(self.site.families.get(parent_id, []))}"})
        name = self.site.products[parent_id].name
        made = self.add_product(
            sku, units, price, kind="variation", parent_id=parent_id, name=name, attributes=options, **more
        )
        self.site.families.setdefault(parent_id, []).append(made)
        self.site.products[parent_id].stamp += 1
        return made

    def set_level(self, product_id: int, units: Any) -> None:
        """Somebody types another level in."""
        self._event("level", "product", product_id, units=units)
        stock.set_level(self.site, self.site.products[product_id], units, "hand")
        self.site.products[product_id].modified = self.site.time

    def set_price(self, product_id: int, price: str, sale: str | None = None) -> None:
        product = self.site.products[product_id]
        product.regular_price = price
        product.sale_price = product.sale_price if sale is None else sale
        product.stamp, product.modified = product.stamp + 1, self.site.time
        self._event("price", "product", product_id, price=price)
        self.site.oracle.price(product_id, price, "hand")

    def change_product(self, product_id: int, **fields: Any) -> None:
        """Any field of `Product`: `manage_stock=False`, `sku=...`, `status="draft"`, `patch={...}`."""
        product = self.site.products[product_id]
        for name, value in fields.items():
            setattr(product, name, value)
        if not product.manage_stock:
            product.quantity = None
        product.stamp, product.modified = product.stamp + 1, self.site.time
        self.site.catalog += 1
        self._event("changed", "product", product_id, **fields)

    def remove_product(self, product_id: int, *, trash: bool = False) -> None:
        """Deleted for good, or put in the trash; its variations with it. Orders keep their lines."""
        for each in [*self.site.families.get(product_id, []), product_id]:
            if trash:
                self.site.products[each].status = "trash"
                self.site.products[each].stamp += 1
            else:
                parent = self.site.products.pop(each).parent_id
                if each in self.site.families.get(parent, []):
                    self.site.families[parent].remove(each)
                    self.site.products[parent].stamp += parent in self.site.products
        self.site.catalog += 1
        self._event("trashed" if trash else "removed", "product", product_id)

    # --- orders -------------------------------------------------------------------------------------------------------

    def place(
        self,
        lines: Sequence[Line],
        *,
        status: str = "processing",
        shipping: tuple[str, str] | None = None,  # (net, tax)
        fees: Sequence[Fee] = (),
        coupon: str = "",
        customer: int = 0,
        billing: Mapping[str, str] | None = None,
        shipping_to: Mapping[str, str] | None = None,
        placed_at: datetime | None = None,
        **more: Any,
    ) -> int:
        """A buyer orders; its stock is taken as the status says. `more`: fields of `Order`."""
        site = self.site
        order = self._bare(placed_at, more)
        order.items = [self._item(line, order.prices_include_tax) for line in lines]
        if coupon:
            order.items.append(self._coupon(coupon, lines))
        if shipping is not None:
            order.items.append(self._charge("shipping", "Flat rate", *shipping))
        order.items += [self._charge("fee", fee.name, fee.total, fee.tax) for fee in fees]
        order.customer_id = customer
        order.billing |= billing or (dict(site.customers[customer].billing) if customer else {})
        order.shipping |= shipping_to or {}
        if customer and not order.billing["email"]:
            order.billing["email"] = site.customers[customer].email
        selling.add_up(site, order)
        site.orders[order.id] = order
        units = Counter({line.product: 0 for line in lines})
        for line in lines:
            units[line.product] += line.quantity
        self._event("placed", "order", order.id, status=status, units=dict(units))
        selling.set_status(site, order, status, "buyer")
        if placed_at:
            order.modified = order.created
            order.paid = order.created if order.paid else None
        return order.id

    def _bare(self, placed_at: datetime | None, more: Mapping[str, Any]) -> Order:
        site = self.site
        at = placed_at.replace(microsecond=0) if placed_at else site.time
        order = Order(site.next("post"), "checkout-draft", site.options.currency, at, at)
        order.prices_include_tax = site.options.prices_include_tax
        order.payment_method, order.payment_method_title = "cod", "Cash on delivery"
        order.order_key = f"wc_order_{order.id:08x}"
        if site.options.junk:
            order.metas = [
                site.meta("_wc_order_attribution_source_type", "typein"),
                site.meta("_plugin_blob", {"nested": [1, 2.5, None], "html": "<p>&amp;</p>"}),
                site.meta("is_vat_exempt", "no"),
            ]
        for name, value in more.items():
            setattr(order, name, value)
        return order

    def _item(self, line: Line, tax_included: bool) -> Item:
        site = self.site
        product = site.products.get(line.product)
        price = (
            line.price if line.price is not None else (product.sale_price or product.regular_price) if product else "0"
        )
        tax, tax_off = Decimal(line.tax), Decimal(line.tax_off)
        whole = Decimal(price or "0") * Decimal(str(line.quantity))
        subtotal = whole - tax if tax_included else whole
        item = Item(site.next("item"), "line_item", line.name or (product.name if product else "Something"))
        item.quantity, item.subtotal, item.total = line.quantity, subtotal, subtotal - Decimal(line.off)
        item.taxes = {RATE: (tax - tax_off, tax)} if tax else {}
        if product:
            variation = product.kind == "variation"
            item.product_id = product.parent_id if variation else product.id
            item.variation_id = product.id if variation else 0
            item.metas = [site.meta(name.lower(), value) for name, value in product.attributes.items()]
        return item

    def _coupon(self, code: str, lines: Sequence[Line]) -> Item:
        item = Item(self.site.next("item"), "coupon", code)
        item.total = sum((Decimal(line.off) for line in lines), Decimal(0))
        item.extra["discount_tax"] = sum((Decimal(line.tax_off) for line in lines), Decimal(0))
        return item

    def _charge(self, kind: str, name: str, total: str, tax: str) -> Item:
        item = Item(self.site.next("item"), kind, name, total=Decimal(total), subtotal=Decimal(total))
        item.taxes = {RATE: (Decimal(tax), Decimal(tax))} if Decimal(tax) else {}
        item.extra = {"method_id": "flat_rate"} if kind == "shipping" else {}
        return item

    def set_status(self, order_id: int, status: str) -> None:
        selling.set_status(self.site, self.site.orders[order_id], status, "shop")

    def cancel(self, order_id: int) -> None:
        self.set_status(order_id, "cancelled")

    def edit_line(self, order_id: int, item_id: int, quantity: Any) -> None:
        """Another quantity of a line, money and stock with it. 0 takes the line out."""
        site, order = self.site, self.site.orders[order_id]
        item = order.item(item_id)
        part = Decimal(str(quantity)) / Decimal(str(item.quantity))
        item.quantity, item.subtotal, item.total = quantity, item.subtotal * part, item.total * part
        places = site.options.decimals
        item.taxes = {
            rate: (php.rounded(total * part, places), php.rounded(subtotal * part, places))
            for rate, (total, subtotal) in item.taxes.items()
        }
        stock.adjust(site, order, item)
        if not quantity:
            order.items.remove(item)
        selling.add_up(site, order)
        site.touch(order, date=site.options.line_edits_move_date)
        self._event("edited", "order", order_id, line=item_id, quantity=quantity)

    def add_line(self, order_id: int, line: Line) -> int:
        site, order = self.site, self.site.orders[order_id]
        item = self._item(line, order.prices_include_tax)
        order.items.append(item)
        stock.adjust(site, order, item)
        selling.add_up(site, order)
        site.touch(order, date=site.options.line_edits_move_date)
        self._event("edited", "order", order_id, line=item.id, quantity=line.quantity)
        return item.id

    def refund(self, order_id: int, units: Mapping[int, Any], **more: Any) -> Refund:
        """See `selling.refund`: units by line, `restock`, `amount`, `totals`, `reason`."""
        return selling.refund(self.site, self.site.orders[order_id], units, **more)

    def delete_refund(self, refund_id: int) -> None:
        """A refund is taken back. Stock, the tallies of the lines and the order's date stay as they are."""
        refund = self.site.refunds.pop(refund_id)
        self.site.touch(self.site.orders[refund.parent_id], date=False)
        self._event("unrefunded", "order", refund.parent_id, refund=refund_id)

    def trash(self, order_id: int) -> None:
        """Into the trash: its stock stays as it is, as on the real site."""
        order = self.site.orders[order_id]
        order.was, order.status = order.status, "trash"
        self.site.touch(order)
        self._event("trashed", "order", order_id)

    def untrash(self, order_id: int) -> None:
        order = self.site.orders[order_id]
        order.status, order.was = order.was, ""
        self.site.touch(order)
        self._event("untrashed", "order", order_id)

    def delete(self, order_id: int) -> None:
        """For good, its refunds and notes with it."""
        del self.site.orders[order_id]
        for kept in (self.site.refunds, self.site.notes):
            for each in [
                one.id for one in kept.values() if getattr(one, "parent_id", getattr(one, "order_id", 0)) == order_id
            ]:
                del kept[each]
        self._event("removed", "order", order_id)

    def change_order(self, order_id: int, *, date: bool = True, **fields: Any) -> None:
        """Any field of `Order`; `patch`: what a plug-in makes of its row. `date`: whether its date of change moves."""
        order = self.site.orders[order_id]
        for name, value in fields.items():
            setattr(order, name, value)
        self.site.touch(order, date=date)
        self._event("changed", "order", order_id)

    def lines(self, order_id: int) -> list[int]:
        """The ids of an order's product lines."""
        return [item.id for item in self.site.orders[order_id].of("line_item")]

    # --- customers ----------------------------------------------------------------------------------------------------

    def add_customer(self, email: str, **fields: Any) -> int:
        """Somebody registers on the site. No date of change, until something of the account is changed there."""
        site = self.site
        customer = Customer(site.next("user"), email, fields.pop("username", email.partition("@")[0]), site.time)
        customer.billing |= fields.pop("billing", {})
        customer.shipping |= fields.pop("shipping", {})
        for name, value in fields.items():
            setattr(customer, name, value)
        if site.options.junk:
            customer.metas.append(site.meta("wc_last_active", "1772323200"))
        site.customers[customer.id] = customer
        self._event("registered", "customer", customer.id)
        return customer.id

    def change_customer(self, customer_id: int, **fields: Any) -> None:
        """Any field of `Customer`; words of `billing` and `shipping` are laid over those that stand there."""
        customer = self.site.customers[customer_id]
        for name in ("billing", "shipping"):
            getattr(customer, name).update(fields.pop(name, {}))
        for name, value in fields.items():
            setattr(customer, name, value)
        customer.modified, customer.stamp = self.site.time, customer.stamp + 1
        self._event("changed", "customer", customer_id)

    def remove_customer(self, customer_id: int) -> None:
        """An account is deleted; its orders become a guest's."""
        del self.site.customers[customer_id]
        for order in self.site.orders.values():
            if order.customer_id == customer_id:
                order.customer_id, order.stamp = 0, order.stamp + 1
        self._event("removed", "customer", customer_id)

    def _event(self, what: str, kind: str, record_id: int, **detail: Any) -> None:
        by = "buyer" if what in ("placed", "registered") else "shop"
        self.site.oracle.event(self.site.time, by, what, kind, record_id, **detail)

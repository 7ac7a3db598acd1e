"""productVariantsBulkUpdate: prices of one product's variants: all of them or, where that was asked for, some."""

from decimal import Decimal, InvalidOperation
from typing import Any

from graphql import GraphQLError

from tests.fakes.shopify.goods_records import Product, Variant
from tests.fakes.shopify.ids import number_of
from tests.fakes.shopify.money import rounded
from tests.fakes.shopify.records import user_error
from tests.fakes.shopify.site import Site
from tests.fakes.shopify.table import Args, Call, field

KNOWN = {"id", "price", "compareAtPrice"}


@field("Mutation", "productVariantsBulkUpdate")
def update_variants(_root: Any, call: Call, args: Args) -> dict[str, Any]:
    site = call.site
    product = site.products.get(number_of(args["productId"], "Product") or 0)
    if product is None:
        error = user_error("Product does not exist", ["productId"], "PRODUCT_DOES_NOT_EXIST")
        return {"product": None, "productVariants": None, "userErrors": [error]}
    errors, good = [], []
    for index, told in enumerate(args["variants"]):
        _known(told)
        error = _wrong(site, product, index, told)
        errors += [error] if error else []
        good += [] if error else [(site.variants[number_of(told["id"], "ProductVariant") or 0], told)]
    if errors and not args.get("allowPartialUpdates"):
        return {"product": product, "productVariants": None, "userErrors": errors}
    for variant, told in good:
        _update(site, variant, told)
    return {"product": product, "productVariants": [variant for variant, _ in good], "userErrors": errors}


def _known(told: dict[str, Any]) -> None:
    """This fake keeps prices; whoever writes more of a variant writes what no test of prices expects."""
    if told.keys() - KNOWN:
        raise GraphQLError(f"the fake writes no {sorted(told.keys() - KNOWN)}", extensions={"code": "BAD_REQUEST"})


def _wrong(site: Site, product: Product, index: int, told: dict[str, Any]) -> dict[str, Any] | None:
    """Why a variant cannot be changed so."""

    def error(message: str, code: str, word: str) -> dict[str, Any]:
        return user_error(message, ["variants", str(index), word], code)

    number = number_of(told.get("id"), "ProductVariant")
    if number is None:
        return error("Product variant is missing ID attribute", "PRODUCT_VARIANT_ID_MISSING", "id")
    if number not in product.variants:
        return error("Product variant does not exist", "PRODUCT_VARIANT_DOES_NOT_EXIST", "id")
    if number in site.options.bad_variants:
        return error("It cannot be changed", site.options.bad_variants[number], "price")
    price = _money(told.get("price"))
    if price is not None and price < 0:
        return error("Price must be greater than or equal to 0", "GREATER_THAN_OR_EQUAL_TO", "price")
    return None


def _update(site: Site, variant: Variant, told: dict[str, Any]) -> None:
    price = _money(told.get("price"))
    if price is not None:
        variant.price = rounded(price, site.options.currency)
        site.oracle.price(variant.id, str(variant.price), "api")
    if "compareAtPrice" in told:
        variant.compare_at_price = _money(told["compareAtPrice"])
        site.oracle.violations.append(f"the price that variant {variant.id} was marked down from was set")
    site.touch(variant)
    site.touch(site.products[variant.product])
    site.oracle.event(site.time, "api", "price", "variant", variant.id, **told)


def _money(text: Any) -> Decimal | None:
    try:
        return None if text is None else Decimal(str(text))
    except InvalidOperation:
        raise GraphQLError(f"invalid money '{text}'", extensions={"code": "INVALID_VARIABLE"}) from None

"""The routes about the site itself: its index, currency, settings, status."""

from collections.abc import Mapping
from typing import Any

from tests.fakes.woo import php
from tests.fakes.woo.call import Call, Reply
from tests.fakes.woo.params import Refusal
from tests.fakes.woo.reading import cut, mask_of
from tests.fakes.woo.rows_orders import root
from tests.fakes.woo.site import Site

CURRENCIES = {"USD": ("United States (US) dollar", "$"), "EUR": ("Euro", "€"), "INR": ("Indian rupee", "₹")}


def currency(call: Call) -> Reply:
    """GET /data/currencies/current."""
    call.permit("woocommerce_rest_cannot_view", "Sorry, you cannot list resources.")
    code = call.site.options.currency
    name, symbol = CURRENCIES.get(code, (code, code))
    row = {"code": code, "name": name, "symbol": symbol}
    return Reply(php.dump({**row, "_links": {"collection": [{"href": f"{root(call.site)}/data/currencies"}]}}))


def settings(site: Site) -> dict[str, dict[str, Any]]:
    """Settings by group, those that a connector or a doctor may ask for."""
    options = site.options
    return {
        "general": {
            "woocommerce_currency": options.currency,
            "woocommerce_price_num_decimals": str(options.decimals),
            "woocommerce_calc_taxes": "yes",
            "woocommerce_default_country": "IN:KA",
        },
        "tax": {
            "woocommerce_prices_include_tax": _yes(options.prices_include_tax),
            "woocommerce_tax_round_at_subtotal": "no",
        },
        "products": {
            "woocommerce_manage_stock": _yes(options.manage_stock),
            "woocommerce_hold_stock_minutes": "60",
            "woocommerce_notify_no_stock_amount": "0",
        },
        "email_customer_completed_order": {"enabled": "yes"},
        "email_customer_new_account": {"enabled": _yes(options.mail_new_accounts)},
        "advanced": {"woocommerce_custom_orders_table_enabled": _yes(options.storage == "hpos")},
    }


SPACES = ("wc/v1", "wc/v2", "wc/v3", "wc-analytics", "wc/store/v1")


def _yes(flag: bool) -> str:
    return "yes" if flag else "no"


def _option(group: str, name: str, value: Any) -> dict[str, Any]:
    row = {"id": name, "label": name, "description": "", "type": "text", "default": "", "tip": "", "value": value}
    return {**row, "group_id": group}


def groups(call: Call) -> Reply:
    """GET /settings."""
    call.permit("woocommerce_rest_cannot_view", "Sorry, you cannot list resources.")
    return Reply(
        php.dump(
            [
                {"id": name, "label": name, "description": "", "parent_id": "", "sub_groups": []}
                for name in settings(call.site)
            ]
        )
    )


def group(call: Call) -> Reply:
    """GET /settings/GROUP."""
    call.permit("woocommerce_rest_cannot_view", "Sorry, you cannot list resources.")
    name = call.route.split("/")[1]
    held = settings(call.site).get(name)
    if held is None:
        raise Refusal("rest_setting_setting_group_invalid", "Invalid setting group.", 404)
    return Reply(php.dump([_option(name, key, value) for key, value in held.items()]))


def setting(call: Call) -> Reply:
    """GET /settings/GROUP/ID."""
    call.permit("woocommerce_rest_cannot_view", "Sorry, you cannot list resources.")
    _, name, key = call.route.split("/")
    held = settings(call.site).get(name, {})
    if key not in held:
        raise Refusal("rest_setting_setting_invalid", "Invalid setting.", 404)
    return Reply(php.dump(_option(name, key, held[key])))


def status(call: Call) -> Reply:
    """GET /system_status. Slow on a real site; the parts that tell something."""
    call.permit("woocommerce_rest_cannot_view", "Sorry, you cannot list resources.")
    options = call.site.options
    row = {
        "environment": {
            "home_url": f"https://shop.example{options.folder}",
            "site_url": f"https://shop.example{options.folder}",
            "version": options.version,
            "wp_version": "6.8.1",
            "wp_multisite": False,
            "wp_memory_limit": 268435456,
            "wp_debug_mode": False,
            "wp_cron": True,
            "language": "en_US",
            "server_info": "nginx",
            "php_version": "8.2.20",
            "default_timezone": "UTC",
            "max_upload_size": 67108864,
        },
        "database": {"wc_database_version": options.version, "database_prefix": "wp_", "database_tables": []},
        "active_plugins": [
            {"plugin": "woocommerce/woocommerce.php", "name": "WooCommerce", "version": options.version}
        ],
        "theme": {"name": "Storefront", "version": "4.6.0", "is_child_theme": False},
        "settings": {
            "api_enabled": False,
            "force_ssl": False,
            "currency": options.currency,
            "currency_symbol": "&#36;",
            "currency_position": "left",
            "thousand_separator": ",",
            "decimal_separator": ".",
            "number_of_decimals": options.decimals,
            "geolocation_enabled": False,
            "taxonomies": {"simple": "simple", "variable": "variable"},
            **(_storage(options.storage) if options.at_least("7.2") else {}),
        },
        "security": {"secure_connection": True, "hide_errors": True},
        "pages": [],
    }
    return Reply(php.dump(row))


def _storage(storage: str) -> dict[str, Any]:
    own = storage == "hpos"
    tables = "Automattic\\WooCommerce\\Internal\\DataStores\\Orders\\OrdersTableDataStore"
    return {"HPOS_enabled": own, "order_datastore": tables if own else "WC_Order_Data_Store_CPT"}


def index(site: Site, routes: list[tuple[str, str]], given: Mapping[str, Any]) -> Reply:
    """GET /wp-json/: anybody may ask."""
    offset = site.clock().astimezone(site.zone).utcoffset()
    row = {
        "name": site.options.name,
        "description": "",
        "url": f"https://shop.example{site.options.folder}",
        "home": f"https://shop.example{site.options.folder}",
        "gmt_offset": str(offset.total_seconds() / 3600 if offset else 0),
        "timezone_string": site.options.zone,
        "namespaces": ["oembed/1.0", *(SPACES if site.options.plugin else ()), "wp/v2"],
        "authentication": [],
        "routes": _routes(routes),
        "_links": {"help": [{"href": "https://developer.wordpress.org/rest-api/"}]},
    }
    return Reply(php.dump(cut(row, mask_of(given))))


def namespace(site: Site, routes: list[tuple[str, str]]) -> Reply:
    """GET /wp-json/wc/v3: anybody may ask."""
    return Reply(php.dump({"namespace": "wc/v3", "routes": _routes(routes)}))


def _routes(routes: list[tuple[str, str]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for method, route in routes:
        pattern = route.replace("#", r"(?P<id>[\d]+)").replace("@", r"(?P<group_id>[\w-]+)")
        held = found.setdefault(f"/wc/v3/{pattern}", {"namespace": "wc/v3", "methods": [], "endpoints": []})
        held["methods"].append(method)
    return found

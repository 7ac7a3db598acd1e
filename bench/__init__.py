"""Benchmarks, run by hand: `python -m bench NAME`; each ends in one line `NAME key=value ...`."""

from collections.abc import Callable
from importlib import import_module

BENCHMARKS = {
    "help": "bench.help",
    "pull-orders": "bench.pull_orders",
    "push-1000": "bench.push_orders",
    "real-shop": "bench.real_shop",
    "stock-unchanged": "bench.stock:run_unchanged",
    "stock-1000": "bench.stock:run_1000",
    "stock-100000": "bench.stock:run_100000",
    "quiet-cycle": "bench.quiet",
    "customers-changed": "bench.changed_customers",
    "customers-match": "bench.customers_match",
    "woocommerce-import": "bench.woocommerce_import",
    "shopify-import": "bench.shopify_import",
    "tryton-backlog": "bench.tryton_backlog",
}
"""Name -> module, imported when it is asked for, with `run() -> dict`; or module:function."""


def benchmark(name: str) -> tuple[str, Callable[[], dict[str, object]]]:
    """What the named benchmark measures, in a line, and the function that runs it."""
    module_name, _, function_name = BENCHMARKS[name].partition(":")
    module = import_module(module_name)
    function = getattr(module, function_name or "run")
    about = function.__doc__ if function_name else module.__doc__
    return (about or "").splitlines()[0], function

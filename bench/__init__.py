"""Benchmarks, run by hand: `python -m bench NAME`; each ends in one line `NAME key=value ...`."""

BENCHMARKS = {
    "help": "bench.help",
    "pull-orders": "bench.pull_orders",
    "real-shop": "bench.real_shop",
}
"""Name -> module with `run() -> dict`, imported when it is asked for."""

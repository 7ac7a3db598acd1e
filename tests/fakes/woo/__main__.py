"""A site in a process of its own: `python -m tests.fakes.woo [--orders FILE] [--latency SECONDS]`.

It prints one line of JSON (url, key, secret) and serves until its standard input ends. `--orders`: a file made by
`prepared.write_orders`.
"""

import argparse
import json
import sys
from pathlib import Path

from tests.fakes.woo.prepared import PreparedServer
from tests.fakes.woo.server import KEY, SECRET
from tests.fakes.woo.site import Options, Site


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.fakes.woo", description=__doc__)
    parser.add_argument("--orders", type=Path, help="orders prepared as rows")
    parser.add_argument("--latency", type=float, default=0.0, help="seconds that each answer takes")
    parser.add_argument("--currency", default="USD", help="the site's currency")
    parser.add_argument("--zipped", action="store_true", help="compress what it answers")
    given = parser.parse_args()
    site = Site(Options(currency=given.currency))
    with PreparedServer(site, given.orders, latency=given.latency, zipped=given.zipped) as server:
        print(json.dumps({"url": server.address, "key": KEY, "secret": SECRET}), flush=True)
        sys.stdin.read()


main()

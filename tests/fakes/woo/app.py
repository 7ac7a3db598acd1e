"""The whole site behind its front door: who asks, which route, what comes of it, and what goes over the wire."""

import re
from collections.abc import Callable, Mapping
from urllib.parse import urlencode

from tests.fakes.wire import Answer, Request
from tests.fakes.woo import auth, goods, house, orders, people, php
from tests.fakes.woo.call import Call, NotOffered, Reply
from tests.fakes.woo.params import Refusal
from tests.fakes.woo.records import Key
from tests.fakes.woo.site import Site

Route = Callable[[Call], Reply]
WRITES = ("POST", "PUT", "PATCH")

# (methods, route, since which version, handler); `#` is a number.
ROUTES: list[tuple[tuple[str, ...], str, str, Route]] = [
    (("GET",), "orders", "", orders.listed),
    (("GET",), "orders/#", "", orders.one),
    (WRITES, "orders/#", "", orders.update),
    (WRITES, "orders/batch", "", orders.batched),
    (("GET",), "orders/#/refunds", "", orders.refunds_of_one),
    (("GET",), "orders/#/notes", "", orders.notes),
    (("POST",), "orders/#/notes", "", orders.add_note),
    (("GET",), "refunds", "9.0", orders.refunds),
    (("GET",), "products", "", goods.listed),
    (("GET",), "products/#", "", goods.one),
    (WRITES, "products/#", "", goods.update),
    (WRITES, "products/batch", "", goods.batched),
    (("GET",), "products/#/variations", "", goods.variations_of_one),
    (("GET",), "products/#/variations/#", "", goods.one_variation),
    (WRITES, "products/#/variations/#", "", goods.update_variation),
    (WRITES, "products/#/variations/batch", "", goods.batched_variations),
    (("GET",), "variations", "10.3", goods.variations),
    (("GET",), "customers", "", people.listed),
    (("POST",), "customers", "", people.create),
    (("GET",), "customers/#", "", people.one),
    (WRITES, "customers/#", "", people.update),
    (("DELETE",), "customers/#", "", people.delete),
    (WRITES, "customers/batch", "", people.batched),
    (("GET",), "data/currencies/current", "", house.currency),
    (("GET",), "settings", "", house.groups),
    (("GET",), "settings/@", "", house.group),
    (("GET",), "settings/@/@", "", house.setting),
    (("GET",), "system_status", "", house.status),
]
# What the real site has and the fake has not: asking for it is an error of the test, not of the connector.
ELSEWHERE = ("POST orders", "DELETE orders/#", "POST products", "DELETE products/#", "POST orders/#/refunds")
HEADERS = {
    "Content-Type": "application/json; charset=UTF-8",
    "X-Robots-Tag": "noindex",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-cache, must-revalidate, max-age=0, no-store, private",
}
NOT_FOUND = b"<!DOCTYPE html><html><head><title>Page not found</title></head><body>Nothing here.</body></html>"


def _pattern(route: str) -> re.Pattern[str]:
    return re.compile(route.replace("#", r"(\d+)").replace("@", r"[\w-]+"))


_COMPILED = [(methods, _pattern(route), since, handler, route) for methods, route, since, handler in ROUTES]


def answer(site: Site, request: Request, base: str) -> Answer:
    """The answer to one request. `base`: scheme and host under which the site is reached."""
    home = f"{site.options.folder}/wp-json"
    if request.path == f"{site.options.folder}/" and dict(request.pairs).get("rest_route") == "/":
        index = house.index(site, [], php.parameters(request.pairs)).text
        return Answer((site.options.debris + index).encode(), 200, HEADERS)
    if not site.options.permalinks or not (request.path == home or request.path.startswith(f"{home}/")):
        return Answer(NOT_FOUND, 404, {"Content-Type": "text/html; charset=UTF-8"})
    try:
        made = _answered(site, request, base, request.path.removeprefix(home).strip("/"))
    except Refusal as error:
        made = Reply(php.dump(error.body()), error.status)
    except NotOffered as error:
        site.oracle.violations.append(f"not offered by the fake: {error}")
        made = Reply(php.dump({"code": "fake_does_not_offer", "message": str(error)}), 501)
    body = b"" if request.method == "HEAD" else (site.options.debris + made.text).encode()
    return Answer(body, made.status, {**HEADERS, **made.headers, **_links(request, made, base)})


def _answered(site: Site, request: Request, base: str, path: str) -> Reply:
    if path == "":
        return _index(site, request, base, _offered(site))
    key = auth.identify(
        site,
        method=request.method,
        url=base + request.path,
        pairs=request.pairs,
        authorization=request.header("Authorization"),
    )
    if not site.options.plugin:
        raise Refusal("rest_no_route", "No route was found matching the URL and request method.", 404)
    if path == "wc/v3":
        return house.namespace(site, _offered(site))
    auth.allow(key, request.method)
    if not path.startswith("wc/v3/"):
        raise Refusal("rest_no_route", "No route was found matching the URL and request method.", 404)
    return _routed(site, request, path.removeprefix("wc/v3/"), key)


def _offered(site: Site) -> list[tuple[str, str]]:
    return [(methods[0], route) for methods, route, since, _ in ROUTES if not since or site.options.at_least(since)]


def _routed(site: Site, request: Request, route: str, key: Key | None) -> Reply:
    for methods, pattern, since, handler, name in _COMPILED:
        found = pattern.fullmatch(route)
        method = "GET" if request.method == "HEAD" else request.method
        if found and method in methods and (not since or site.options.at_least(since)):
            site.oracle.calls[f"{methods[0]} {name}"] += 1
            given = php.parameters(request.pairs)
            is_json = request.header("Content-Type").startswith("application/json")
            numbers = tuple(int(number) for number in found.groups())
            call = Call(site, key, method, route, given, request.body, is_json, numbers)
            call.permit("woocommerce_rest_cannot_view", "Sorry, you cannot list resources.")
            return _allowed(site, name, handler(call))
    asked = f"{request.method} {re.sub(r'[0-9]+', '#', route)}"
    if asked in ELSEWHERE:
        raise NotOffered(asked)
    raise Refusal("rest_no_route", "No route was found matching the URL and request method.", 404)


def _index(site: Site, request: Request, base: str, shown: list[tuple[str, str]]) -> Reply:
    """WordPress' own; it takes what stands in the header for a person's name and password, over TLS."""
    given = "" if site.options.strips_authorization else request.header("Authorization")
    if base.startswith("https:") and given.startswith("Basic ") and site.options.application_passwords:
        raise Refusal("invalid_username", "Unknown username. Check again or try your email address.", 401)
    return house.index(site, shown, php.parameters(request.pairs))


def _allowed(site: Site, route: str, made: Reply) -> Reply:
    """WordPress tells with each answer what this user may do at this route."""
    if route not in ("orders", "products", "customers"):
        return made
    return Reply(made.text, made.status, {**made.headers, "Allow": site.options.allow})


def _links(request: Request, made: Reply, base: str) -> Mapping[str, str]:
    """The next page and the one before; whatever stood in the query stands there again, keys too."""
    if "X-WP-TotalPages" not in made.headers:
        return {}
    given = dict(request.pairs)
    page, most = php.integer(given.get("page", "1")), int(made.headers["X-WP-TotalPages"])
    near = [(min(page - 1, most), "prev")] if page > 1 else []
    near += [(page + 1, "next")] if most > page else []
    told = [f'<{base}{request.path}?{urlencode({**given, "page": number})}>; rel="{rel}"' for number, rel in near]
    return {"Link": ", ".join(told)} if told else {}

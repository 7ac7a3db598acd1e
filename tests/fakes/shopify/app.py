"""The shop behind its front door: which version, who asks, what the document costs, what comes of it."""

import re
from typing import Any

from graphql import DocumentNode, ExecutionResult, GraphQLError, OperationDefinitionNode

from tests.fakes.shopify import auth, cost, domains, errors, execute, schema
from tests.fakes.shopify.site import Site
from tests.fakes.shopify.table import Call, NotOffered
from tests.fakes.wire import Answer, Request, reply

ROUTE = re.compile(r"/admin/api/(\d{4}-\d{2}|unstable)/graphql\.json")
TROUBLE = {
    "frozen": (402, "Unavailable Shop"),
    "forbidden": (403, "[API] This action requires merchant approval for this app."),
    "locked": (423, "This shop is locked."),
    "rejected": (430, "Shopify Security Rejection"),
}
MOST_ROWS = 250
assert domains.LOADED


def answer(site: Site, request: Request) -> Answer:
    """The answer to one request."""
    if site.options.trouble:
        status, message = TROUBLE[site.options.trouble]
        return reply({"errors": message}, status=status)
    if request.path == "/admin/oauth/access_token" and request.method == "POST":
        return auth.give_token(site, request)
    found = ROUTE.fullmatch(request.path)
    version = served(site, found[1]) if found and request.method == "POST" else None
    if version is None:
        return reply({"errors": "Not Found"}, status=404)
    token = auth.identify(site, request)
    if token is None:
        return reply({"errors": auth.WRONG_TOKEN}, status=401)
    call = Call(site, version, token.app, auth.scopes_of(site, token))
    try:
        made = _asked(call, request)
    except NotOffered as error:
        site.oracle.violations.append(f"not offered by the fake: {error}")
        made = reply({"errors": f"the fake does not offer {error}"}, status=501)
    return Answer(made.body, made.status, {**made.headers, "X-Shopify-API-Version": version})


def served(site: Site, version: str) -> str | None:
    """The version that answers: one that is too old falls forward to the oldest there is; None: it never was."""
    known = site.options.versions
    if version in known:
        return version
    return known[0] if version < known[0] else None


def _asked(call: Call, request: Request) -> Answer:
    asked = _body(request)
    if asked is None or not isinstance(asked.get("query"), str):
        return reply({"errors": {"query": "Required parameter missing or invalid"}}, status=400)
    own = call.site.options.own_schema
    found = schema.parsed(call.version, own, asked["query"])
    if found.document is None or found.errors:
        call.site.oracle.violations += [f"{call.version} does not know: {error.message}" for error in found.errors]
        return reply({"errors": [errors.invalid(error) for error in found.errors]})
    return _executed(call, found.document, asked.get("variables") or {}, asked.get("operationName"))


def _body(request: Request) -> dict[str, Any] | None:
    try:
        told = request.json()
    except ValueError:
        return None
    return told if isinstance(told, dict) else None


def _executed(call: Call, document: DocumentNode, variables: dict[str, Any], name: str | None) -> Answer:
    site = call.site
    operation = _operation(document, name)
    if operation is None:
        return reply({"errors": [{"message": f"No operation named {name!r}"}]})
    site.oracle.calls["+".join(errors.roots(operation))] += 1
    longest = _longest(variables)
    if longest > MOST_ROWS:
        return reply({"errors": [errors.too_long(longest, MOST_ROWS)]})
    given = schema.schema_of(call.version, site.options.own_schema)
    dearer = site.options.dearer
    price = cost.requested(given, document, operation, variables, dearer=dearer)
    bucket = cost.bucket_of(site, call.app)
    if price > site.options.most_cost:
        return reply({"errors": [errors.too_dear(price, site.options.most_cost)]})
    if not bucket.holds(price):
        bucket.turn_away(price)
        told = cost.told(bucket, price, None)
        return reply({"errors": [errors.THROTTLED], "extensions": told}, status=site.options.throttled_status)
    result = execute.run(given, document, call, variables, name)
    spent = min(price, cost.actual(given, document, operation, variables, result.data, dearer=dearer))
    bucket.take(spent)
    return reply(_body_of(call, result, cost.told(bucket, price, spent)))


def _operation(document: DocumentNode, name: str | None) -> OperationDefinitionNode | None:
    every = [each for each in document.definitions if isinstance(each, OperationDefinitionNode)]
    if name is None:
        return every[0] if len(every) == 1 else None
    return next((each for each in every if each.name and each.name.value == name), None)


def _longest(value: Any) -> int:
    """The number of rows of the longest list in an input."""
    if isinstance(value, dict):
        return max(map(_longest, value.values()), default=0)
    return max(len(value), *map(_longest, value), 0) if isinstance(value, list) else 0


def _body_of(call: Call, result: ExecutionResult, extensions: dict[str, Any]) -> dict[str, Any]:
    """Data and errors as they stand; a request whose variables are wrong has no data at all."""
    if call.warnings:
        extensions = {**extensions, "search": call.warnings}
    told = [errors.told(error) for error in result.errors or ()]
    if told and result.data is None and all(_before_execution(error) for error in result.errors or ()):
        return {"errors": told}
    return {**({"errors": told} if told else {}), "data": result.data, "extensions": extensions}


def _before_execution(error: GraphQLError) -> bool:
    return error.path is None

"""Bulk operations: a query over everything, run in the background; its result is a file somewhere else."""

from datetime import timedelta
from operator import attrgetter
from typing import Any

from tests.fakes.shopify import bulk_rules, bulk_run, paging
from tests.fakes.shopify.bulk_records import BulkOperation
from tests.fakes.shopify.ids import number_of
from tests.fakes.shopify.records import user_error
from tests.fakes.shopify.site import Site
from tests.fakes.shopify.table import Args, Call, field, node


@node("BulkOperation")
def operation(site: Site, number: int) -> BulkOperation | None:
    return site.bulks.get(number)


@field("QueryRoot", "bulkOperation")
def one(_root: Any, call: Call, args: Args) -> BulkOperation | None:
    return call.site.bulks.get(number_of(args["id"], "BulkOperation") or 0)


@field("QueryRoot", "bulkOperations")
def many(_root: Any, call: Call, args: Args) -> paging.Connection[BulkOperation]:
    """The newest first, unless `reverse` is asked for."""
    rows = sorted((each for each in call.site.bulks.values() if each.app == call.app), key=attrgetter("id"))
    return paging.page(rows, {**args, "reverse": not args.get("reverse")})


@field("Mutation", "bulkOperationRunQuery")
def run(_root: Any, call: Call, args: Args) -> dict[str, Any]:
    site, options = call.site, call.site.options
    trouble = bulk_rules.trouble(call, args["query"])
    if trouble:
        return _refused(trouble, "INVALID", ["query"])
    running = [each for each in site.bulks.values() if each.app == call.app and status(site, each) in bulk_rules.BUSY]
    if len(running) >= options.bulks_at_once:
        code = "OPERATION_IN_PROGRESS" if options.bulks_at_once == 1 else "LIMIT_REACHED"
        return _refused(f"A bulk query operation for this app and shop is already in progress: {running[0].gid}.", code)
    made = BulkOperation(site.next_id(), site.time, site.time, query=args["query"], app=call.app)
    made.grouped, made.version, made.scopes = bool(args.get("groupObjects")), call.version, call.scopes
    made.ends_at = site.clock() + timedelta(seconds=options.bulk_seconds)
    made.fate, made.error_code = options.bulk_fate, options.bulk_error
    site.bulks[made.id] = made
    site.oracle.event(site.time, "api", "bulk", "bulk", made.id, query=made.query)
    return {"bulkOperation": made, "userErrors": []}


@field("Mutation", "bulkOperationCancel")
def cancel(_root: Any, call: Call, args: Args) -> dict[str, Any]:
    found = call.site.bulks.get(number_of(args["id"], "BulkOperation") or 0)
    if found is None:
        return _refused("Bulk operation does not exist", None, ["id"])
    if status(call.site, found) in bulk_rules.BUSY:
        found.fate, found.cancelled_at = "CANCELED", call.site.time
    return {"bulkOperation": found, "userErrors": []}


def _refused(message: str, code: str | None, where: list[str] | None = None) -> dict[str, Any]:
    return {"bulkOperation": None, "userErrors": [user_error(message, where, code)]}


# --- one of them ------------------------------------------------------------------------------------------------------


def status(site: Site, bulk: BulkOperation) -> str:
    """CREATED for a moment, RUNNING until it ends, and then what its fate is."""
    assert bulk.ends_at is not None
    if bulk.cancelled_at is not None:
        return "CANCELED" if site.clock() >= bulk.ends_at else "CANCELING"
    if site.clock() < bulk.ends_at:
        return "CREATED" if site.time == bulk.created_at else "RUNNING"
    return bulk.fate


def result(call: Call, bulk: BulkOperation) -> list[bytes]:
    """The lines of its file: what was there when it was first looked at after its end."""
    if bulk.lines is None and status(call.site, bulk) == "COMPLETED":
        bulk.lines, bulk.roots = bulk_run.lines(call.site, bulk)
    return bulk.lines or []


@field("BulkOperation", "status")
def status_of(bulk: BulkOperation, call: Call, _args: Args) -> str:
    return status(call.site, bulk)


@field("BulkOperation", "errorCode")
def error_of(bulk: BulkOperation, call: Call, _args: Args) -> str | None:
    return bulk.error_code if status(call.site, bulk) == "FAILED" else None


@field("BulkOperation", "completedAt")
def completed(bulk: BulkOperation, call: Call, _args: Args) -> Any:
    return bulk.ends_at if status(call.site, bulk) == "COMPLETED" else None


@field("BulkOperation", "objectCount")
def objects(bulk: BulkOperation, call: Call, _args: Args) -> str:
    return str(len(result(call, bulk)))


@field("BulkOperation", "rootObjectCount")
def roots(bulk: BulkOperation, call: Call, _args: Args) -> str:
    return str(bulk.roots if result(call, bulk) else 0)


@field("BulkOperation", "fileSize")
def size(bulk: BulkOperation, call: Call, _args: Args) -> str | None:
    lines = result(call, bulk)
    return str(sum(map(len, lines))) if lines else None


@field("BulkOperation", "url")
def url(bulk: BulkOperation, call: Call, _args: Args) -> str | None:
    """None of an operation that found nothing."""
    return f"{call.site.files_at}{bulk_run.path_of(bulk)}" if result(call, bulk) else None


@field("BulkOperation", "partialDataUrl")
def partial(_bulk: BulkOperation, _call: Call, _args: Args) -> None:
    return None

"""The commands that only read: `status` and `explain`."""

import sys
from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import click

from syncctl.cli.app import App, as_text
from syncctl.cli.holds import FORMAT
from syncctl.errors import ConfigError

if TYPE_CHECKING:
    from syncctl.settings import Settings

BACK_OFFICE = "back-office"

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def _checked_age(_ctx: click.Context, _parameter: click.Parameter, value: str) -> timedelta:
    number, unit = value[:-1], value[-1:]
    if unit not in _UNITS or not (number.isascii() and number.isdigit()) or len(number) > 6:
        raise click.BadParameter(f"{value!r} is no duration; write 90m, 26h or 2d.")
    return timedelta(seconds=int(number) * _UNITS[unit])


@click.command("status")
@click.option("--check", is_flag=True, help="Exit with 1 if a step was not done for longer than --max-age.")
@click.option("--max-age", callback=_checked_age, default="24h", metavar="AGE", help="90m, 26h, 2d. Default: 24h.")
@FORMAT
@click.pass_obj
def status(app: App, check: bool, max_age: timedelta, output_format: str) -> None:
    """Show how things stand, on one screen."""
    from syncctl.backup import list_backups
    from syncctl.hub import views

    with app.open_hub() as hub:
        found = views.status(hub.connection, expected_parts(app.settings, hub.matching.matched))
    backups = [path.stat().st_mtime for path in list_backups(app.settings.hub.path)]
    found["last_backup_at"] = datetime.fromtimestamp(max(backups), UTC).isoformat() if backups else None
    found["stale"] = [
        f"{part['step']} {part['party']}" for part in found["steps"] if _age(part["last_done_at"]) > max_age
    ]
    if output_format == "json":
        app.show_json(found)
    else:
        _show_status(app, found)
    if check and found["stale"]:
        app.warn(f"Not done for longer than allowed: {', '.join(found['stale'])}. Next: syncctl sync-all")
        sys.exit(1)


def expected_parts(settings: "Settings", matched: Collection[str]) -> list[tuple[str, str]]:
    """The (step, party) pairs that the settings call for, in the order of the cycle.

    `matched`: parties whose customers were all read and matched once; before that they are read in any case.
    """
    customers = settings.customers
    orders, data = settings.orders.enabled, settings.stock.enabled or settings.products.enabled
    down = customers.enabled and customers.web_to_back_office
    up = customers.enabled and customers.back_office_to_web
    read = down and customers.trigger == "any"
    parts: list[tuple[str, str]] = []
    if orders or read:
        parts += [("pull-orders", store) for store in settings.stores]
    if orders or down:
        parts.append(("push-orders", BACK_OFFICE))
    if data or up:
        parts.append(("pull-data", BACK_OFFICE))
        parts += [("push-data", store) for store in settings.stores]
    first = customers.enabled and customers.match != "create_new"
    unmatched = [store for store in settings.stores if first and store not in matched]
    parts += [("customers", store) for store in settings.stores if read or (orders and store in unmatched)]
    if up or (down and orders) or (data and unmatched):
        parts.append(("customers", BACK_OFFICE))
    return parts


def _show_status(app: App, found: dict[str, Any]) -> None:
    run, reading, waiting = found["last_run"], found["stock_reading"], found["waiting"]
    app.show_facts(
        [
            ("last run", _run(run)),
            ("stock read", _ago(reading["source_time"]) if reading else "never"),
            ("last backup", _ago(found["last_backup_at"])),
            *(
                (name.replace("_", " "), count)
                for name, count in waiting.items()
                if isinstance(count, int) and count and not name.startswith("customers_")
            ),
            ("customers", _customers(waiting)),
        ]
    )
    app.show_line()
    app.show_rows(
        ("step", "party", "last done", "state", "counts"),
        [
            (part["step"], part["party"], _ago(part["last_done_at"]), _state(part), _counts(part["counts"]))
            for part in found["steps"]
        ],
    )
    _show_counted(app, ("store", "orders", "reason", "count"), ("party", "decision"), found["orders"])
    _show_counted(app, ("on hold", "reason", "count"), ("kind",), found["holds"])


def _customers(waiting: dict[str, Any]) -> str | None:
    """What customers wait for, in one line; None where nobody waits."""
    words = (("to_send", "to send"), ("changed", "changed and not told everywhere"), ("held", "on hold"))
    counts = [f"{waiting[f'customers_{name}']:,} {text}" for name, text in words if waiting[f"customers_{name}"]]
    return ", ".join(counts) or None


def _show_counted(app: App, columns: Sequence[str], keys: Sequence[str], found: list[dict[str, Any]]) -> None:
    if found:
        app.show_line()
        app.show_rows(columns, [[row[key] for key in (*keys, "reason", "count")] for row in found])


def _run(run: dict[str, Any] | None) -> str:
    if run is None:
        return "never"
    if run["ended_at"] is None:
        return f"{run['command']}, began {_ago(run['started_at'])}; still running, or it was killed"
    return f"{run['command']}, {_ago(run['ended_at'])}, exit code {run['exit_code']}"


def _state(part: dict[str, Any]) -> str:
    return ": ".join(filter(None, [part["state"], part["reason"]])) or "never run"


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{count:,} {name.replace('_', ' ')}" for name, count in counts.items() if count)


def _age(at: str | None) -> timedelta:
    """How long ago; the longest there is if never."""
    from syncctl import times

    return times.now() - times.from_text(at) if at else timedelta.max


def _ago(at: str | None) -> str:
    if at is None:
        return "never"
    seconds = int(_age(at).total_seconds())
    for unit, size in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{seconds // size} {unit} ago"
    return f"{max(seconds, 0)} s ago"


@click.group("explain")
def explain() -> None:
    """Why a number is shown in a store, and what happened to an order."""


@explain.command("sku")
@click.argument("sku", metavar="SKU", callback=as_text)
@FORMAT
@click.pass_obj
def explain_sku(app: App, sku: str, output_format: str) -> None:
    """Show what each store shows of a SKU, what it should show, and every term of that number."""
    from syncctl.connectors import open_back_office
    from syncctl.hub import explain as views

    settings = app.settings
    falls_on = open_back_office(settings.back_office).abilities.stock_falls_on
    feeding = {store: settings.feeding(store) for store in settings.stores}
    counting = {
        seller: [store for store in settings.stores if settings.takes_from(seller, store)] for seller in settings.stores
    }
    with app.open_hub() as hub:
        found = views.sku(hub.connection, sku, falls_on, feeding, counting)
    if found is None:
        raise ConfigError(f"neither the back office nor a store has a SKU {sku!r}", hint="SKUs compare exactly.")
    if output_format == "json":
        app.show_json(found)
        return
    app.show_facts(found["facts"].items())
    for title in ("levels", "components", "kits", "listings", "orders"):
        _show_rows(app, title, found[title])


@explain.command("order")
@click.argument("number", metavar="NUMBER", callback=as_text)
@FORMAT
@click.pass_obj
def explain_order(app: App, number: str, output_format: str) -> None:
    """Show all that happened to an order, by its number or the store's own id."""
    from syncctl.hub import explain as views

    with app.open_hub() as hub:
        orders = views.orders(hub.connection, number)
    if not orders:
        raise ConfigError(f"the hub has no order {number!r}", hint="syncctl pull-orders brings new ones in.")
    if output_format == "json":
        app.show_json({"orders": orders})
        return
    for found in orders:
        app.show_facts(found["facts"].items())
        for title in ("lines", "charges", "payments", "refunds", "documents", "fulfilments", "writes", "versions"):
            _show_rows(app, title, found[title])
        app.show_line()
        app.show_facts([("next", found["next"])])


def _show_rows(app: App, title: str, rows: list[dict[str, Any]]) -> None:
    if rows:
        app.show_line()
        app.show_line(f"{title.capitalize()}:")
        app.show_rows(list(rows[0]), [[_cell(value) for value in row.values()] for row in rows])


def _cell(value: object) -> object:
    """Terms of a number as a sum that reads from left to right."""
    return ", ".join(f"{name} {term}" for name, term in value.items()) if isinstance(value, dict) else value

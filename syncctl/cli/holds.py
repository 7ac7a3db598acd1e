"""The commands for records that wait for a person."""

import json
from collections.abc import Iterator
from typing import Any

import click

from syncctl.cli.app import App, as_text
from syncctl.errors import ConfigError

FORMAT = click.option(
    "--format", "output_format", type=click.Choice(["table", "json"]), default="table", help="How to print it."
)

COLUMNS = ("id", "party", "kind", "record", "reason", "since", "next")


@click.group("holds")
def holds() -> None:
    """The records that wait for a person; everything else goes on without them."""


@holds.command("list")
@click.option("--kind", metavar="KIND", callback=as_text, help="Only these: order, customer, stock, price, fulfilment.")
@click.option("--reason", metavar="REASON", callback=as_text, help="Only those held for this reason.")
@FORMAT
@click.pass_obj
def list_holds(app: App, kind: str | None, reason: str | None, output_format: str) -> None:
    """List the holds, oldest first."""
    from syncctl.hub import views

    with app.open_hub() as hub:
        found = views.holds(hub.connection, kind=kind, reason=reason)
    if not found and output_format == "table":
        app.say("Nothing is on hold.")
        return
    for hold in found:
        hold["next"] = f"syncctl holds show {hold['id']}"
    app.show_rows(COLUMNS, ([hold[column] for column in COLUMNS] for hold in found), output_format)


@holds.command("show")
@click.argument("hold_id", metavar="ID", type=int)
@FORMAT
@click.pass_obj
def show(app: App, hold_id: int, output_format: str) -> None:
    """Show one hold: why, since when, and what can be done."""
    from syncctl.hub import views

    with app.open_hub() as hub:
        found = views.hold(hub.connection, hold_id)
    if found is None:
        raise ConfigError(f"there is no hold {hold_id}", hint="See: syncctl holds list")
    if output_format == "json":
        app.show_json(found)
        return
    detail, versions = found.pop("detail"), found.pop("versions")
    shown = {"id", "party", "kind", "record", "reason", "message", "since", "tried_at", "run_id", "fingerprint"}
    app.show_facts((name.replace("_", " "), fact) for name, fact in found.items() if name in shown and fact != "")
    if isinstance(detail, dict) and _has_versions(detail):
        app.show_rows(("", "booked", "now"), _side_by_side(detail["booked"], detail["now"]), "table")
    elif isinstance(detail, dict) and detail:
        app.show_facts((f"  {name}", _compact(fact)) for name, fact in detail.items())
    if isinstance(versions, list) and versions:
        app.show_facts(("seen", f"{version['seen_at']}  {version['hash']}") for version in versions)
    app.show_facts(_next_commands(found))


@holds.command("retry")
@click.argument("hold_ids", metavar="[ID]...", nargs=-1, type=int)
@click.option("--all", "everything", is_flag=True, help="All of them.")
@click.pass_obj
def retry(app: App, hold_ids: tuple[int, ...], everything: bool) -> None:
    """Let the next run try held records again."""
    if everything == bool(hold_ids):
        raise click.UsageError("Name the holds to try again, or all of them with --all.")
    with app.open_hub(read_only=False) as hub:
        count = sum(hub.holds.retry(hold_id) for hold_id in (hold_ids or (None,)))
    app.say(f"{count} will be tried again by the next run. Next: syncctl sync-all")


@holds.command("skip")
@click.argument("hold_ids", metavar="ID...", nargs=-1, type=int, required=True)
@click.pass_obj
def skip(app: App, hold_ids: tuple[int, ...]) -> None:
    """Give held orders up: they are not booked, and their units no longer count against stock."""
    with app.open_hub(read_only=False) as hub:
        for hold_id in hold_ids:
            skipped = hub.holds.skip(hold_id)
            app.say(f"Skipped {skipped}: it will not be booked, and its units no longer count against stock.")


def _next_commands(hold: dict[str, object]) -> list[tuple[str, object]]:
    import shlex

    record = shlex.quote(str(hold["record"]))
    commands = [f"syncctl holds retry {hold['id']}"]
    if hold["kind"] == "order":
        commands = [f"syncctl explain order {record}", *commands, f"syncctl holds skip {hold['id']}"]
    elif hold["kind"] in ("stock", "price"):
        commands.insert(0, f"syncctl explain sku {record}")
    return [("next", command) for command in commands]


def _has_versions(detail: dict[str, Any]) -> bool:
    """Whether it is about a booked sale and what its order says now."""
    return all(isinstance(one, dict) and "lines" in one for one in (detail.get("booked"), detail.get("now")))


def _side_by_side(booked: dict[str, Any], now: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    """The two versions of a sale, line by line; what is on one side alone stands beside a dash."""
    yield "total", booked["total"], now["total"]
    for line_id in dict.fromkeys([*booked["lines"], *now["lines"]]):
        yield f"line {line_id}", booked["lines"].get(line_id, "-"), now["lines"].get(line_id, "-")


def _compact(fact: object) -> str:
    return fact if isinstance(fact, str) else json.dumps(fact, sort_keys=True, ensure_ascii=False)

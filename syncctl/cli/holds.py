"""The commands for records that wait for a person."""

import json
from collections.abc import Iterator
from typing import Any

import click

from syncctl.cli.app import HUB_ID, App, as_text
from syncctl.errors import ConfigError

FORMAT = click.option(
    "--format", "output_format", type=click.Choice(["table", "json"]), default="table", help="How to print it."
)

BACK_OFFICE = "back-office"
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
@click.argument("hold_id", metavar="ID", type=HUB_ID)
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
    if isinstance(detail, dict) and detail.get("fields"):
        app.show_line()
        app.show_rows(*_fields_side_by_side(detail))
        app.show_line()
    elif isinstance(detail, dict) and _has_versions(detail):
        app.show_rows(("", "booked", "now"), _side_by_side(detail["booked"], detail["now"]), "table")
    elif isinstance(detail, dict) and detail:
        app.show_facts((f"  {name}", _compact(fact)) for name, fact in detail.items() if name != "next")
    if isinstance(versions, list) and versions:
        app.show_facts(("seen", f"{version['seen_at']}  {version['hash']}") for version in versions)
    app.show_facts(_next_commands(found, detail if isinstance(detail, dict) else {}))


@holds.command("retry")
@click.argument("hold_ids", metavar="[ID]...", nargs=-1, type=HUB_ID)
@click.option("--all", "everything", is_flag=True, help="All of them.")
@click.pass_obj
def retry(app: App, hold_ids: tuple[int, ...], everything: bool) -> None:
    """Let the next run try held records again."""
    if everything == bool(hold_ids):
        raise click.UsageError("Name the holds to try again, or all of them with --all.")
    with app.open_hub(read_only=False) as hub:
        count = sum(hub.holds.retry(hold_id) for hold_id in (hold_ids or (None,)))
    app.say(f"{count} will be tried again by the next run. Next: syncctl sync-all")


@holds.command("resolve")
@click.argument("hold_id", metavar="ID", type=HUB_ID)
@click.option(
    "--take",
    "takes",
    multiple=True,
    required=True,
    metavar="SIDE|FIELD=SIDE|FIELD=VALUE",
    callback=lambda _ctx, _parameter, values: tuple(as_text(_ctx, _parameter, value) for value in values),
    help="web, back-office or a store, for all or for one field; or what that field is to be. Repeatable.",
)
@click.pass_obj
def resolve(app: App, hold_id: int, takes: tuple[str, ...]) -> None:
    """Say what holds where both sides changed a customer. The next run tells whoever says otherwise.

    \b
    syncctl holds resolve 7 --take web
    syncctl holds resolve 7 --take back-office --take group=web --take "name=Ann Other"
    """
    from syncctl.hub import resolving
    from syncctl.rules.answers import answers

    customers = app.settings.customers
    with app.open_hub(read_only=False) as hub:
        asked = resolving.question(hub, hold_id)
        answered = answers(takes, asked.fields, asked.party, customers)
        left = resolving.resolve(hub, asked, answered, customers)
    for name, answer in answered.items():
        app.say(f"{name} of customer {asked.hub_id} is now: {compact(answer.value)}")
    if left:
        app.say(f"Still to be answered: {', '.join(left)}. Next: syncctl holds show {hold_id}")
    else:
        app.say("Next: syncctl sync-all tells the sides that say otherwise.")


@holds.command("skip")
@click.argument("hold_ids", metavar="ID...", nargs=-1, type=HUB_ID, required=True)
@click.pass_obj
def skip(app: App, hold_ids: tuple[int, ...]) -> None:
    """Give held orders up: they are not booked, and their units no longer count against stock."""
    with app.open_hub(read_only=False) as hub:
        for hold_id in hold_ids:
            skipped = hub.holds.skip(hold_id)
            app.say(f"Skipped {skipped}: it will not be booked, and its units no longer count against stock.")


def _next_commands(hold: dict[str, object], detail: dict[str, Any]) -> list[tuple[str, object]]:
    import shlex

    record = shlex.quote(str(hold["record"]))
    commands = [f"syncctl holds retry {hold['id']}"]
    if hold["kind"] == "order":
        commands = [f"syncctl explain order {record}", *commands, f"syncctl holds skip {hold['id']}"]
    elif hold["kind"] == "unreadable":
        commands.append(f"syncctl holds skip {hold['id']}")
    elif hold["kind"] in ("stock", "price"):
        commands.insert(0, f"syncctl explain sku {record}")
    elif hold["kind"] == "customer":
        known = [f"syncctl customers show {hold['hub_record']}"] if str(hold["hub_record"]).isdecimal() else []
        commands = [*known, *_answers(hold, detail)]
    return [("next", command) for command in commands]


def _answers(hold: dict[str, object], detail: dict[str, Any]) -> list[str]:
    """What ends a hold of a customer, by its reason."""
    hold_id, hub_id, party = hold["id"], hold["hub_record"], detail.get("party") or hold["party"]
    if detail.get("fields"):
        return [f"syncctl holds resolve {hold_id} --take {side}" for side in ("web", BACK_OFFICE)] + [
            f"syncctl holds resolve {hold_id} --take {next(iter(detail['fields']))}=VALUE"
        ]
    if hold["reason"] == "which customer?":
        link = f"syncctl customers link {hub_id} --to {party}"
        return [f"{link} --as REMOTE_ID", f"{link} --new"]
    if detail.get("next"):
        return [str(detail["next"])]
    by_reason = {
        "group missing": "syncctl customers groups --create",
        "gone": f"syncctl customers unlink {hub_id} --from {party}",
    }
    command = by_reason.get(str(hold["reason"]))
    return [command] if command else [f"syncctl holds retry {hold_id}"]


def _fields_side_by_side(detail: dict[str, Any]) -> tuple[tuple[str, ...], list[list[object]]]:
    """What a customer's field is here, and what the other side says, each with who said it and when."""
    columns = ("field", "here", "said by", "at", f"in {detail['party']}", "since")
    return columns, [
        [
            name,
            compact(one["ours"]),
            one.get("ours_from"),
            one.get("ours_at"),
            compact(one["theirs"]),
            one.get("theirs_at"),
        ]
        for name, one in detail["fields"].items()
    ]


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


def compact(value: object) -> object:
    """A customer's field in one cell: lists with commas, addresses by what they say, "-" where nothing is known."""
    if isinstance(value, list):
        return ", ".join(str(compact(one)) for one in value) or "-"
    if isinstance(value, dict):
        return " ".join(str(text) for name, text in value.items() if text and name not in ("kind", "is_default"))
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "-" if value in (None, "") else value

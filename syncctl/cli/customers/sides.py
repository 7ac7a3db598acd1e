"""The customer commands that speak to the other sides: `push`, `match` and `groups`."""

import sys
from typing import TYPE_CHECKING, Any

import click

from syncctl.cli.app import HUB_ID, App
from syncctl.cli.customers.options import BACK_OFFICE, TO, check_party, listed, show_pushed
from syncctl.cli.holds import FORMAT

if TYPE_CHECKING:
    from syncctl.by_hand import Compared


@click.command("push")
@click.argument("customer_id", metavar="ID", type=HUB_ID)
@TO
@FORMAT
@click.pass_obj
def push(app: App, customer_id: int, party: str, output_format: str) -> None:
    """Send one customer to one side now, and confirm what was written. Exits with 1 if it was not.

    \b
    syncctl customers push 12 --to back-office
    """
    party = check_party(app, party)
    from syncctl import by_hand

    show_pushed(app, party, by_hand.push(app.settings, party, customer_id, progress=app.progress), output_format)


@click.command("match")
@click.option("--dry-run", is_flag=True, help="Show who would be linked or held; change nothing.")
@FORMAT
@click.pass_obj
def match(app: App, dry_run: bool, output_format: str) -> None:
    """Read all customers of all sides, and link those who are on both already, without an order.

    By our own reference, else by `customers.match`; who could be several is held. The first run does it, too.
    """
    from syncctl import by_hand

    report = by_hand.match(app.settings, dry_run=dry_run, progress=app.progress)
    rows = [
        {
            "name": name,
            "store": one.web[0],
            "remote_id": one.web[1],
            "records": list(one.records),
            "rule": one.rule,
            "problem": one.problem,
        }
        for name, one in report.found
    ]
    if output_format == "json":
        app.show_json({"rows": rows})
    elif rows:
        titles = ("name", "store", "id there", "back office", "by", "problem")
        app.show_rows(titles, [[*{**row, "records": listed(row["records"])}.values()] for row in rows])
    held = sum(bool(one.problem) for _, one in report.found)
    linked = len(rows) - held
    if dry_run:
        app.say(f"{linked:,} would be linked, {held:,} held. Next: syncctl customers match")
    else:
        app.say(f"{linked:,} were linked, {held:,} are on hold.")
    if report.new_holds and not dry_run:
        app.warn("Next: syncctl holds list --kind customer")
        sys.exit(1)


@click.command("groups")
@click.option("--create", is_flag=True, help="Make those that are missing; again and again without harm.")
@click.option("--dry-run", is_flag=True, help="Show what would be made; make nothing.")
@FORMAT
@click.pass_obj
def groups(app: App, create: bool, dry_run: bool, output_format: str) -> None:
    """Show the customer groups of all sides, by exact title: what is missing where, and who would be in it."""
    from syncctl import by_hand

    found = by_hand.groups(app.settings, create=create, dry_run=dry_run, progress=app.progress)
    rows = list(_group_rows(found, dry_run=dry_run))
    if output_format == "json":
        app.show_json({"groups": rows, "created": {} if dry_run else dict(found.made)})
    elif rows:
        app.show_rows(
            ("group", *found.titles, "customers waiting", "note"),
            [[row["title"], *row["sides"].values(), len(row["customers"]), row["note"]] for row in rows],
        )
    else:
        app.say("No side has any customer group.")
    missing = {party: titles for party, titles in found.found.missing.items() if party not in found.fixed}
    lacking = [f"{party}: {listed(titles)}" for party, titles in missing.items() if party not in found.made]
    if lacking and not create:
        app.say(f"Missing in {'; '.join(lacking)}. Next: syncctl customers groups --create")
    for party in sorted(found.off & found.found.missing.keys()):
        switch = "web_to_back_office" if party == BACK_OFFICE else "back_office_to_web"
        app.say(f"No customers go to {party} (customers.{switch} is off): nothing is made there.")
    for party in sorted(found.fixed & found.found.missing.keys()):
        app.say(f"{party} has the groups that its settings name (stores.{party}): nothing is made there.")


def _group_rows(found: "Compared", *, dry_run: bool) -> Any:
    """One row per title: how it stands at each side, who waits for it, and what may be a slip of the pen."""
    everywhere = {title for titles in found.titles.values() for title in titles}
    everywhere |= {title for titles in found.found.missing.values() for title in titles}
    for title in sorted(everywhere):
        sides = {}
        for party, titles in found.titles.items():
            lacking = title in found.found.missing.get(party, ())
            made = title in found.made.get(party, ())
            state = ("would be made" if dry_run else "made") if made else "missing" if lacking else "-"
            sides[party] = "yes" if title in titles else state
        customers = sorted({one for party in found.titles for one in found.waiting.get((party, title), [])})
        alike = [f"{party} has {own!r}" for (party, missing), own in found.found.alike.items() if missing == title]
        yield {"title": title, "sides": sides, "customers": customers, "note": "; ".join(alike)}

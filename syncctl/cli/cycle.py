"""The commands of the cycle: the five that run it, and `plan`."""

import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, TypeVar

import click

from syncctl.cli.app import App
from syncctl.cli.ending import leave_soon

STEPS = ("pull-orders", "push-orders", "pull-data", "push-data")

Function = TypeVar("Function", bound=Callable[..., Any])


def _checked_if_busy(_ctx: click.Context, _parameter: click.Parameter, value: str) -> str:
    kind, separator, seconds = value.partition(":")
    waits = kind == "wait" and seconds.isascii() and seconds.isdigit() and len(seconds) <= 6
    if value not in ("fail", "skip", "wait") and not (separator and waits):
        raise click.BadParameter(f"{value!r} is none of fail, skip, wait, wait:SECONDS.")
    return value


def _format(function: Function) -> Function:
    return click.option(
        "--format", "output_format", type=click.Choice(["table", "json"]), default="table", help="How to print it."
    )(function)


def _cycle_options(function: Function) -> Function:
    for option in (
        click.option(
            "--if-busy",
            callback=_checked_if_busy,
            default="fail",
            metavar="fail|skip|wait[:SECONDS]",
            help="When another run is active: exit with 6, exit with 0, or wait for it.",
        ),
        click.option("--dry-run", is_flag=True, help="Show what would be written; write nothing."),
        click.option("--store", "stores", multiple=True, metavar="NAME", help="Only this store; repeatable."),
    ):
        function = option(function)
    return _format(function)


_allow_shrink = click.option(
    "--allow-shrink",
    type=click.IntRange(min=1),
    metavar="N",
    help="Go on once with a reading that looks wrong: N as its stop says.",
)


@click.command("sync-all")
@_cycle_options
@_allow_shrink
@click.pass_obj
def sync_all(app: App, /, **options: Any) -> None:
    """Run the four steps in order: pull-orders, push-orders, pull-data, push-data."""
    _run(app, "sync-all", STEPS, **options)


@click.command("pull-orders")
@_cycle_options
@click.pass_obj
def pull_orders(app: App, /, **options: Any) -> None:
    """Step 1: bring web orders, with their customers, into the hub."""
    _run(app, "pull-orders", ["pull-orders"], **options)


@click.command("push-orders")
@_cycle_options
@click.pass_obj
def push_orders(app: App, /, **options: Any) -> None:
    """Step 2: book new orders in the back office, each document exactly once."""
    _run(app, "push-orders", ["push-orders"], **options)


@click.command("pull-data")
@_cycle_options
@_allow_shrink
@click.pass_obj
def pull_data(app: App, /, **options: Any) -> None:
    """Step 3: bring stock, prices and shipments from the back office into the hub."""
    _run(app, "pull-data", ["pull-data"], **options)


@click.command("push-data")
@_cycle_options
@click.pass_obj
def push_data(app: App, /, **options: Any) -> None:
    """Step 4: write what differs out to the web stores, never more than is safe to sell."""
    _run(app, "push-data", ["push-data"], **options)


@click.command("plan")
@click.option("--store", "stores", multiple=True, metavar="NAME", help="Only this store; repeatable.")
@_format
@click.pass_obj
def plan(app: App, stores: tuple[str, ...], output_format: str) -> None:
    """Show what sync-all would write, and write nothing: the same as sync-all --dry-run."""
    _run(app, "sync-all", STEPS, stores=stores, dry_run=True, if_busy="fail", output_format=output_format)


def _run(
    app: App,
    command: str,
    steps: Sequence[str],
    *,
    stores: tuple[str, ...],
    dry_run: bool,
    if_busy: str,
    output_format: str,
    allow_shrink: int | None = None,
) -> None:
    app.check_stores(stores)  # before anything heavy is loaded: a typing error is answered at once
    from syncctl import render
    from syncctl.cycle import run_cycle

    report = run_cycle(
        app.settings,
        command=command,
        steps=steps,
        stores=stores,
        dry_run=dry_run,
        if_busy=if_busy,
        allow_shrink=allow_shrink,
        progress=app.progress,
    )
    if report.exit_code > 128:
        leave_soon(report.exit_code)
    app.clear_progress()
    if output_format == "json":
        app.show_json(render.report_object(report))
    else:
        render.show_plan(sys.stdout, report, colour=app.colours(sys.stdout))
    with suppress(OSError):  # who cannot be told is not to lose what the run came to, which is the exit code
        render.show_report(sys.stderr, report, quiet=app.verbosity < 0, colour=app.colours(sys.stderr))
    sys.exit(report.exit_code)

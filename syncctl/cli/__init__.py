"""The command line: parse, call, render, exit. `run` is the entry point, and where every error ends.

`syncctl --help` must be quick: commands are loaded when they are called, and nothing heavy is imported at the top here
or in the modules of the commands.
"""

import os
import sys
from collections.abc import Sequence
from importlib import import_module
from io import TextIOWrapper
from typing import Any, NoReturn, cast

import click

from syncctl import __version__
from syncctl.cli.app import App, did_you_mean
from syncctl.cli.ending import finish, reader_kept

__all__ = ["App", "main", "run"]

COMMANDS = {
    "sync-all": ("syncctl.cli.cycle:sync_all", "Run the four steps in order: the one that cron calls."),
    "pull-orders": ("syncctl.cli.cycle:pull_orders", "1: web orders into the hub."),
    "push-orders": ("syncctl.cli.cycle:push_orders", "2: new orders into the back office."),
    "pull-data": ("syncctl.cli.cycle:pull_data", "3: stock, prices and shipments into the hub."),
    "push-data": ("syncctl.cli.cycle:push_data", "4: what differs out to the web stores."),
    "plan": ("syncctl.cli.cycle:plan", "Show what sync-all would write; write nothing."),
    "init": ("syncctl.cli.init:init", "Write the first configuration."),
    "doctor": ("syncctl.cli.doctor:doctor", "What is in order, what is not, and how to mend it."),
    "customers": ("syncctl.cli.customers:customers", "Who is linked where; find, assign and push customers."),
    "status": ("syncctl.cli.read:status", "How things stand, on one screen."),
    "holds": ("syncctl.cli.holds:holds", "The records that wait for a person."),
    "explain": ("syncctl.cli.read:explain", "Why a number is shown; what happened to an order."),
    "backup": ("syncctl.cli.hub:backup", "Copy the hub now."),
    "restore": ("syncctl.cli.hub:restore", "Put a backup of the hub back."),
    "sandbox": ("syncctl.cli.sandbox:sandbox", "A web store and a back office to try things out on."),
}

EPILOG = """\b
Exit codes: 0 done · 1 done, records newly on hold · 2 usage or configuration
3 other side unreachable · 4 sign-in needed · 5 safety stop · 6 another run is
active · 7 hub or disk unusable · 70 a bug · 130/143 stopped at a safe point"""


class LazyGroup(click.Group):
    """A group whose commands are loaded when they are called; their short help stands in `COMMANDS`."""

    def list_commands(self, _ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, _ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[cmd_name][0].partition(":")
        return cast(click.Command, getattr(import_module(module), attribute))

    def format_commands(self, _ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])

    def make_context(self, *arguments: Any, **extra: Any) -> click.Context:
        with reader_kept():
            return super().make_context(*arguments, **extra)

    def invoke(self, ctx: click.Context) -> object:
        with reader_kept():
            return super().invoke(ctx)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if not args[0].startswith("-") and args[0] not in COMMANDS:
            raise click.UsageError(f"No such command {args[0]!r}. {did_you_mean(args[0], list(COMMANDS))}", ctx)
        return super().resolve_command(ctx, args)


@click.group(cls=LazyGroup, epilog=EPILOG, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--config", metavar="PATH", help="The configuration file.")
@click.option("-q", "--quiet", is_flag=True, help="Say nothing unless something is wrong.")
@click.option(
    "-v", "--verbose", count=True, help="Say what goes on; twice: each request, and where an error came from."
)
@click.option("--color", type=click.Choice(["auto", "always", "never"]), default="auto", help="Colour the output.")
@click.version_option(__version__, message="%(prog)s %(version)s")
@click.pass_context
def main(ctx: click.Context, config: str | None, quiet: bool, verbose: int, color: str) -> None:
    """Keep web stores and the back office in step.

    \b
    syncctl sync-all                   run the whole cycle
    syncctl plan                       see first what it would write
    syncctl status                     see how things stand
    syncctl explain order 1001         see what happened to an order
    """
    app = ctx.ensure_object(App)
    app.explicit_config, app.verbosity, app.colour = config, -1 if quiet else verbose, color
    ctx.color = app.click_colour
    if verbose > 1:
        from syncctl.cli.logs import show_requests

        ctx.call_on_close(show_requests(app))


def run(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and exit. New files are for their owner alone, whatever the caller's umask."""
    os.umask(0o077)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal or mail that cannot show a letter
    app = App()
    sys.exit(finish(app, lambda: main.main(arguments, prog_name="syncctl", standalone_mode=False, obj=app)))

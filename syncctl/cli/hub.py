"""The commands for the hub's file: `backup` and `restore`."""

import sys
from pathlib import Path

import click

from syncctl.cli.app import App
from syncctl.errors import ConfigError, HubError


@click.command("backup")
@click.pass_obj
def backup(app: App) -> None:
    """Copy the hub now and print where the copy is; old copies beyond hub.keep_backups are removed."""
    from syncctl.backup import make_backup

    hub = app.settings.hub
    if not hub.path.exists():
        raise HubError(f"there is no hub at {hub.path} yet", hint="Make it with the first run: syncctl sync-all")
    app.show_line(str(make_backup(hub.path, hub.keep_backups)))


@click.command("restore")
@click.argument("file", metavar="[FILE|latest]", default="latest")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def restore(app: App, file: str, yes: bool) -> None:
    """Put a backup of the hub back. What happened since is found again by the next run, and never booked twice."""
    from syncctl.backup import restore_backup

    chosen = _latest(app) if file == "latest" else Path(file)
    if not chosen.is_file():
        raise ConfigError(f"there is no backup {chosen}", hint="syncctl restore latest takes the newest one.")
    if not yes:
        _ask(app, chosen)
    restore_backup(app.settings.hub.path, chosen)
    app.say(f"The hub is {chosen.name} again. Next: syncctl sync-all")


def _latest(app: App) -> Path:
    from syncctl.backup import list_backups

    backups = list_backups(app.settings.hub.path)
    if not backups:
        raise ConfigError(f"there is no backup of {app.settings.hub.path}", hint="syncctl backup makes one.")
    return max(backups, key=lambda path: path.stat().st_mtime)


def _ask(app: App, chosen: Path) -> None:
    if sys.stdin is None or not sys.stdin.isatty():
        raise ConfigError("nobody is there to confirm; nothing was restored", hint="Say so in advance: --yes")
    click.confirm(f"Replace {app.settings.hub.path} by {chosen}?", abort=True, err=True)

"""The commands for the hub's file: `backup` and `restore`."""

import sys
from pathlib import Path

import click

from syncctl.cli.app import App
from syncctl.errors import ConfigError, HubError


@click.command("backup")
@click.option("--list", "only_list", is_flag=True, help="List the backups there are, youngest first; make none.")
@click.pass_obj
def backup(app: App, only_list: bool) -> None:
    """Copy the hub now and print where the copy is; old copies beyond hub.keep_backups are removed."""
    hub = app.settings.hub
    from syncctl.backup import list_backups, make_backup

    if only_list:
        for path in list_backups(hub.path):
            app.show_line(str(path))
        return
    if not hub.path.exists():
        raise HubError(f"there is no hub at {hub.path} yet", hint="Make it with the first run: syncctl sync-all")
    app.show_line(str(make_backup(hub.path, hub.keep_backups)))


@click.command("restore")
@click.argument("file", metavar="[FILE|latest]", default="latest")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def restore(app: App, file: str, yes: bool) -> None:
    """Put a backup of the hub back. What happened since is found again by the next run, and never booked twice."""
    chosen = _latest(app) if file == "latest" else Path(file)
    if not _is_file(chosen):
        raise ConfigError(f"there is no backup {chosen}", hint="See what there is: syncctl backup --list")
    if not yes:
        _ask(app, chosen)
    from syncctl.backup import restore_backup
    from syncctl.lock import hold_lock

    hub = app.settings.hub.path
    with hold_lock(hub):
        restore_backup(hub, chosen)
    app.say(f"The hub is {chosen.name} again. Next: syncctl sync-all")


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # a name that is too long, a folder that may not be entered
        return False


def _latest(app: App) -> Path:
    from syncctl.backup import list_backups

    backups = list_backups(app.settings.hub.path)
    if not backups:
        raise ConfigError(f"there is no backup of {app.settings.hub.path}", hint="syncctl backup makes one.")
    return backups[0]


def _ask(app: App, chosen: Path) -> None:
    if sys.stdin is None or not sys.stdin.isatty():
        raise ConfigError("nobody is there to confirm; nothing was restored", hint="Say so in advance: --yes")
    click.confirm(f"Replace {app.settings.hub.path} by {chosen}?", abort=True, err=True)

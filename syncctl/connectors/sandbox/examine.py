"""What `doctor` sees of a sandbox file. To open it as its owner does would make it, or work its queue."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from syncctl import times
from syncctl.connectors.sandbox.catalog import CURRENCY
from syncctl.errors import ConfigError, Unreachable
from syncctl.model import About, Finding


def examined(name: str, path: Path, application_id: int, kind: str) -> Iterator[Finding]:
    """What stands in the file at `path`; `kind`: what it is called where it has no name of its own."""
    if not path.exists() or not path.stat().st_size:
        text = f"there is no sandbox at {path} yet; it is made with a small catalog at first use, in {CURRENCY}"
        yield Finding(level="ok", subject=name, text=text)
        return
    try:
        about = _about(path, application_id, kind)
    except (sqlite3.Error, OSError) as error:
        text = f"the sandbox file {path} cannot be read: {error}"
        yield Finding(level="fail", subject=name, text=text, fix=_FIX, exit_code=Unreachable.exit_code)
        return
    if about is None:
        text = f"{path} is not a sandbox file of this kind"
        yield Finding(level="fail", subject=name, text=text, fix=_FIX, exit_code=ConfigError.exit_code)
        return
    text = f"answers as {about.name} ({about.identity}), in {about.currency}"
    yield Finding(level="ok", subject=name, text=text, about=about)


_FIX = "Give it a path of its own, or make it anew: syncctl sandbox init --force."


def _about(path: Path, application_id: int, kind: str) -> About | None:
    log = path.with_name(path.name + "-wal")
    left = log.exists() and log.stat().st_size > 0  # somebody is at work in it, or died: the log counts
    uri = f"{path.absolute().as_uri()}?mode=ro" + ("" if left else "&immutable=1")
    with closing(sqlite3.connect(uri, uri=True)) as connection:
        if connection.execute("PRAGMA application_id").fetchone()[0] != application_id:
            return None
        facts = dict(connection.execute("SELECT key, value FROM meta").fetchall())
    return About(
        identity=facts.get("identity", ""),
        name=facts.get("name", kind),
        currency=facts.get("currency"),
        time_zone=facts.get("time_zone"),
        server_time=times.now(),
    )
